//! What the kernel knows of a process: memory, processor time, threads.
//!
//! Always holds: read from `/proc`; a process that is gone is an error, never zero.

use std::io;
use std::time::Duration;

fn status_kib(pid: u32, field: &str) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| io::Error::other(format!("/proc/{pid}/status has no {field}")))
}

/// Resident memory now, in bytes.
pub fn rss(pid: u32) -> io::Result<u64> {
    Ok(status_kib(pid, "VmRSS")? * 1024)
}

/// The most resident memory there has been since the start or the last [`reset_peak`], in bytes.
pub fn peak_rss(pid: u32) -> io::Result<u64> {
    Ok(status_kib(pid, "VmHWM")? * 1024)
}

/// Begins the count of [`peak_rss`] anew.
pub fn reset_peak(pid: u32) -> io::Result<()> {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5")
}

/// Processor time, user and system together.
pub fn cpu(pid: u32) -> io::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The command's name may hold spaces; what follows its closing bracket does not.
    let rest = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let field = |index: usize| rest.split_whitespace().nth(index).and_then(|text| text.parse::<u64>().ok());
    match (field(11), field(12)) {
        (Some(user), Some(system)) => Ok(Duration::from_millis((user + system) * 10)),
        _ => Err(io::Error::other(format!("/proc/{pid}/stat is not as expected"))),
    }
}
