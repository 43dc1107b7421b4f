//! Flags of WRITE.

use fuser::WriteFlags;

use super::takes_set_id;

#[test]
fn a_write_takes_set_id_bits_where_the_kernel_says_so_and_leaves_it_to_us() {
    let (none, takes) = (WriteFlags::empty(), WriteFlags::FUSE_WRITE_KILL_SUIDGID);
    assert_eq!([takes_set_id(true, takes), takes_set_id(true, none)], [Some(true), Some(false)]);
    assert_eq!(takes_set_id(false, takes), None);
    assert_eq!(
        takes_set_id(true, WriteFlags::FUSE_WRITE_CACHE),
        None,
        "a page of a mapped file, after whatever was set"
    );
}
