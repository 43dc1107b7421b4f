//! A status file as proc_pid_status(5) has it.

use super::{groups_of, has_signal, status};

fn with(pending: &str, shared: &str, blocked: &str, ignored: &str) -> String {
    format!(
        "Name:\tx\nGroups:\t4 24 1000 \nSigPnd:\t{pending}\nShdPnd:\t{shared}\nSigBlk:\t{blocked}\nSigIgn:\t{ignored}\n"
    )
}

#[test]
fn a_signal_counts_where_it_is_to_be_taken() {
    let (none, term) = ("0000000000000000", "0000000000004000");
    assert!(!has_signal(&with(none, none, none, none)));
    assert!(has_signal(&with(term, none, none, none)));
    assert!(has_signal(&with(none, term, none, none)));
    assert!(!has_signal(&with(none, term, term, none)), "blocked");
    assert!(!has_signal(&with(none, term, none, term)), "ignored");
    assert!(!has_signal("nothing of this"));
}

#[test]
fn groups_are_read() {
    assert_eq!(groups_of(&with("0", "0", "0", "0")), [4, 24, 1000]);
    assert!(groups_of("").is_empty());
}

#[test]
fn this_process_can_be_seen() {
    assert!(status(std::process::id()).is_some_and(|status| !has_signal(&status)));
    assert!(status(u32::MAX).is_none());
}
