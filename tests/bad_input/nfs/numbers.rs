//! Offsets, counts, sizes, times and choices that are out of range.
//!
//! Always holds: what can't be is refused with the status that RFC 1813 has for it, and what is only large is bounded.

use super::{BAD_COOKIE, BADTYPE, FBIG, INVAL, ISDIR, TOOSMALL, nfs};
use trefoil_tests::nfs::{Client, GARBAGE, Outcome, Set, Words};

/// Bytes of one READ, WRITE or page.
const TRANSFER_BYTES_MAX: u32 = 1 << 20;
/// The first size that no file can have.
const TOO_LARGE: u64 = (1 << 52) + 1;

fn handle(handle: &[u8]) -> Words {
    Words::default().opaque(handle)
}

fn write(client: &mut Client, file: &[u8], offset: u64, count: u32, stable: u32) -> Outcome {
    client.nfs(7, &handle(file).u64(offset).u32(count).u32(stable).opaque(b"bytes"))
}

nfs! {
    offsets_of_reads: |door| {
        let (mut client, _, file) = door.file();
        for offset in [5, 1 << 52, i64::MAX as u64, 1 << 63, u64::MAX - 5, u64::MAX] {
            for count in [0, 1, 1 << 31, u32::MAX] {
                assert_eq!(client.read(&file, offset, count), Ok(Vec::new()), "{count} at {offset}");
            }
        }
        assert_eq!(client.read(&file, 0, u32::MAX), Ok(b"bytes".to_vec()));
    };
    counts_of_reads: |door| {
        let (mut client, _, file) = door.file();
        assert_eq!(client.setattr(&file, Set::size(1 << 40)), 0);
        for count in [TRANSFER_BYTES_MAX + 1, 1 << 31, u32::MAX] {
            let read = client.read(&file, 1 << 30, count).map(|bytes| bytes.len());
            assert_eq!(read, Ok(TRANSFER_BYTES_MAX as usize), "{count}");
        }
    };
    offsets_of_writes: |door| {
        let (mut client, _, file) = door.file();
        for offset in [TOO_LARGE - 5, 1 << 60, i64::MAX as u64 - 2, 1 << 63, u64::MAX - 5, u64::MAX - 4, u64::MAX] {
            assert_eq!(client.write(&file, offset, b"bytes"), FBIG, "{offset}");
        }
        assert_eq!(client.read(&file, 0, 100), Ok(b"bytes".to_vec()));
    };
    counts_unlike_the_data: |door| {
        let (mut client, _, file) = door.file();
        for count in [0, 4, 6, 1 << 20, 1 << 31, u32::MAX] {
            assert_eq!(write(&mut client, &file, 0, count, 2).status(), INVAL, "{count}");
        }
    };
    a_stability_that_is_none: |door| {
        let (mut client, _, file) = door.file();
        for stable in [3, 1 << 31, u32::MAX] {
            assert_eq!(write(&mut client, &file, 0, 5, stable), GARBAGE, "{stable}");
        }
    };
    ranges_of_commits: |door| {
        let (mut client, _, file) = door.file();
        for (offset, count) in [(u64::MAX, u32::MAX), (1 << 63, 1), (0, u32::MAX)] {
            assert_eq!(client.nfs(21, &handle(&file).u64(offset).u32(count)).status(), 0, "{count} at {offset}");
        }
    };
    sizes: |door| {
        let (mut client, root, file) = door.file();
        for size in [TOO_LARGE, 1 << 60, i64::MAX as u64, 1 << 63, u64::MAX] {
            assert_eq!(client.setattr(&file, Set::size(size)), FBIG, "{size}");
            assert_eq!(client.create(&root, b"sized", Set::size(size)), Err(FBIG), "{size}");
            drop(client.nfs(12, &handle(&root).opaque(b"sized")));
        }
        assert_eq!(client.setattr(&root, Set::size(0)), ISDIR);
        let link = client.symlink(&root, b"link", b"target").expect("made");
        assert_eq!(client.setattr(&link, Set::size(0)), INVAL);
        assert_eq!(client.read(&file, 0, 100), Ok(b"bytes".to_vec()));
        // The largest is only large.
        assert_eq!(client.setattr(&file, Set::size(TOO_LARGE - 1)), 0);
        door.t.head("/{b}/file").root().is(200).has("content-length", &(TOO_LARGE - 1).to_string());
        assert_eq!(client.setattr(&file, Set::size(0)), 0);
    };
    times: |door| {
        let (mut client, root, file) = door.file();
        for nanos in [1_000_000_000, 1 << 31, u32::MAX] {
            let set = Set { modified: Some((5, nanos)), ..Set::default() };
            assert_eq!(client.setattr(&file, set), INVAL, "{nanos}");
            assert_eq!(client.create(&root, b"timed", set), Err(INVAL), "{nanos}");
            let guard = handle(&file).set(Set::mode(0o600)).u32(1).u32(5).u32(nanos);
            assert_eq!(client.nfs(2, &guard).status(), INVAL, "{nanos}");
        }
        let latest = Set { modified: Some((u32::MAX, 999_999_999)), ..Set::default() };
        assert_eq!(client.setattr(&file, latest), 0);
        for how in [3, u32::MAX] {
            let words = handle(&file).u32(0).u32(0).u32(0).u32(0).u32(0).u32(how).u32(0);
            assert_eq!(client.nfs(2, &words), GARBAGE, "time_how {how}");
        }
    };
    choices_that_are_none: |door| {
        let (mut client, root, file) = door.file();
        for wrong in [2, u32::MAX] {
            assert_eq!(client.nfs(2, &handle(&file).u32(wrong).u32(0).u32(0).u32(0).u32(0).u32(0).u32(0)), GARBAGE);
            let name = || handle(&root).opaque(b"new");
            assert_eq!(client.nfs(8, &name().u32(wrong.saturating_add(1)).set(Set::default())), GARBAGE);
            assert_eq!(client.nfs(11, &name().u32(wrong.saturating_add(6)).set(Set::default())), GARBAGE);
        }
        for kind in [0, 8, 1 << 31, u32::MAX] {
            let words = handle(&root).opaque(b"new").u32(kind).set(Set::default());
            assert_eq!(client.nfs(11, &words), GARBAGE, "ftype3 {kind}");
        }
        for kind in [1, 2, 5] {
            assert_eq!(client.nfs(11, &handle(&root).opaque(b"new").u32(kind)).status(), BADTYPE, "ftype3 {kind}");
        }
    };
    bits_of_modes: |door| {
        let (mut client, _, file) = door.file();
        assert_eq!(client.setattr(&file, Set::mode(u32::MAX)), 0);
        assert_eq!(client.mode(&file).map(|(mode, ..)| mode), Ok(0o7777));
    };
    bits_of_access: |door| {
        let (mut client, _, file) = door.file();
        let mut results = client.nfs(4, &handle(&file).u32(u32::MAX)).ok();
        results.skip_attributes();
        // READ, MODIFY, EXTEND: the file of mode 644, of root.
        assert_eq!(results.u32(), 0x01 | 0x04 | 0x08);
    };
    cookies: |door| {
        let (mut client, root, file) = door.file();
        for cookie in [u64::MAX, 1 << 63, i64::MAX as u64, 12_345] {
            assert_eq!(client.nfs(16, &handle(&root).u64(cookie).u64(0).u32(4096)).status(), BAD_COOKIE, "{cookie}");
            let plus = handle(&root).u64(cookie).u64(0).u32(4096).u32(4096);
            assert_eq!(client.nfs(17, &plus).status(), BAD_COOKIE, "{cookie}");
        }
        // The cookie of a name in another directory.
        let other = client.mkdir(&root, b"other", Set::default()).expect("made");
        let mut page = client.nfs(16, &handle(&root).u64(2).u64(0).u32(4096)).ok();
        page.skip_attributes();
        let _verifier = page.u64();
        assert_eq!(page.u32(), 1);
        let (_, _, cookie) = (page.u64(), page.opaque(), page.u64());
        assert_eq!(client.nfs(16, &handle(&other).u64(cookie).u64(0).u32(4096)).status(), BAD_COOKIE);
        assert_eq!(client.nfs(16, &handle(&file).u64(0).u64(0).u32(4096)).status(), super::NOTDIR);
    };
    counts_of_directories: |door| {
        let (mut client, root, _) = door.file();
        for count in [0, 1, 100] {
            assert_eq!(client.nfs(16, &handle(&root).u64(0).u64(0).u32(count)).status(), TOOSMALL, "{count}");
            assert_eq!(client.nfs(17, &handle(&root).u64(0).u64(0).u32(count).u32(count)).status(), TOOSMALL);
        }
        for count in [1 << 20, 1 << 31, u32::MAX] {
            assert_eq!(client.nfs(16, &handle(&root).u64(0).u64(0).u32(count)).status(), 0, "{count}");
            assert_eq!(client.nfs(17, &handle(&root).u64(0).u64(0).u32(count).u32(count)).status(), 0, "{count}");
            assert_eq!(client.nfs(17, &handle(&root).u64(0).u64(0).u32(0).u32(count)).status(), 0, "{count}");
        }
    };
    verifiers_of_cookies_mean_nothing: |door| {
        let (mut client, root, _) = door.file();
        assert_eq!(client.nfs(16, &handle(&root).u64(0).u64(u64::MAX).u32(4096)).status(), 0);
    };
}
