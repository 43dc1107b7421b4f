//! What `/proc` tells of a program that asks.
//!
//! Always holds: a program that can't be seen from here is taken as one of which nothing is known.

#[cfg(test)]
mod tests;

use std::io::Read;

use crate::limits::{CALL_LOOK_FIRST, CALL_LOOKS_MAX, SIGNAL_LOOK, STATUS_BYTES_MAX};

/// flock(2) by its numbers: this machine's own; those of programs of 32 bits, x86's and ARM's, which are the same and no call of 64 bits
/// that locks anything; x32's.
const FLOCK: [i64; 3] = [libc::SYS_flock, 143, libc::SYS_flock | 0x4000_0000];
/// Bits of the capabilities' mask (capabilities(7)).
const CAP_SYS_PTRACE: u64 = 1 << 19;
pub const CAP_FSETID: u64 = 1 << 4;
pub const CAP_SETFCAP: u64 = 1 << 31;
/// Nobody may look, whatever they are capable of (Documentation/admin-guide/LSM/Yama.rst).
const YAMA_NOBODY: &str = "3";

/// Waits until the thread has a signal to take, or has gone. For ever where it can't be seen (another namespace of processes).
///
/// fuser does not pass FUSE_INTERRUPT on, so this is how a wait for a lock learns that it was interrupted; without it, a program
/// that waits could not be killed.
pub async fn signalled(thread: u32) {
    if thread == 0 || status(thread).is_none() {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(SIGNAL_LOOK).await;
        if status(thread).is_none_or(|status| has_signal(&status)) {
            return;
        }
    }
}

/// What `/proc/TID/syscall` says of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sleeping {
    /// In this system call; -1: in none.
    In(i64),
    /// Not yet.
    No,
}

/// Whether a thread that waits for an answer asked by flock(2); `None` where that can't be seen.
///
/// It may still be on its way to sleep when its request is here; then it is looked at again.
pub async fn is_in_flock(thread: u32) -> Option<bool> {
    let mut pause = CALL_LOOK_FIRST;
    for _ in 0..CALL_LOOKS_MAX {
        match sleeping(&call(thread)?)? {
            Sleeping::In(number) => return Some(FLOCK.contains(&number)),
            Sleeping::No => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(SIGNAL_LOOK);
    }
    None
}

/// Whether [`is_in_flock`] can be known of every program in this namespace of processes: the kernel tells of system calls at all, and
/// to whom may trace every program.
pub fn sees_calls() -> bool {
    let yama = read("/proc/sys/kernel/yama/ptrace_scope");
    let is_capable = read("/proc/self/status").is_some_and(|status| mask(&status, "CapEff:") & CAP_SYS_PTRACE != 0);
    is_capable
        && yama.is_none_or(|scope| scope.trim() != YAMA_NOBODY)
        && read("/proc/self/syscall").is_some_and(|text| sleeping(&text).is_some())
}

fn call(thread: u32) -> Option<String> {
    // No thread has the number 0: who asks is in a namespace that can't be seen from here.
    if thread == 0 { None } else { read(&format!("/proc/{thread}/syscall")) }
}

/// Reads `running`, or `73 0x3 0x6 …` (proc_pid_syscall(5)).
fn sleeping(text: &str) -> Option<Sleeping> {
    match text.split_whitespace().next()? {
        "running" => Some(Sleeping::No),
        number => number.parse().ok().map(Sleeping::In),
    }
}

/// Whether two threads may be of one program: where either can't be seen, or has ended, they may.
pub fn may_be_same(one: u32, other: u32) -> bool {
    let program = |thread| Some(field(&status(thread)?, "Tgid:")?.to_owned());
    one == other || program(one).zip(program(other)).is_none_or(|(one, other)| one == other)
}

/// Whether a thread has a capability over what belongs to each of these ids, users' and groups' (capable_wrt_inode_uidgid): in its namespace of users,
/// which knows them. `None` where it can't be seen.
pub fn is_capable(thread: u32, capability: u64, ids: [u32; 2]) -> Option<bool> {
    let status = status(thread)?;
    field(&status, "CapEff:")?;
    let knows = |map: &str, id| Some(is_mapped(&read(&format!("/proc/{thread}/{map}"))?, id));
    let known = knows("uid_map", ids[0])? && knows("gid_map", ids[1])?;
    Some(known && mask(&status, "CapEff:") & capability != 0)
}

/// Whether a namespace of users has a number for the id, which is ours: lines of first number inside, first outside, and how many
/// (user_namespaces(7)).
fn is_mapped(map: &str, id: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().skip(1).map(str::parse::<u32>);
        let (Some(Ok(first)), Some(Ok(count))) = (numbers.next(), numbers.next()) else { return false };
        id.checked_sub(first).is_some_and(|distance| distance < count)
    })
}

/// The supplementary groups of a thread; none where it can't be seen.
pub fn groups(thread: u32) -> Vec<u32> {
    status(thread).map(|status| groups_of(&status)).unwrap_or_default()
}

fn status(thread: u32) -> Option<String> {
    read(&format!("/proc/{thread}/status"))
}

fn read(path: &str) -> Option<String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(STATUS_BYTES_MAX).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Whether a signal is pending that is neither blocked nor ignored (proc_pid_status(5)). One that is the whole program's counts for its first
/// thread alone, which Linux gives it to where that takes it: another thread that is told EINTR for it is restarted by nobody. A signal that
/// ends the program is each thread's own.
fn has_signal(status: &str) -> bool {
    let is_first = field(status, "Tgid:") == field(status, "Pid:");
    let shared = if is_first { mask(status, "ShdPnd:") } else { 0 };
    (mask(status, "SigPnd:") | shared) & !mask(status, "SigBlk:") & !mask(status, "SigIgn:") != 0
}

fn mask(status: &str, name: &str) -> u64 {
    field(status, name).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0)
}

fn groups_of(status: &str) -> Vec<u32> {
    field(status, "Groups:").unwrap_or_default().split_whitespace().filter_map(|group| group.parse().ok()).collect()
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}
