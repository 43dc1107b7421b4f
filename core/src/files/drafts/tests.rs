//! The table of drafts.

use super::*;

fn bucket() -> BucketName {
    "bucket".parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_draft_is_idle_when_it_has_rested_and_nobody_has_it_open() {
    let drafts = Drafts::default();
    drafts.note(1, &bucket());
    drafts.note(2, &bucket());
    drafts.opened(2);
    tokio::time::advance(DRAFT_IDLE / 2).await;
    drafts.written(1);
    drafts.written(3);
    tokio::time::advance(DRAFT_IDLE / 2).await;
    assert!(drafts.idle().is_empty());
    tokio::time::advance(DRAFT_IDLE / 2).await;
    assert_eq!(drafts.idle(), [1]);
    assert!(drafts.closed(2, &AtomicBool::new(false)));
    assert_eq!(drafts.idle().len(), 2);
    assert!(!drafts.waits(3), "what is no draft does not become one");
}

#[tokio::test(start_paused = true)]
async fn t8_where_very_many_wait_the_oldest_that_nobody_has_open_go_first() {
    let drafts = Drafts::default();
    for node in 0..DRAFTS_MAX as Id {
        assert!(drafts.too_many().is_empty());
        drafts.note(node, &bucket());
        if node < 10 {
            tokio::time::advance(std::time::Duration::from_millis(1)).await;
        }
    }
    drafts.opened(3);
    let first = drafts.too_many();
    assert_eq!(first.len(), DRAFTS_SEALED_MAX);
    assert_eq!(first[..9], [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    for node in first {
        drafts.take(node);
    }
    assert!(drafts.too_many().is_empty());
}

#[test]
fn all_are_closing_until_one_is_opened_or_goes_on() {
    let drafts = Drafts::default();
    let marks: Vec<AtomicBool> = (0..3).map(|_| AtomicBool::new(false)).collect();
    assert!(drafts.are_all_closing(1));
    for mark in &marks[..2] {
        drafts.opened(1);
        drafts.closing(1, mark);
        drafts.closing(1, mark);
        assert!(drafts.are_all_closing(1));
    }
    // Somebody opens it while what it was closed with is published.
    drafts.opened(1);
    assert!(!drafts.are_all_closing(1));
    drafts.closing(1, &marks[2]);
    assert!(drafts.are_all_closing(1));
    drafts.goes_on(1, &marks[0]);
    drafts.goes_on(1, &marks[0]);
    assert!(!drafts.are_all_closing(1));
    assert!(!drafts.closed(1, &marks[1]) && !drafts.closed(1, &marks[2]) && !drafts.are_all_closing(1));
    assert!(drafts.closed(1, &marks[0]));
}
