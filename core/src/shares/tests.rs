//! What one of few, and one of many, gets.

use super::Shares;

#[test]
fn a_share_shrinks_with_the_number_of_the_active_and_grows_back() {
    let shares = Shares::new(16, 2, 6);
    let first = shares.begin();
    assert_eq!(first.get(), 6, "alone, no more than the most");
    let others: Vec<_> = (0..3).map(|_| shares.begin()).collect();
    assert_eq!(first.get(), 4);
    let many: Vec<_> = (0..100).map(|_| shares.begin()).collect();
    assert_eq!(many[99].get(), 2, "of many, no less than the least");
    drop((many, others));
    assert_eq!(first.get(), 6);
}
