//! `/dev/fuse`, mount(2) and umount(2).
//!
//! Always holds: only what is a mount of Trefoil's is taken off a directory, and only the one that is meant: it is looked up by its number
//! first, for another mount may lie on top or have taken its place, or a directory above it was moved.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::limits::{READAHEAD_KIB, STALE_MOUNTS_MAX};
use crate::mountinfo::{self, MountPoint};
use crate::options::MountOptions;

/// What mount(8) and `df` show as the file system's type.
const KIND: &str = "fuse.trefoil";
const DEVICE: &str = "/dev/fuse";

/// Why a directory could not be mounted or unmounted, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    #[error(
        "{DEVICE} does not exist; load the kernel's module (`modprobe fuse`), or give the container --device {DEVICE}"
    )]
    NoDevice,
    #[error("{DEVICE} can't be opened ({0}); run the daemon as root, or give the container --device {DEVICE}")]
    Device(std::io::Error),
    #[error(
        "mounting is not allowed to this process; run the daemon as root (in a container with --cap-add SYS_ADMIN)"
    )]
    NotPermitted,
    #[error("{0}: there is no such directory; make it first (mkdir -p)")]
    NoDirectory(String),
    #[error("{0} is not a directory; name one")]
    NotADirectory(String),
    #[error("{0}: give an absolute path")]
    NotAbsolute(String),
    #[error("{0} leads to {1} by a link; name that directory itself, where it is meant")]
    LeadsElsewhere(String, String),
    #[error("{0} is a Trefoil mount already; unmount it first (trefoil umount {0})")]
    AlreadyMounted(String),
    #[error(
        "{0} is in use; close what is open there (fuser -vm {0} shows who), or unmount it lazily (trefoil umount --lazy {0})"
    )]
    Busy(String),
    #[error("something else is mounted on top of {0}, or of a directory above it; unmount that first (umount)")]
    Covered(String),
    #[error("{what}: {error}")]
    Other { what: String, error: std::io::Error },
}

impl MountError {
    pub(crate) fn other(what: impl Into<String>, error: impl Into<std::io::Error>) -> Self {
        Self::Other { what: what.into(), error: error.into() }
    }
}

/// Whether the directory is a mount whose daemon has gone (FUSE answers ENOTCONN for it).
pub fn is_stale(directory: &Path) -> bool {
    let error = std::fs::metadata(directory).err().and_then(|error| error.raw_os_error());
    matches!(error, Some(libc::ENOTCONN | libc::ECONNABORTED))
}

/// Takes off what daemons that did not end in order left on the directory, and sees that it can be mounted on. The path must be
/// resolved.
pub fn prepare(directory: &Path) -> Result<(), MountError> {
    let name = || directory.display().to_string();
    if !directory.is_absolute() {
        return Err(MountError::NotAbsolute(name()));
    }
    take_off_left(directory)?;
    if look(directory)?.is_some_and(|on_top| on_top.kind == KIND) {
        return Err(MountError::AlreadyMounted(name()));
    }
    match std::fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(MountError::NotADirectory(name())),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(MountError::NoDirectory(name())),
        Err(error) => Err(MountError::other(name(), error)),
    }
}

/// Takes mounts of ours that answer nobody off a directory: whether there were any. The path must be resolved.
fn take_off_left(directory: &Path) -> Result<bool, MountError> {
    let mut taken_off = false;
    for _ in 0..STALE_MOUNTS_MAX {
        let Some(on_top) = look(directory)?.filter(|on_top| on_top.kind == KIND) else { break };
        if !is_stale(directory) {
            break;
        }
        tracing::info!(directory = %directory.display(), source = on_top.source, "a mount without a daemon is taken off");
        umount2(directory, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW)
            .map_err(|error| MountError::other(directory.display().to_string(), error))?;
        taken_off = true;
    }
    Ok(taken_off)
}

/// Takes off a directory what a daemon that has gone left mounted on it: whether there was something. Blocks.
pub fn recover(directory: &Path) -> Result<bool, MountError> {
    take_off_left(&resolve(directory)?)
}

/// What a Trefoil mount that lies on the directory shows, alive or left behind. Asks nobody but the kernel's table, so that it never
/// waits; the path must have no links.
pub fn shown_on(directory: &Path) -> Option<String> {
    let on_top = look(directory).ok().flatten()?;
    (on_top.kind == KIND).then_some(on_top.source)
}

/// Resolves the directory's links, also of one whose mount answers nobody.
pub fn resolve(directory: &Path) -> Result<PathBuf, MountError> {
    let name = || directory.display().to_string();
    if !directory.is_absolute() {
        return Err(MountError::NotAbsolute(name()));
    }
    mountinfo::resolved(directory).map_err(|error| match error.kind() {
        ErrorKind::NotFound => MountError::NoDirectory(name()),
        ErrorKind::NotADirectory => MountError::NotADirectory(name()),
        _ => MountError::other(name(), error),
    })
}

/// Opens the device and mounts it on the directory, which was prepared. `source` is what `df` shows in the first column. The kernel's
/// first request waits on the device then.
pub fn attach(directory: &Path, source: &str, options: &MountOptions) -> Result<(OwnedFd, MountPoint), MountError> {
    let device = OpenOptions::new().read(true).write(true).open(DEVICE).map_err(|error| match error.kind() {
        ErrorKind::NotFound => MountError::NoDevice,
        _ => MountError::Device(error),
    })?;
    let allow_other = if options.allow_other { ",allow_other" } else { "" };
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    // The kernel checks modes and owners itself (default_permissions); with the root's mode as any directory has it.
    let data = format!(
        "fd={},rootmode=40000,user_id={user},group_id={group},default_permissions{allow_other}",
        device.as_raw_fd()
    );
    // Held, so that it is this one, whatever its name leads to by now.
    let held = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_DIRECTORY | libc::O_NOFOLLOW)
        .open(directory)
        .map_err(|error| MountError::other(directory.display().to_string(), error))?;
    let by_number = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
    let is =
        std::fs::read_link(&by_number).map_err(|error| MountError::other(by_number.display().to_string(), error))?;
    if is != directory {
        return Err(MountError::LeadsElsewhere(directory.display().to_string(), is.display().to_string()));
    }
    mount(Some(source), &by_number, Some(KIND), options.flags() | MsFlags::MS_SILENT, Some(data.as_str())).map_err(
        |error| match error {
            Errno::EPERM => MountError::NotPermitted,
            Errno::ENODEV => MountError::NoDevice,
            error => MountError::other(format!("mount on {}", directory.display()), error),
        },
    )?;
    let device = OwnedFd::from(device);
    match look(directory) {
        Ok(Some(mounted)) if mounted.kind == KIND => Ok((device, mounted)),
        Ok(_) => {
            let error = std::io::Error::other("it was mounted and is not among this process's mounts");
            Err(MountError::other(directory.display().to_string(), error))
        }
        Err(error) => Err(error),
    }
}

/// Takes the mount off the directory that it is on now. `Ok` also where it is not there any more.
pub fn detach(mounted: &MountPoint, lazy: bool) -> Result<(), MountError> {
    let Some(directory) = place(mounted)? else { return Ok(()) };
    let name = || directory.display().to_string();
    let how = if lazy { MntFlags::MNT_DETACH } else { MntFlags::empty() };
    match umount2(&directory, how | MntFlags::UMOUNT_NOFOLLOW) {
        Ok(()) => Ok(()),
        // Somebody else was faster; or the path leads into what is mounted above.
        Err(Errno::EINVAL | Errno::ENOENT) => match place(mounted)? {
            None => Ok(()),
            Some(_) => Err(MountError::Covered(name())),
        },
        Err(Errno::EBUSY) => Err(MountError::Busy(name())),
        Err(Errno::EPERM) => Err(MountError::NotPermitted),
        Err(error) => Err(MountError::other(format!("unmounting {}", directory.display()), error)),
    }
}

/// The directory that the mount is on top of now. `None` where it is not there any more.
pub fn place(mounted: &MountPoint) -> Result<Option<PathBuf>, MountError> {
    match mountinfo::now(mounted).map_err(|error| MountError::other(mountinfo::TABLE, error))? {
        Some((own, false)) => Ok(Some(own.path)),
        Some((own, true)) => Err(MountError::Covered(own.path.display().to_string())),
        None => Ok(None),
    }
}

/// Writes what programs changed through mappings and is not yet with the daemon.
pub fn write_back(directory: &Path) -> std::io::Result<()> {
    let root = File::open(directory)?;
    // SAFETY: the descriptor is open for the whole call, which takes nothing else.
    if unsafe { libc::syncfs(root.as_fd().as_raw_fd()) } == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Lets the kernel read further ahead than it offers by itself. Where the place for it can't be written (a container), the kernel's own
/// measure stays, and nothing is lost but speed.
pub fn read_ahead(mounted: &MountPoint) {
    let place = format!("/sys/class/bdi/{}/read_ahead_kb", mounted.device);
    if let Err(error) = std::fs::write(&place, READAHEAD_KIB.to_string()) {
        tracing::debug!(place, %error, "readahead stays as the kernel has it");
    }
}

fn look(directory: &Path) -> Result<Option<MountPoint>, MountError> {
    mountinfo::at(directory).map_err(|error| MountError::other(mountinfo::TABLE, error))
}
