//! Processes that close, and open files that go.

use trefoil_core::files::LockFamily;

use super::{Locker, Lockers};

const FILE: u64 = 7;
const PROCESS: u64 = 100;

fn locker(handle: u64, owner: u64, family: LockFamily) -> Locker {
    Locker { handle, owner, family }
}

#[test]
fn a_process_that_closes_is_forgotten_of_all_its_open_files_of_the_node() {
    let lockers = Lockers::default();
    for (node, handle) in [(FILE, 1), (FILE, 1), (FILE, 2), (8, 3)] {
        lockers.note(node, locker(handle, PROCESS, LockFamily::Range));
    }
    assert!(lockers.knows(FILE, PROCESS) && !lockers.knows(FILE, PROCESS + 1));
    assert!(!lockers.closed_by(FILE, PROCESS + 1));
    assert!(lockers.closed_by(FILE, PROCESS) && !lockers.closed_by(FILE, PROCESS));
    // What it locks from now on is not given back when the first of its open files goes.
    lockers.note(FILE, locker(2, PROCESS, LockFamily::Range));
    assert_eq!(lockers.released(FILE, 1), []);
    assert!(lockers.knows(FILE, PROCESS) && lockers.knows(8, PROCESS));
}

#[test]
fn an_open_file_s_own_locks_are_left_until_it_goes() {
    let lockers = Lockers::default();
    let (range, whole) = (locker(1, 500, LockFamily::Range), locker(1, 500, LockFamily::Whole));
    let other = locker(2, 501, LockFamily::Whole);
    for locker in [range, whole, other] {
        lockers.note(FILE, locker);
    }
    assert!(!lockers.closed_by(FILE, PROCESS));
    assert_eq!(lockers.released(FILE, 1), [range, whole]);
    assert_eq!(lockers.released(FILE, 1), []);
    assert_eq!(lockers.released(FILE, 2), [other]);
    assert!(lockers.by_node.lock().is_empty());
}
