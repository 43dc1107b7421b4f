//! What ids hash to, and that they are found.

use super::*;
use std::hash::BuildHasher;

#[test]
fn what_is_put_is_found_and_neighbours_of_a_part_have_neighbouring_hashes() {
    let mut map = IdMap::default();
    for id in (0..10_000).map(|number| number * 64 + 5) {
        map.insert(id, id + 1);
    }
    assert!((0..10_000).all(|number| map.get(&(number * 64 + 5)) == Some(&(number * 64 + 6))));
    assert_eq!(map.get(&6), None);
    let hash = |id: Id| BuildHasherDefault::<IdHasher>::default().hash_one(id);
    assert_eq!((hash(64 * 8 + 5) & !TAG) + 1, hash(64 * 9 + 5) & !TAG);
    let tags: std::collections::BTreeSet<u64> = (0..64).map(|number| hash(number * 64 + 5) & TAG).collect();
    assert!(tags.len() > 16, "{tags:?}");
}
