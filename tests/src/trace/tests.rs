//! The reader of strace's record against lines as strace writes them.
//!
//! Always holds: the lines are of the form that strace 6 prints with `-f -yy`.

use super::{Made, parse};

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

#[test]
fn names_that_a_call_makes_are_told() {
    let text = "1 openat(AT_FDCWD, \"/d/blobs/v1\", O_RDWR|O_CREAT|O_EXCL, 0666) = 7</d/blobs/v1>\n\
                1 openat(AT_FDCWD, \"/d/blobs/v1\", O_RDONLY) = 8</d/blobs/v1>\n\
                1 mkdir(\"/d/blobs/files/1\", 0777) = 0\n\
                1 mkdir(\"/d/blobs/files\", 0777) = -1 EEXIST (File exists)\n\
                1 rename(\"/d/blobs/incoming/1\", \"/d/blobs/files/1/1\") = 0\n";
    let events = parse(text);
    let names: Vec<_> = events.iter().filter(|it| it.has_succeeded()).filter_map(|it| it.made_name()).collect();
    let expected =
        [(Made::File, "/d/blobs/v1"), (Made::Directory, "/d/blobs/files/1"), (Made::Rename, "/d/blobs/files/1/1")];
    assert_eq!(names, expected.map(|(made, name)| (made, name.into())));
}
