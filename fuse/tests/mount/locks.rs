//! Locks of fcntl(2) and flock(2) through real mounts: against each other, between mounts, and at the end of who holds them.
//!
//! Always holds: each try is a system call of this process or of a program that it started, for the door tells the two families apart by
//! the call.

use std::fs::File;
use std::io::{self, BufRead};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::store;

fn done(result: i32) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn flock(file: &File, how: i32) -> io::Result<()> {
    // SAFETY: the descriptor is open for the whole call, which takes nothing else.
    done(unsafe { libc::flock(file.as_raw_fd(), how) })
}

/// Of `how`: F_SETLK, whose locks are this process's, or F_OFD_SETLK, whose locks are the open file's. Of so many bytes; 0 are all.
fn fcntl(file: &File, how: i32, kind: i32, bytes: i64) -> io::Result<()> {
    let kind = i16::try_from(kind).expect("short");
    let lock = libc::flock { l_type: kind, l_whence: 0, l_start: 0, l_len: bytes, l_pid: 0 };
    // SAFETY: the descriptor is open, and the structure lives for the call.
    done(unsafe { libc::fcntl(file.as_raw_fd(), how, &raw const lock) })
}

const TRY_EXCLUSIVE: i32 = libc::LOCK_EX | libc::LOCK_NB;

fn open(path: &Path) -> File {
    File::options().read(true).write(true).open(path).expect("opened")
}

#[track_caller]
fn is_refused(result: io::Result<()>) {
    assert_eq!(result.expect_err("another holds it").raw_os_error(), Some(libc::EWOULDBLOCK));
}

/// A program that runs lines of Python with the file open as `f`, says `ready`, and stays.
fn program(lines: &str, path: &Path) -> Child {
    let text = format!(
        "import fcntl, sys, time\nf = open(sys.argv[1], 'r+')\n{lines}\nprint('ready', flush=True)\ntime.sleep(600)\n"
    );
    let mut child =
        Command::new("python3").args(["-c", &text]).arg(path).stdout(Stdio::piped()).spawn().expect("python3 is there");
    let mut said = String::new();
    io::BufReader::new(child.stdout.take().expect("its output")).read_line(&mut said).expect("a line");
    assert_eq!(said, "ready\n", "{lines}");
    child
}

fn kill(mut child: Child) {
    child.kill().expect("killed");
    child.wait().expect("ended");
}

/// Takes a lock on a thread of its own, which may have to wait for it; gives the file back with it.
fn waits(file: File, lock: impl FnOnce(&File) -> io::Result<()> + Send + 'static) -> Receiver<io::Result<File>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(lock(&file).map(|()| file)));
    receiver
}

#[track_caller]
fn still_waits(waiting: &Receiver<io::Result<File>>) {
    assert!(waiting.recv_timeout(Duration::from_millis(300)).is_err(), "it has the lock, or an error");
}

#[track_caller]
fn comes(waiting: &Receiver<io::Result<File>>) -> File {
    waiting.recv_timeout(Duration::from_secs(10)).expect("in time").expect("locked")
}

#[test]
fn flock_binds_the_programs_of_all_mounts() {
    let Some(store) = store() else { return };
    let ((one, first), (two, second)) = (store.mount("one", ""), store.mount("two", ""));
    std::fs::write(one.join("file"), b"x").unwrap();
    let (held, other) = (open(&one.join("file")), open(&two.join("file")));
    flock(&held, libc::LOCK_EX).unwrap();
    for how in [libc::LOCK_EX, libc::LOCK_SH] {
        is_refused(flock(&other, how | libc::LOCK_NB));
    }
    let waiting = waits(other, |file| flock(file, libc::LOCK_EX));
    still_waits(&waiting);
    flock(&held, libc::LOCK_UN).unwrap();
    let other = comes(&waiting);
    is_refused(flock(&held, TRY_EXCLUSIVE));
    // The lock is the open file's: it goes when the last descriptor of it is closed. Who tries through another mount may come before the
    // kernel has said so to this one.
    let same = other.try_clone().unwrap();
    drop(other);
    is_refused(flock(&held, TRY_EXCLUSIVE));
    let waiting = waits(held, |file| flock(file, libc::LOCK_EX));
    still_waits(&waiting);
    drop(same);
    drop(comes(&waiting));
    // One that is killed gives its lock back.
    let killed = program("fcntl.flock(f, fcntl.LOCK_EX)", &one.join("file"));
    let other = open(&two.join("file"));
    is_refused(flock(&other, libc::LOCK_SH | libc::LOCK_NB));
    let waiting = waits(other, |file| flock(file, libc::LOCK_EX));
    still_waits(&waiting);
    kill(killed);
    drop(comes(&waiting));
    first.unmount(false).unwrap();
    second.unmount(false).unwrap();
}

#[test]
fn who_waits_for_flock_can_be_killed() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let path = root.join("file");
    std::fs::write(&path, b"x").unwrap();
    let held = open(&path);
    flock(&held, libc::LOCK_EX).unwrap();
    let mut killed = Command::new("python3")
        .args(["-c", "import fcntl, signal, sys\nsignal.alarm(1)\nfcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX)"])
        .arg(&path)
        .spawn()
        .unwrap();
    let status = killed.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGALRM));
    // It holds nothing and waits for nothing.
    flock(&held, libc::LOCK_UN).unwrap();
    flock(&open(&path), TRY_EXCLUSIVE).unwrap();
    drop(held);
    mount.unmount(false).unwrap();
}

#[test]
fn flock_and_fcntl_do_not_meet() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let path = root.join("file");
    std::fs::write(&path, b"x").unwrap();
    let (held, other) = (open(&path), open(&path));
    // Who closes and locks anew finds it free at once, on one mount.
    for _ in 0..50 {
        let closed = open(&path);
        flock(&closed, libc::LOCK_EX).unwrap();
        fcntl(&closed, libc::F_OFD_SETLK, libc::F_WRLCK, 0).unwrap();
        drop(closed);
        flock(&other, TRY_EXCLUSIVE).unwrap();
        fcntl(&other, libc::F_OFD_SETLK, libc::F_WRLCK, 0).unwrap();
        flock(&other, libc::LOCK_UN).unwrap();
        fcntl(&other, libc::F_OFD_SETLK, libc::F_UNLCK, 0).unwrap();
    }
    // One program that takes all three on the whole file waits for none of them.
    flock(&held, libc::LOCK_EX).unwrap();
    fcntl(&held, libc::F_OFD_SETLK, libc::F_WRLCK, 0).unwrap();
    is_refused(flock(&other, TRY_EXCLUSIVE));
    is_refused(fcntl(&other, libc::F_OFD_SETLK, libc::F_RDLCK, 0));
    fcntl(&held, libc::F_OFD_SETLK, libc::F_UNLCK, 0).unwrap();
    is_refused(flock(&other, TRY_EXCLUSIVE));
    fcntl(&held, libc::F_SETLK, libc::F_WRLCK, 0).unwrap();
    flock(&held, libc::LOCK_UN).unwrap();
    flock(&other, TRY_EXCLUSIVE).unwrap();
    // Another process finds the range locked, and the whole file, by their holders each.
    let try_both = "import fcntl, sys\nf = open(sys.argv[1], 'r+')\nrefused = 0\n\
                    for bit, lock in ((1, fcntl.flock), (2, fcntl.lockf)):\n\
                    \x20try: lock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)\n except BlockingIOError: refused |= bit\n\
                    sys.exit(refused)\n";
    let refused = || Command::new("python3").args(["-c", try_both]).arg(&path).status().unwrap().code();
    assert_eq!(refused(), Some(3));
    flock(&other, libc::LOCK_UN).unwrap();
    assert_eq!(refused(), Some(2));
    fcntl(&held, libc::F_SETLK, libc::F_UNLCK, 0).unwrap();
    assert_eq!(refused(), Some(0));
    mount.unmount(true).unwrap();
}

#[test]
fn a_shared_flock_is_let_go_of_before_it_becomes_exclusive() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let path = root.join("file");
    std::fs::write(&path, b"x").unwrap();
    let (one, two) = (open(&path), open(&path));
    flock(&one, libc::LOCK_SH).unwrap();
    flock(&two, libc::LOCK_SH).unwrap();
    let waiting = waits(one, |file| flock(file, libc::LOCK_EX));
    still_waits(&waiting);
    // Both want it: neither waits for the other for ever.
    flock(&two, libc::LOCK_EX).unwrap();
    still_waits(&waiting);
    drop(two);
    drop(comes(&waiting));
    mount.unmount(true).unwrap();
}

#[test]
fn locks_of_an_open_file_end_with_its_last_close() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let path = root.join("file");
    std::fs::write(&path, b"0123456789").unwrap();
    let (held, other) = (open(&path), open(&path));
    fcntl(&held, libc::F_OFD_SETLK, libc::F_WRLCK, 0).unwrap();
    fcntl(&held, libc::F_OFD_SETLK, libc::F_UNLCK, 5).unwrap();
    fcntl(&other, libc::F_OFD_SETLK, libc::F_WRLCK, 1).unwrap();
    fcntl(&other, libc::F_OFD_SETLK, libc::F_UNLCK, 1).unwrap();
    fcntl(&held, libc::F_OFD_SETLK, libc::F_WRLCK, 5).unwrap();
    is_refused(fcntl(&other, libc::F_OFD_SETLK, libc::F_WRLCK, 1));
    // Another descriptor of this process says nothing of it.
    drop(open(&path));
    let same = held.try_clone().unwrap();
    drop(held);
    is_refused(fcntl(&other, libc::F_OFD_SETLK, libc::F_WRLCK, 1));
    drop(same);
    fcntl(&other, libc::F_OFD_SETLK, libc::F_WRLCK, 0).unwrap();
    drop(other);
    let killed = program(
        "import struct\nfcntl.fcntl(f, 37, struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK",
        &path,
    );
    let other = open(&path);
    is_refused(fcntl(&other, libc::F_OFD_SETLK, libc::F_RDLCK, 1));
    let waiting = waits(other, |file| fcntl(file, libc::F_OFD_SETLKW, libc::F_WRLCK, 0));
    still_waits(&waiting);
    kill(killed);
    drop(comes(&waiting));
    mount.unmount(true).unwrap();
}

#[test]
fn a_process_s_locks_end_with_its_first_close_and_later_ones_stay() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let path = root.join("file");
    std::fs::write(&path, b"x").unwrap();
    let (one, two, other) = (open(&path), open(&path), open(&path));
    fcntl(&one, libc::F_SETLK, libc::F_WRLCK, 0).unwrap();
    is_refused(fcntl(&other, libc::F_OFD_SETLK, libc::F_WRLCK, 0));
    drop(open(&path));
    fcntl(&other, libc::F_OFD_SETLK, libc::F_WRLCK, 0).unwrap();
    fcntl(&other, libc::F_OFD_SETLK, libc::F_UNLCK, 0).unwrap();
    // The open file that was locked through lives on without a descriptor, in a mapping, and goes later than the lock is taken anew.
    fcntl(&one, libc::F_SETLK, libc::F_WRLCK, 0).unwrap();
    // SAFETY: a new mapping of one page, which nothing but the call below touches.
    let map = unsafe { libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ, libc::MAP_SHARED, one.as_raw_fd(), 0) };
    assert_ne!(map, libc::MAP_FAILED);
    drop(one);
    fcntl(&two, libc::F_SETLK, libc::F_WRLCK, 0).unwrap();
    // SAFETY: the mapping made above, whole.
    done(unsafe { libc::munmap(map, 4096) }).unwrap();
    is_refused(fcntl(&other, libc::F_OFD_SETLK, libc::F_WRLCK, 0));
    drop(two);
    fcntl(&other, libc::F_OFD_SETLK, libc::F_WRLCK, 0).unwrap();
    mount.unmount(true).unwrap();
}

#[test]
fn locks_go_with_a_mount_that_is_cut_off() {
    let Some(store) = store() else { return };
    let ((one, first), (two, second)) = (store.mount("one", ""), store.mount("two", ""));
    let names = ["flock", "process", "open-file", "waited-for"];
    names.iter().for_each(|name| std::fs::write(one.join(name), b"x").unwrap());
    let [by_flock, by_process, by_open_file, waits_there] = names.map(|name| open(&one.join(name)));
    let [flock_too, process_too, open_file_too, held_here] = names.map(|name| open(&two.join(name)));
    flock(&by_flock, libc::LOCK_EX).unwrap();
    fcntl(&by_process, libc::F_SETLK, libc::F_WRLCK, 0).unwrap();
    fcntl(&by_open_file, libc::F_OFD_SETLK, libc::F_WRLCK, 0).unwrap();
    flock(&held_here, libc::LOCK_EX).unwrap();
    let waits_there = waits(waits_there, |file| flock(file, libc::LOCK_EX));
    is_refused(flock(&flock_too, TRY_EXCLUSIVE));
    is_refused(fcntl(&process_too, libc::F_OFD_SETLK, libc::F_WRLCK, 0));
    let waits_here = waits(open_file_too, |file| fcntl(file, libc::F_OFD_SETLKW, libc::F_WRLCK, 0));
    still_waits(&waits_here);

    // `umount -f`: of what is open there, nobody hears FLUSH or RELEASE any more. It may say that it is in use, and has cut it off.
    let _ = nix::mount::umount2(&one, nix::mount::MntFlags::MNT_FORCE);
    let _ = store.wait(&first);
    drop(comes(&waits_here));
    flock(&flock_too, TRY_EXCLUSIVE).unwrap();
    fcntl(&process_too, libc::F_OFD_SETLK, libc::F_WRLCK, 0).unwrap();
    assert!(waits_there.recv_timeout(Duration::from_secs(10)).unwrap().is_err(), "its mount has gone");
    drop(held_here);
    flock(&open(&two.join("waited-for")), TRY_EXCLUSIVE).unwrap();
    drop((by_flock, by_process, by_open_file, flock_too, process_too));
    second.unmount(true).unwrap();
}

#[test]
fn without_the_kernel_s_help_flock_is_of_one_mount() {
    let Some(mut store) = store() else { return };
    // Before 3.1 the kernel keeps flock to itself.
    store.pretended = Some((3, 0));
    let ((one, first), (two, second)) = (store.mount("one", ""), store.mount("two", ""));
    std::fs::write(one.join("file"), b"x").unwrap();
    let (held, same, other) = (open(&one.join("file")), open(&one.join("file")), open(&two.join("file")));
    flock(&held, libc::LOCK_EX).unwrap();
    is_refused(flock(&same, TRY_EXCLUSIVE));
    flock(&other, TRY_EXCLUSIVE).unwrap();
    drop((held, same, other));
    first.unmount(true).unwrap();
    second.unmount(true).unwrap();
}
