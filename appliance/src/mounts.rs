//! The mounts of the daemon: those of the settings, and those made by command, which are kept in the data directory.
//!
//! Always holds: a mount made by command is in `mounts.json` before the command is answered, and leaves it only by `trefoil umount`:
//! one that was taken off by other means (a shutdown unmounts everything, too) comes back at the next start. What can't be mounted
//! yet is tried again, shown with its reason, and keeps the daemon from nothing. The settings win where both name a directory.

mod file;
mod spec;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use trefoil_core::error::Error;
use trefoil_core::files::{FileError, FileService, ViewRequest};
use trefoil_core::types::Principal;
use trefoil_fuse::{Mount, MountError, MountOptions, Parts, Siblings};

pub use spec::MountSpec;

use crate::limits::{MOUNT_END_TIMEOUT, MOUNT_RETRY, MOUNTS_MAX};

/// Where a mount comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Settings,
    Command,
}

/// How a mount is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum MountState {
    Mounted,
    /// It is tried again; why it is not there yet, where it was tried.
    Waiting {
        reason: Option<String>,
    },
    /// Taken off by other means than the command. It comes back at the next start, or by the command.
    Unmounted,
}

/// A mount as it is listed.
#[derive(Clone, Debug)]
pub struct Listed {
    pub spec: MountSpec,
    pub origin: Origin,
    pub state: MountState,
}

/// Why a mount was not made or ended.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{0}")]
    Invalid(String),
    #[error("{dir} shows {source_shown} already; unmount it first (trefoil umount {dir})")]
    Taken { dir: String, source_shown: String },
    #[error("{0} is no mount of this daemon; `trefoil mounts` shows those that are")]
    Absent(String),
    #[error("there are {MOUNTS_MAX} mounts, and no more can be")]
    TooMany,
    #[error("there is no directory {0}; make it in a mount of the bucket, or put an object below it")]
    NoPrefix(String),
    #[error("{0} could not be unmounted in time; look at the log, and try again with --lazy")]
    Late(String),
    #[error("the daemon is ending; start it anew")]
    Ending,
    #[error(transparent)]
    Mount(#[from] MountError),
    #[error(transparent)]
    Store(#[from] Error),
    #[error("mounts can't be kept: {0}")]
    Kept(std::io::Error),
}

struct Entry {
    spec: MountSpec,
    origin: Origin,
    state: MountState,
    mount: Option<Arc<Mount>>,
}

pub struct MountManager {
    files: FileService,
    /// Whose buckets are mounted: root's account may use all.
    principal: Principal,
    siblings: Arc<Siblings>,
    file: PathBuf,
    pretended: Option<(u32, u32)>,
    /// By directory.
    entries: Mutex<BTreeMap<PathBuf, Entry>>,
    /// Held while mounts are made or ended, one after the other. `true`: the daemon ends.
    turn: tokio::sync::Mutex<bool>,
    this: Weak<MountManager>,
}

impl MountManager {
    /// Knows the mounts of the settings and of the data directory; none is made yet.
    pub fn open(
        dir: &Path,
        settings: &[MountSpec],
        files: FileService,
        principal: Principal,
        pretended: Option<(u32, u32)>,
    ) -> Result<Arc<Self>, String> {
        let file = dir.join("mounts.json");
        let kept = file::read(&file).map_err(|error| {
            format!("{}: {error}; repair it, or remove it and make its mounts anew", file.display())
        })?;
        let mut entries = BTreeMap::new();
        let of_settings = settings.iter().map(|spec| (spec, Origin::Settings));
        for (spec, origin) in of_settings.chain(kept.iter().map(|spec| (spec, Origin::Command))) {
            let directory = PathBuf::from(&spec.dir);
            if entries.contains_key(&directory) {
                tracing::warn!(dir = spec.dir, source = spec.source(), "a directory is named twice; the first holds");
                continue;
            }
            let state = MountState::Waiting { reason: None };
            entries.insert(directory, Entry { spec: spec.clone(), origin, state, mount: None });
        }
        Ok(Arc::new_cyclic(|this| Self {
            files,
            principal,
            siblings: Arc::default(),
            file,
            pretended,
            entries: Mutex::new(entries),
            turn: tokio::sync::Mutex::new(false),
            this: this.clone(),
        }))
    }

    /// Makes what waits, at once and again every while, until the daemon ends.
    pub async fn run(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        loop {
            self.mount_waiting().await;
            tokio::select! {
                () = tokio::time::sleep(MOUNT_RETRY) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
    }

    /// Tries once to make every mount that waits.
    pub async fn mount_waiting(&self) {
        let waiting: Vec<(PathBuf, MountSpec)> = {
            let entries = self.entries.lock();
            let waits = |entry: &Entry| matches!(entry.state, MountState::Waiting { .. });
            entries
                .iter()
                .filter(|(_, entry)| waits(entry))
                .map(|(dir, entry)| (dir.clone(), entry.spec.clone()))
                .collect()
        };
        for (directory, spec) in waiting {
            let ending = self.turn.lock().await;
            if *ending {
                return;
            }
            let outcome = self.start(&spec).await;
            let mut entries = self.entries.lock();
            let Some(entry) = entries.get_mut(&directory).filter(|entry| entry.spec == spec) else { continue };
            match outcome {
                Ok(mount) => self.settle(entry, mount),
                Err(error) => {
                    let reason = error.to_string();
                    let state = MountState::Waiting { reason: Some(reason.clone()) };
                    // Once, and not each time it is tried.
                    if entry.state != state {
                        tracing::warn!(
                            dir = spec.dir,
                            source = spec.source(),
                            reason,
                            "not mounted; it is tried again"
                        );
                    }
                    entry.state = state;
                }
            }
        }
    }

    /// Mounts and keeps the mount. One that is there already, the same, is fine.
    pub async fn mount(&self, spec: MountSpec) -> Result<Listed, Refused> {
        spec.check().map_err(Refused::Invalid)?;
        let directory = PathBuf::from(&spec.dir);
        let ending = self.turn.lock().await;
        if *ending {
            return Err(Refused::Ending);
        }
        let origin = {
            let entries = self.entries.lock();
            match entries.get(&directory) {
                Some(entry) if entry.state == MountState::Mounted => {
                    if entry.spec.is_same(&spec) {
                        return Ok(entry.listed());
                    }
                    return Err(Refused::Taken { dir: spec.dir.clone(), source_shown: entry.spec.source() });
                }
                // One of the settings that waits, or was taken off: made now, as the settings have it.
                Some(entry) if entry.origin == Origin::Settings && entry.spec.is_same(&spec) => Origin::Settings,
                Some(entry) if entry.origin == Origin::Settings => {
                    return Err(Refused::Taken { dir: spec.dir.clone(), source_shown: entry.spec.source() });
                }
                None if entries.len() >= MOUNTS_MAX => return Err(Refused::TooMany),
                _ => Origin::Command,
            }
        };
        let mount = self.start(&spec).await?;
        let listed = {
            let mut entries = self.entries.lock();
            let state = MountState::Waiting { reason: None };
            let entry = entries.entry(directory).or_insert(Entry { spec: spec.clone(), origin, state, mount: None });
            (entry.spec, entry.origin) = (spec, origin);
            self.settle(entry, mount);
            entry.listed()
        };
        self.keep().await?;
        Ok(listed)
    }

    /// Takes a mount off its directory and forgets it, unless it is of the settings.
    pub async fn unmount(&self, dir: &str, lazy: bool) -> Result<(), Refused> {
        let _ending = self.turn.lock().await;
        let (directory, mount) = {
            let entries = self.entries.lock();
            // By its name in the settings, which may lead through links, or by where it is.
            let is_at = |entry: &Entry| entry.mount.as_ref().is_some_and(|mount| mount.directory() == Path::new(dir));
            let mut found = entries.iter().filter(|(name, entry)| name.as_path() == Path::new(dir) || is_at(entry));
            let (name, entry) = found.next().ok_or_else(|| Refused::Absent(dir.to_owned()))?;
            (name.clone(), entry.mount.clone())
        };
        if let Some(mount) = mount {
            let off = blocking({
                let mount = Arc::clone(&mount);
                move || mount.unmount(lazy)
            });
            tokio::time::timeout(MOUNT_END_TIMEOUT, off).await.map_err(|_| Refused::Late(dir.to_owned()))???;
            // What is still open in a mount taken off lazily goes on; the directory is free at once.
            if !lazy && tokio::time::timeout(MOUNT_END_TIMEOUT, mount.wait()).await.is_err() {
                tracing::warn!(dir, "unmounted, and its session has not ended yet");
            }
        }
        {
            let mut entries = self.entries.lock();
            match entries.get_mut(&directory) {
                Some(entry) if entry.origin == Origin::Settings => {
                    (entry.state, entry.mount) = (MountState::Unmounted, None);
                }
                _ => drop(entries.remove(&directory)),
            }
        }
        self.keep().await
    }

    pub fn list(&self) -> Vec<Listed> {
        self.entries.lock().values().map(Entry::listed).collect()
    }

    /// Takes every mount off its directory, for the daemon ends: in order where nobody is in it, else so that the store can be closed.
    /// None is forgotten.
    pub async fn end(&self) {
        let mut ending = self.turn.lock().await;
        *ending = true;
        let mounts: Vec<Arc<Mount>> = self.entries.lock().values().filter_map(|entry| entry.mount.clone()).collect();
        let ends = mounts.into_iter().map(|mount| async move {
            let dir = mount.directory().display().to_string();
            let off = tokio::time::timeout(MOUNT_END_TIMEOUT, blocking({
                let mount = Arc::clone(&mount);
                move || match mount.unmount(false) {
                    Err(MountError::Busy(_)) => {
                        tracing::warn!(dir = %mount.directory().display(), "in use; taken off its directory all the same");
                        mount.unmount(true).map(|()| false)
                    }
                    other => other.map(|()| true),
                }
            }))
            .await;
            match off {
                Ok(Ok(Ok(true))) => {
                    // The last requests are answered while the store is still open.
                    if tokio::time::timeout(MOUNT_END_TIMEOUT, mount.wait()).await.is_err() {
                        tracing::warn!(dir, "unmounted, and its session has not ended in time");
                    }
                }
                Ok(Ok(Ok(false))) => {}
                Ok(Ok(Err(error))) => tracing::warn!(dir, %error, "not unmounted"),
                Ok(Err(error)) => tracing::warn!(dir, %error, "not unmounted"),
                Err(_) => tracing::warn!(dir, "could not be unmounted in time"),
            }
        });
        futures::future::join_all(ends).await;
    }

    async fn start(&self, spec: &MountSpec) -> Result<Arc<Mount>, Refused> {
        let options = MountOptions::parse(&spec.options).map_err(|error| Refused::Invalid(error.to_string()))?;
        let wanted = ViewRequest {
            bucket: spec.bucket().map_err(Refused::Invalid)?,
            prefix: spec.prefix.clone(),
            read_only: options.read_only,
            strict: options.strict,
            access_times: options.access_times,
            defaults: options.defaults,
        };
        let view = self.files.view(&self.principal, wanted).await.map_err(|error| match error {
            Error::File(FileError::NoSuchName | FileError::NotADirectory) => Refused::NoPrefix(spec.source()),
            error => Refused::Store(error),
        })?;
        let parts = Parts {
            files: self.files.clone(),
            view,
            options,
            source: spec.source(),
            directory: PathBuf::from(&spec.dir),
            runtime: tokio::runtime::Handle::current(),
            siblings: Arc::clone(&self.siblings),
            pretended: self.pretended,
        };
        Ok(Arc::new(blocking(move || Mount::start(parts)).await??))
    }

    /// The mount is there; somebody watches for its end.
    fn settle(&self, entry: &mut Entry, mount: Arc<Mount>) {
        tracing::info!(dir = entry.spec.dir, source = entry.spec.source(), options = entry.spec.options, "mounted");
        (entry.state, entry.mount) = (MountState::Mounted, Some(Arc::clone(&mount)));
        let (this, directory) = (Weak::clone(&self.this), PathBuf::from(&entry.spec.dir));
        tokio::spawn(async move {
            let ended = mount.wait().await;
            if let Some(this) = this.upgrade() {
                this.has_ended(&directory, &mount, ended);
            }
        });
    }

    fn has_ended(&self, directory: &Path, mount: &Arc<Mount>, ended: trefoil_fuse::Ended) {
        let mut entries = self.entries.lock();
        let Some(entry) = entries.get_mut(directory) else { return };
        // Another may have taken its place meanwhile.
        if entry.mount.as_ref().is_some_and(|present| Arc::ptr_eq(present, mount)) {
            entry.mount = None;
            entry.state = match ended {
                Ok(()) => MountState::Unmounted,
                Err(reason) => MountState::Waiting { reason: Some(reason) },
            };
        }
    }

    async fn keep(&self) -> Result<(), Refused> {
        let kept: Vec<MountSpec> = {
            let entries = self.entries.lock();
            let own = entries.values().filter(|entry| entry.origin == Origin::Command);
            own.map(|entry| entry.spec.clone()).collect()
        };
        let file = self.file.clone();
        blocking(move || file::write(&file, &kept)).await?.map_err(Refused::Kept)
    }
}

impl Entry {
    fn listed(&self) -> Listed {
        Listed { spec: self.spec.clone(), origin: self.origin, state: self.state.clone() }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Refused::Store(Error::Internal(error.to_string())))
}
