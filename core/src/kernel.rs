//! What the running kernel can do beyond Linux 3.10, the oldest that Trefoil runs on (CentOS 7).
//!
//! Always holds: a call that came after 3.10 is made only through a [`Kernel`], which knows or finds out whether it is there, and
//! each caller has another way. `TREFOIL_PRETEND_KERNEL=3.10` makes the newer calls look absent, so that the other ways are tested
//! on any machine. What stands here is what is used, no more:
//!
//! | call | since | instead |
//! |---|---|---|
//! | `preadv2(RWF_NOWAIT)` | 4.14 | the read is made on a disk thread |

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// The variable that hides what a newer kernel can do.
pub const PRETEND_VARIABLE: &str = "TREFOIL_PRETEND_KERNEL";

/// What is known of the running kernel. Made once and shared.
#[derive(Debug)]
pub struct Kernel {
    /// Whether reads that must not wait are worth trying. Cleared at the first sign that they are unknown.
    read_nowait: AtomicBool,
}

/// A value of [`PRETEND_VARIABLE`] that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{PRETEND_VARIABLE}={0} is not a kernel version such as 3.10")]
pub struct NotAVersion(String);

impl Kernel {
    /// The running kernel, as far as [`PRETEND_VARIABLE`] lets it be seen.
    pub fn detect() -> Result<Self, NotAVersion> {
        match std::env::var_os(PRETEND_VARIABLE) {
            Some(version) => Self::pretending(&version.to_string_lossy()),
            None => Ok(Self { read_nowait: AtomicBool::new(true) }),
        }
    }

    /// The version (major, minor) of the kernel that is pretended; `None` where none is.
    pub fn pretended() -> Result<Option<(u32, u32)>, NotAVersion> {
        std::env::var_os(PRETEND_VARIABLE).map(|version| parsed(&version.to_string_lossy())).transpose()
    }

    /// A kernel of the given version (`major.minor`), whatever runs in truth. Calls that the running kernel lacks stay absent.
    pub fn pretending(version: &str) -> Result<Self, NotAVersion> {
        Ok(Self { read_nowait: AtomicBool::new(parsed(version)? >= (4, 14)) })
    }

    /// Reads `length` bytes at `offset` into `buffer`, from its start, if that takes no wait: `true` where all were in the page
    /// cache. `false` says nothing about the file: the caller reads on a thread that may wait, which meets any error again.
    pub fn read_nowait(&self, file: BorrowedFd<'_>, buffer: &mut Vec<u8>, length: usize, offset: u64) -> bool {
        let Ok(offset) = i64::try_from(offset) else { return false };
        if !self.read_nowait.load(Ordering::Relaxed) {
            return false;
        }
        buffer.clear();
        buffer.reserve(length);
        let vector = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: length };
        // By number and not through the C library, which has the name only since glibc 2.26: the program would not start on 2.17.
        // SAFETY: the descriptor is open for as long as it is borrowed; the vector covers `length` bytes that `buffer` owns, as
        // reserved above; the kernel writes to no other memory. The sixth argument (the offset's upper half) is unused on 64 bits.
        let read = unsafe {
            libc::syscall(libc::SYS_preadv2, file.as_raw_fd(), &raw const vector, 1, offset, 0, libc::RWF_NOWAIT)
        };
        match usize::try_from(read) {
            Ok(count) if count == length => {
                // SAFETY: the kernel has filled exactly `length` bytes, within the capacity reserved above.
                unsafe { buffer.set_len(length) };
                true
            }
            Ok(_) => false,
            Err(_) => {
                let error = io::Error::last_os_error().raw_os_error();
                if matches!(error, Some(libc::ENOSYS | libc::EOPNOTSUPP | libc::EINVAL)) {
                    self.read_nowait.store(false, Ordering::Relaxed);
                }
                false
            }
        }
    }
}

fn parsed(version: &str) -> Result<(u32, u32), NotAVersion> {
    let parsed = version.split_once('.').and_then(|(major, minor)| {
        let minor = minor.split('.').next().unwrap_or(minor);
        Some((major.parse().ok()?, minor.parse().ok()?))
    });
    parsed.ok_or_else(|| NotAVersion(version.to_owned()))
}

#[cfg(test)]
mod tests;
