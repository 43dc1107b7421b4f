//! The reader of strace's record against lines as strace writes them.
//!
//! Always holds: the lines are of the form that strace 6 prints with `-f -yy`.

use super::parse;

#[test]
fn interrupted_calls_are_put_together() {
    let text = "10 pwrite64(7</d/blobs/v1>, \"abc\"..., 4096, 0) = 4096\n\
                11 fdatasync(7</d/blobs/v1> <unfinished ...>\n\
                10 write(9</d/index/000004.log>, \"x\", 1) = 1\n\
                11 <... fdatasync resumed>) = 0\n\
                10 writev(12<TCP:[127.0.0.1:1->127.0.0.1:2]>, [{iov_base=\"HTTP/1.1 200 OK\\r\\n\"..., iov_len=3}], 1) = 3\n\
                11 +++ exited with 0 +++\n";
    let events = parse(text);
    let calls: Vec<&str> = events.iter().map(|event| event.call.as_str()).collect();
    assert_eq!(calls, ["pwrite64", "fdatasync", "write", "writev"]);
    assert!(events[1].is_sync() && events[1].path() == "/d/blobs/v1");
    assert!(!events[1].is_before(&events[2]), "the sync had not ended when the log was written");
    assert!(events[1].is_before(&events[3]) && events[3].is_answer());
}
