//! The few system calls of the files store, none newer than Linux 3.10.
//!
//! Always holds: a call that was interrupted or did part of its work is continued here; callers see all or an error.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::AsRawFd;
use std::path::Path;

use bytes::Bytes;
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};

use crate::data::DataError;
use crate::limits::{DISK_HOP_BYTES, WRITE_VECTORS_MAX};

fn offset_of(offset: u64) -> io::Result<i64> {
    i64::try_from(offset).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
}

fn again(error: Errno) -> io::Result<()> {
    if error == Errno::EINTR { Ok(()) } else { Err(error.into()) }
}

/// Appends up to `length` bytes at `offset` of `file` to `buffer`: fewer only where the file ends. The bytes are not zeroed first.
pub fn read_at(file: &File, buffer: &mut Vec<u8>, length: usize, offset: u64) -> io::Result<()> {
    buffer.reserve(length);
    let mut done = 0;
    while done < length {
        let at = offset_of(offset + done as u64)?;
        let spare = buffer.spare_capacity_mut();
        let count = (length - done).min(spare.len());
        // SAFETY: `spare` is memory of `buffer` of at least `count` bytes, borrowed mutably; the kernel writes there only.
        let read = unsafe { libc::pread(file.as_raw_fd(), spare.as_mut_ptr().cast(), count, at) };
        match usize::try_from(read) {
            Ok(0) => break,
            Ok(read) => {
                // SAFETY: the kernel has filled `read` bytes behind the buffer's length, within its capacity.
                unsafe { buffer.set_len(buffer.len() + read) };
                done += read;
            }
            Err(_) => again(Errno::last())?,
        }
    }
    Ok(())
}

/// Writes all of `parts`, one behind the other, at `offset`.
pub fn write_all_at(file: &File, parts: &[Bytes], mut offset: u64) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> =
        parts.iter().filter(|part| !part.is_empty()).map(|part| IoSlice::new(part)).collect();
    let mut slices = slices.as_mut_slice();
    while !slices.is_empty() {
        let now = &slices[..slices.len().min(WRITE_VECTORS_MAX)];
        match nix::sys::uio::pwritev(file, now, offset_of(offset)?) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                IoSlice::advance_slices(&mut slices, written);
            }
            Err(error) => again(error)?,
        }
    }
    Ok(())
}

/// Writes zeros over a range.
pub fn write_zeros_at(file: &File, offset: u64, length: u64) -> io::Result<()> {
    let zeros = Bytes::from(vec![0; DISK_HOP_BYTES]);
    let mut at = 0;
    while at < length {
        let count = usize::try_from(length - at).unwrap_or(DISK_HOP_BYTES).min(DISK_HOP_BYTES);
        write_all_at(file, &[zeros.slice(..count)], offset + at)?;
        at += count as u64;
    }
    Ok(())
}

/// Reserves `length` bytes from the file's start and lengthens it to that. `Ok(false)` where the file system can't.
pub fn preallocate(file: &File, length: u64) -> io::Result<bool> {
    loop {
        match fallocate(file, FallocateFlags::empty(), 0, offset_of(length)?) {
            Ok(()) => return Ok(true),
            Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => return Ok(false),
            Err(error) => again(error)?,
        }
    }
}

/// Gives the space of a range back; it reads as zeros then. `Ok(false)` where the file system can't.
pub fn punch_hole(file: &File, offset: u64, length: u64) -> io::Result<bool> {
    let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
    loop {
        match fallocate(file, flags, offset_of(offset)?, offset_of(length)?) {
            Ok(()) => return Ok(true),
            Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => return Ok(false),
            Err(error) => again(error)?,
        }
    }
}

/// The first offset from `offset` on that holds data, or `None` where only a hole is left. Where the file system knows no holes,
/// all is data.
pub fn seek_data(file: &File, offset: u64) -> io::Result<Option<u64>> {
    match nix::unistd::lseek(file, offset_of(offset)?, nix::unistd::Whence::SeekData) {
        Ok(found) => Ok(u64::try_from(found).ok()),
        Err(Errno::ENXIO) => Ok(None),
        Err(Errno::EINVAL) => Ok((offset < file.metadata()?.len()).then_some(offset)),
        Err(error) => Err(error.into()),
    }
}

/// The first hole from `offset` on, which lies in data; at the latest the file's end.
pub fn seek_hole(file: &File, offset: u64) -> io::Result<u64> {
    match nix::unistd::lseek(file, offset_of(offset)?, nix::unistd::Whence::SeekHole) {
        Ok(found) => Ok(u64::try_from(found).unwrap_or(u64::MAX)),
        Err(Errno::EINVAL) => Ok(file.metadata()?.len()),
        Err(error) => Err(error.into()),
    }
}

/// Starts writing a range out and, where `wait`, waits until it is. No durability: the caller syncs later, which is short then. An
/// error is final, as that of a sync is: the kernel reports it once, and the later sync may not hear of it.
pub fn start_writeback(file: &File, offset: u64, length: u64, wait: bool) -> io::Result<()> {
    let waits = libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    let flags = libc::SYNC_FILE_RANGE_WRITE | if wait { waits } else { 0 };
    // SAFETY: the descriptor is open; the call touches no memory of ours.
    let result = unsafe { libc::sync_file_range(file.as_raw_fd(), offset_of(offset)?, offset_of(length)?, flags) };
    match result {
        0 => Ok(()),
        _ => match Errno::last() {
            // A file system that can't start early writes all at the sync.
            Errno::ENOSYS | Errno::EINVAL | Errno::ESPIPE | Errno::EOPNOTSUPP => Ok(()),
            error => again(error),
        },
    }
}

/// Whether a read failed because the device, or the file system's own records, lost what it holds.
pub fn is_damage(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EIO | libc::EUCLEAN | libc::EBADMSG))
}

/// What a failed read is to whoever asked: bytes that the device can't give are lost, as damaged ones are.
pub fn read_error(error: io::Error) -> DataError {
    match is_damage(&error) {
        true => DataError::Corrupt(format!("the device can't read what it holds: {error}")),
        false => error.into(),
    }
}

/// Makes the names in a directory durable.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
