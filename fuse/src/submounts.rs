//! What others have mounted on directories of a mount.
//!
//! Always holds: a name that leads to such a mount is not taken back from the kernel, for the kernel would take the mount off with it
//! (`d_invalidate`). It goes by itself within a lifetime, and then the mount goes only if the name leads elsewhere. Where nothing is
//! mounted, and that is nearly everywhere, this costs one system call for a batch of changes. Mounts that this process can't see, of
//! another mount namespace, are not known.

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use tokio::runtime::Handle;
use trefoil_core::files::{Caller, Change, FileService, View};

use crate::mountinfo::{self, MountPoint};

pub struct Submounts {
    files: FileService,
    view: View,
    runtime: Handle,
    /// The file system's own number.
    device: String,
    /// `None` where the table can't be read.
    table: Option<File>,
    /// From the root of the view.
    paths: Vec<PathBuf>,
    was_read: bool,
}

impl Submounts {
    pub fn new(mounted: &MountPoint, files: FileService, view: View, runtime: Handle) -> Self {
        let table = File::open(mountinfo::TABLE)
            .inspect_err(|error| tracing::warn!(%error, "mounts below a mount can't be seen; they may be taken off"))
            .ok();
        Self { files, view, runtime, device: mounted.device.clone(), table, paths: Vec::new(), was_read: false }
    }

    /// Looks at what is mounted now. To be called before changes are asked of.
    pub fn look(&mut self) {
        let Some(table) = &mut self.table else { return };
        // Where something is mounted, paths may change without a word of the kernel: by renames.
        if self.was_read && self.paths.is_empty() && !has_changed(table) {
            return;
        }
        let mut text = Vec::new();
        match table.rewind().and_then(|()| table.read_to_end(&mut text)) {
            Ok(_) => (self.paths, self.was_read) = (mountinfo::covered(&text, &self.device), true),
            Err(error) => tracing::warn!(%error, "mounts below a mount can't be seen; they may be taken off"),
        }
    }

    /// Whether the change is one of a name that leads to something mounted.
    pub fn lie_behind(&self, change: &Change) -> bool {
        let Change::Name { directory, name } = change else { return false };
        let name = OsStr::from_bytes(name);
        self.paths.iter().any(|path| {
            let places = path.iter().enumerate().filter(|(_, component)| *component == name);
            places.map(|(at, _)| at).any(|at| self.runtime.block_on(self.leads(path, at, *directory)))
        })
    }

    /// Whether the first components of a path lead to the directory; also where they lead nowhere any more, for the kernel may still
    /// have it so.
    async fn leads(&self, path: &std::path::Path, components: usize, directory: u64) -> bool {
        let mut node = self.view.root;
        for component in path.iter().take(components) {
            match self.files.lookup(&self.view, &Caller::root(), node, component.as_bytes()).await {
                Ok(found) => node = found.node,
                Err(_) => return true,
            }
        }
        node == directory
    }
}

/// Whether anything was mounted or taken off since this was asked last (proc_pid_mountinfo(5)).
fn has_changed(table: &File) -> bool {
    let mut poll = libc::pollfd { fd: table.as_raw_fd(), events: libc::POLLPRI, revents: 0 };
    // SAFETY: one entry, which lives for the call; the descriptor is open.
    let ready = unsafe { libc::poll(&raw mut poll, 1, 0) };
    // What can't be asked may have.
    ready < 0 || poll.revents & (libc::POLLPRI | libc::POLLERR) != 0
}
