//! A status file as proc_pid_status(5) has it.

use std::io::BufRead;
use std::process::{Child, Command, Stdio};

use super::{Sleeping, groups_of, has_signal, is_in_flock, sees_calls, sleeping, status};

fn with(pending: &str, shared: &str, blocked: &str, ignored: &str) -> String {
    format!(
        "Name:\tx\nTgid:\t7\nPid:\t7\nGroups:\t4 24 1000 \nSigPnd:\t{pending}\nShdPnd:\t{shared}\nSigBlk:\t{blocked}\nSigIgn:\t{ignored}\n"
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
    // The program's first thread takes what is for all: to another it may not be given at all.
    let of_another = |text: String| text.replace("Pid:\t7", "Pid:\t8");
    assert!(!has_signal(&of_another(with(none, term, none, none))));
    assert!(has_signal(&of_another(with(term, none, none, none))));
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

#[test]
fn a_call_is_read() {
    for (text, expected) in [
        ("running\n", Some(Sleeping::No)),
        ("73 0x3 0x2 0x0 0x0 0x0 0x0 0x7ffd8190d928 0x7f4210650503\n", Some(Sleeping::In(73))),
        ("-1 0x7ffd8190d928 0x7f4210650503\n", Some(Sleeping::In(-1))),
        ("", None),
        ("0x49 0x3", None),
    ] {
        assert_eq!(sleeping(text), expected, "{text:?}");
    }
}

/// A program that says `ready` between two lines of Python.
fn program(before: &str, after: &str, path: &std::path::Path) -> Child {
    let text = format!(
        "import fcntl, sys, time\nf = open(sys.argv[1], 'r+')\n{before}\nprint('ready', flush=True)\n{after}\ntime.sleep(60)\n"
    );
    let mut child =
        Command::new("python3").args(["-c", &text]).arg(path).stdout(Stdio::piped()).spawn().expect("python3 is there");
    let mut said = String::new();
    std::io::BufReader::new(child.stdout.take().expect("its output")).read_line(&mut said).expect("a line");
    assert_eq!(said, "ready\n");
    child
}

fn end(mut child: Child) {
    child.kill().expect("killed");
    child.wait().expect("ended");
}

#[tokio::test]
async fn who_waits_in_flock_is_told_from_who_waits_in_another_call() {
    // A call is a call, on a mount or not.
    let file = tempfile::NamedTempFile::new().expect("a file");
    let held = program("fcntl.flock(f, fcntl.LOCK_EX)\nfcntl.lockf(f, fcntl.LOCK_EX)", "", file.path());
    for (line, expected) in
        [("fcntl.flock(f, fcntl.LOCK_EX)", true), ("fcntl.lockf(f, fcntl.LOCK_EX)", false), ("time.sleep(60)", false)]
    {
        let child = program("", line, file.path());
        // It says that it is ready before it asks.
        let mut seen = None;
        for _ in 0..100 {
            seen = is_in_flock(child.id()).await;
            if seen == Some(expected) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(seen, Some(expected), "{line}");
        end(child);
    }
    let gone = held.id();
    end(held);
    assert_eq!((is_in_flock(gone).await, is_in_flock(0).await), (None, None));
}

#[test]
fn root_sees_calls_where_nothing_forbids_it() {
    let forbidden = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").is_ok_and(|scope| scope == "3\n");
    let capable = status(std::process::id()).is_some_and(|status| super::mask(&status, "CapEff:") >> 19 & 1 == 1);
    assert_eq!(sees_calls(), capable && !forbidden);
}

#[test]
fn a_namespace_knows_the_ids_that_its_map_names() {
    let whole = "         0          0 4294967295\n";
    assert!([0, 1000, u32::MAX - 1].iter().all(|id| super::is_mapped(whole, *id)));
    assert!(!super::is_mapped(whole, u32::MAX));
    let container = "0 1000 1\n1 100000 65536\n";
    for (id, known) in
        [(0, false), (999, false), (1000, true), (1001, false), (100_000, true), (165_535, true), (165_536, false)]
    {
        assert_eq!(super::is_mapped(container, id), known, "{id}");
    }
    assert!(!super::is_mapped("", 0));
    assert_eq!(super::is_capable(0, super::CAP_FSETID, [0; 2]), None);
}
