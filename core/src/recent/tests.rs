//! That what came last is what stays.

use quick_cache::UnitWeighter;

use super::recent;

#[test]
fn the_last_stay_however_many_came_before() {
    const ITEMS: u64 = 1 << 14;
    let cache = recent::<u64, u64, _>(1 << 14, ITEMS, UnitWeighter);
    for number in 0..5 * ITEMS {
        cache.insert(number, number);
        // What came a moment ago is there, at any time.
        assert_eq!(cache.peek(&number.saturating_sub(ITEMS / 2)), Some(number.saturating_sub(ITEMS / 2)));
    }
    assert!(cache.len() <= 1 << 14);
}
