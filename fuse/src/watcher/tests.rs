//! A kernel that takes no notices: the thread that would tell it is played by the test.

use super::*;

fn hearing(watcher: &MountWatcher) -> Receiver<Notice> {
    let (sender, receiver) = sync_channel(NOTICES_MAX);
    watcher.notices.set(sender).expect("not started");
    receiver
}

#[test]
fn who_waited_for_a_kernel_that_hangs_spares_others_the_wait() {
    let watcher = MountWatcher::new(Arc::new(Freshness::new()));
    let notices = hearing(&watcher);
    let change = vec![Change::Node { node: 7, bytes: true }];
    let wait = || {
        let began = Instant::now();
        watcher.changed(&change);
        began.elapsed()
    };
    assert!(wait() >= NOTICE_TIMEOUT);
    let second = wait();
    assert!(second < NOTICE_TIMEOUT / 2, "{second:?}");
    // It is told of both, later.
    assert_eq!(notices.try_iter().map(|(changes, _)| changes).collect::<Vec<_>>(), [change.clone(), change.clone()]);
    // Nor does it matter how many wait.
    let sender = watcher.notices.get().expect("there");
    while sender.try_send((change.clone(), None)).is_ok() {}
    let with_many = wait();
    assert!(with_many < NOTICE_TIMEOUT / 2, "{with_many:?}");
}
