//! The two files of /proc, as they are and as they may be.

#[test]
fn a_name_with_parentheses_does_not_shift_the_fields() {
    let text = "12 (a) (b c)) S 1 1 1 0 -1 4194560 1 2 3 4 700 55 8 9 20 0 1 0 123 456 789";
    assert_eq!(super::parse_stat(text), Some(755));
    assert_eq!(super::parse_stat("12 (a) S 1"), None);
}

#[test]
fn this_process_is_there_and_a_dead_one_is_not() {
    assert!(super::resident_bytes(&[std::process::id()]).unwrap() > 1 << 20);
    assert!(super::cpu(&[std::process::id()]).is_ok());
    assert!(super::cpu(&[u32::MAX]).unwrap_err().contains("/proc/4294967295/stat"));
}
