//! Requests that are answered at once, later, and never.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

use super::run;

/// A reply, as fuser has it: dropped without an answer, it says so.
struct Reply(Option<SyncSender<&'static str>>);

impl Reply {
    fn new() -> (Self, Receiver<&'static str>) {
        let (sender, receiver) = mpsc::sync_channel(1);
        (Self(Some(sender)), receiver)
    }

    fn ok(mut self) {
        self.0.take().unwrap().send("ok").unwrap();
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            sender.send("EIO").unwrap();
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn what_needs_no_wait_is_answered_on_this_thread() {
    let runtime = runtime();
    let (reply, answer) = Reply::new();
    let here = std::thread::current().id();
    run(runtime.handle(), "test", async move {
        assert_eq!(std::thread::current().id(), here);
        reply.ok();
    });
    assert_eq!(answer.try_recv(), Ok("ok"));
}

#[test]
fn what_waits_is_answered_by_the_runtime() {
    let runtime = runtime();
    let (reply, answer) = Reply::new();
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    run(runtime.handle(), "test", async move {
        wait.await.unwrap();
        reply.ok();
    });
    assert!(answer.try_recv().is_err(), "nobody could have answered yet");
    go.send(()).unwrap();
    assert_eq!(answer.recv_timeout(Duration::from_secs(10)), Ok("ok"));
}

#[test]
fn a_panic_is_an_error_of_its_request_alone() {
    let runtime = runtime();
    let (reply, answer) = Reply::new();
    run(runtime.handle(), "test", async move {
        let _reply = reply;
        panic!("at once");
    });
    assert_eq!(answer.recv_timeout(Duration::from_secs(10)), Ok("EIO"));

    let (reply, answer) = Reply::new();
    run(runtime.handle(), "test", async move {
        let _reply = reply;
        tokio::task::yield_now().await;
        panic!("later");
    });
    assert_eq!(answer.recv_timeout(Duration::from_secs(10)), Ok("EIO"));
}
