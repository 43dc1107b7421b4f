//! Who is told to look again, and how often.

use super::*;

#[test]
fn each_thread_is_told_once_a_call() {
    let reopening = Reopening::default();
    for _ in 0..3 {
        assert!(reopening.is_to_look_again(7, false) && reopening.is_to_look_again(8, false));
        assert!(!reopening.is_to_look_again(8, false) && !reopening.is_to_look_again(7, false));
    }
    // What it opened in between ended the call that was told.
    assert!(reopening.is_to_look_again(7, false) && !reopening.is_to_look_again(7, true));
    assert!(reopening.is_to_look_again(7, false));
    assert!(!reopening.is_to_look_again(0, false), "a thread that can't be told from others");
}

#[test]
fn t8_no_more_are_kept_than_there_may_be() {
    let reopening = Reopening::default();
    let last = u32::try_from(REOPENING_MAX).unwrap();
    assert!((1..=last).all(|thread| reopening.is_to_look_again(thread, false)));
    assert!(!reopening.is_to_look_again(last + 1, false));
    for told in reopening.0.lock().values_mut() {
        *told = told.checked_sub(REOPENING_TIME).unwrap();
    }
    assert!(reopening.is_to_look_again(1, false), "it was told long ago, in another call");
    assert!(reopening.is_to_look_again(last + 1, false));
    assert_eq!(reopening.0.lock().len(), 2);
}
