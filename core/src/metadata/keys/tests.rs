//! Escaped names keep their order and come back whole.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn escaped_names_keep_their_order(a in proptest::collection::vec(0u8..4, 0..6), b in proptest::collection::vec(0u8..4, 0..6)) {
        let (ka, kb) = (versions_of(7, &a), versions_of(7, &b));
        prop_assert_eq!(a.cmp(&b), ka.cmp(&kb));
        prop_assert_eq!(version_parts(&ka), Some((a.clone(), None)));
        prop_assert_eq!(version_parts(&version(7, &a, 9)), Some((a.clone(), Some(9))));
        // Everything of a name lies between its own beginning and the next name's.
        if a < b {
            prop_assert!(version(7, &a, 0) < kb);
        }
        let upload = upload(3, &a, 5, 6);
        prop_assert_eq!(upload_parts(&upload), Some((a, 5, 6)));
    }
}

#[test]
fn behind_a_prefix_is_behind_all_of_it() {
    assert_eq!(behind(b"ab"), b"ac");
    assert_eq!(behind(&[1, 0xff, 0xff]), vec![2]);
}
