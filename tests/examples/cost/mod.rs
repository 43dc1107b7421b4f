//! What a piece of work costs: its time, the CPU of who asks and the CPU of who serves.
//!
//! Always holds: the kernel's own sums in nanoseconds, with threads that have ended; a process that has gone is an error.

use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

/// At most so long a wait for what serves to be done with what it does after its answers.
const SETTLE_MAX: Duration = Duration::from_secs(10);
const SETTLE_STEP: Duration = Duration::from_millis(500);
/// Less of a core than this is idle.
const IDLE_SHARE: f64 = 0.05;

/// All in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub wall: f64,
    /// Of this process and of those that it started and waited for.
    pub client: f64,
    /// Of the processes that serve.
    pub server: f64,
}

/// A point in time.
pub struct Mark {
    at: Instant,
    client: f64,
    server: f64,
}

pub fn mark(servers: &[i32]) -> Result<Mark, String> {
    Ok(Mark { at: Instant::now(), client: own_cpu()?, server: cpu_of(servers)? })
}

impl Mark {
    /// From the mark until now.
    pub fn cost(&self, servers: &[i32]) -> Result<Cost, String> {
        let wall = self.at.elapsed().as_secs_f64();
        Ok(Cost { wall, client: own_cpu()? - self.client, server: cpu_of(servers)? - self.server })
    }

    /// The CPU of the servers from the mark until they are idle: with what they have left to do behind their answers.
    // Not every program that measures asks for it.
    #[allow(dead_code)]
    pub fn settled(&self, servers: &[i32]) -> Result<f64, String> {
        let (deadline, mut before) = (Instant::now() + SETTLE_MAX, cpu_of(servers)?);
        while !servers.is_empty() && Instant::now() < deadline {
            std::thread::sleep(SETTLE_STEP);
            let now = cpu_of(servers)?;
            if now - before < IDLE_SHARE * SETTLE_STEP.as_secs_f64() {
                return Ok(now - self.server);
            }
            before = now;
        }
        Ok(before - self.server)
    }
}

fn own_cpu() -> Result<f64, String> {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the place is of the type that getrusage(2) fills.
    let usage = match unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) } {
        // SAFETY: it was filled, and zeroes are a value, too.
        0 => unsafe { usage.assume_init() },
        _ => return Err(format!("getrusage: {}", std::io::Error::last_os_error())),
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Ok(read(libc::CLOCK_PROCESS_CPUTIME_ID)? + seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

fn cpu_of(servers: &[i32]) -> Result<f64, String> {
    servers.iter().try_fold(0.0, |sum, pid| {
        let mut clock = 0;
        // SAFETY: the place is of the type that clock_getcpuclockid(3) fills.
        match unsafe { libc::clock_getcpuclockid(*pid, &mut clock) } {
            0 => Ok(sum + read(clock)?),
            error => Err(format!("process {pid}: {}", std::io::Error::from_raw_os_error(error))),
        }
    })
}

fn read(clock: libc::clockid_t) -> Result<f64, String> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the place is of the type that clock_gettime(2) fills.
    match unsafe { libc::clock_gettime(clock, &mut time) } {
        0 => Ok(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9),
        _ => Err(format!("clock_gettime: {}", std::io::Error::last_os_error())),
    }
}
