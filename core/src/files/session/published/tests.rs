//! What was published since a moment.

use super::*;

#[test]
fn what_was_published_before_the_mark_does_not_count() {
    let published = Published::default();
    let first = published.mark();
    assert!(!published.since(first, 1));
    published.note(1);
    let second = published.mark();
    published.note(2);
    assert!(published.since(first, 1) && published.since(first, 2));
    assert!(!published.since(second, 1) && published.since(second, 2));
    assert!(!published.since(second, 3));
}

#[test]
fn where_there_were_too_many_each_may_have_been() {
    let published = Published::default();
    let mark = published.mark();
    for node in 0..SESSION_PUBLISHED_MAX as u64 {
        published.note(node);
    }
    assert!(published.since(mark, 0) && !published.since(mark, Id::MAX));
    published.note(0);
    assert!(published.since(mark, Id::MAX), "nobody knows");
    assert!(!published.since(published.mark(), 0));
    assert_eq!(published.nodes.lock().len(), SESSION_PUBLISHED_MAX);
}
