//! What processes cost: CPU time and memory, from the kernel.
//!
//! Always holds: CPU is user and system time together; a process that has gone is an error, not zero.

#[cfg(test)]
mod tests;

use std::time::Duration;

/// CPU time of this process so far.
pub fn own_cpu() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF);
    let sum = |time: nix::sys::time::TimeVal| {
        Duration::from_secs(u64::try_from(time.tv_sec()).unwrap_or(0))
            + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or(0))
    };
    usage.map_or(Duration::ZERO, |usage| sum(usage.user_time()) + sum(usage.system_time()))
}

/// CPU time of these processes so far, all threads, in the kernel's ticks (10 ms).
pub fn cpu(pids: &[u32]) -> Result<Duration, String> {
    let ticks_per_second = match nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK) {
        Ok(Some(ticks)) => u64::try_from(ticks).unwrap_or(100).max(1),
        _ => 100,
    };
    let mut ticks = 0;
    for pid in pids {
        let path = format!("/proc/{pid}/stat");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        ticks += parse_stat(&text).ok_or_else(|| format!("{path}: not what proc(5) describes"))?;
    }
    Ok(Duration::from_nanos(ticks.saturating_mul(1_000_000_000 / ticks_per_second)))
}

/// Resident bytes of these processes together.
pub fn resident_bytes(pids: &[u32]) -> Result<u64, String> {
    let mut sum = 0;
    for pid in pids {
        let path = format!("/proc/{pid}/status");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        sum += kib.ok_or_else(|| format!("{path}: no VmRSS"))? * 1024;
    }
    Ok(sum)
}

/// utime + stime (fields 14 and 15). The name in field 2 may contain anything, parentheses and spaces too.
fn parse_stat(text: &str) -> Option<u64> {
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_ascii_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}
