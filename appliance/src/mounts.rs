//! The mounts of the daemon: those of the settings, those made by command, which are kept in the data directory, and those asked for by
//! mount(8), which are /etc/fstab's.
//!
//! Always holds: a mount made by command is in `mounts.json` before the command is answered, and leaves it only by `trefoil umount`:
//! one that was taken off by other means (a shutdown unmounts everything, too) comes back at the next start. One of mount(8) comes back
//! by mount(8) alone, so that /etc/fstab is what holds; only where a daemon was killed does the next one take it up again, for nobody else
//! hears of that. What can't be mounted yet is tried again, shown with its reason, and keeps the daemon from nothing, also where a
//! directory does not answer. The settings win where both name a directory. What was one account's bucket is not mounted by itself once
//! another has one of that name: programs on the mount would take what a stranger puts there for their own. A mount whose directory of the bucket went waits, too: it is
//! made anew when one is there again, and lies where it is till then, so that nothing is written below it unawares.

mod file;
mod hanging;
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
use trefoil_core::files::{FileError, FileService, View, ViewRequest};
use trefoil_core::types::{AccountId, Principal};
use trefoil_fuse::{Mount, MountError, MountOptions, Parts, Siblings};

use file::Kept;
use hanging::Hanging;
pub use spec::MountSpec;

use crate::limits::{MOUNT_END_TIMEOUT, MOUNT_RETRY, MOUNT_START_TIMEOUT, MOUNTS_MAX, MOUNTS_TRIED_TIMEOUT};
use crate::task::to_its_end;

/// Where a mount comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Settings,
    Command,
    /// mount(8), mostly for /etc/fstab.
    Mount8,
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
    #[error("{dir} shows {shown} already, or is to; unmount it first (trefoil umount {dir})")]
    Taken { dir: String, shown: String },
    #[error(
        "{0} is no mount of this daemon; `trefoil mounts` shows those that are, and `umount -l {0}` takes off what another program has \
         mounted there"
    )]
    Absent(String),
    #[error("{0} does not answer; unmount what lies there (umount -l {0}), or name another directory")]
    Hangs(String),
    #[error("there are {MOUNTS_MAX} mounts, and no more can be")]
    TooMany,
    #[error("there is no directory {0}; make it in a mount of the bucket, or put an object below it")]
    NoPrefix(String),
    #[error("the bucket of {0} is another account's now; unmount {1}, and mount it anew where that is meant")]
    AnothersBucket(String, String),
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
    /// Whose bucket it showed last.
    owner: Option<AccountId>,
    /// One that waits has it where what it shows went.
    mount: Option<Arc<Mount>>,
}

/// A mount that was made, and whose bucket it shows.
struct Started {
    mount: Arc<Mount>,
    owner: AccountId,
}

pub struct MountManager {
    files: FileService,
    /// Whose buckets are mounted: root's account may use all.
    principal: Principal,
    siblings: Arc<Siblings>,
    /// Mounts that are kept, and mounts of mount(8) that are there now.
    file: PathBuf,
    file_of_mount8: PathBuf,
    hanging: Hanging,
    /// Whether each mount was tried once.
    tried: watch::Sender<bool>,
    pretended: Option<(u32, u32)>,
    /// Made by command on directories that the settings name by now: they are kept, and come back when the settings do not any more.
    shadowed: Vec<Kept>,
    /// By directory.
    entries: Mutex<BTreeMap<PathBuf, Entry>>,
    /// Held while mounts are made or ended and kept, one after the other. `true`: the daemon ends.
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
        let file_of_mount8 = dir.join("mounts-of-mount8.json");
        let left = file::read(&file_of_mount8).unwrap_or_else(|error| {
            tracing::warn!(file = %file_of_mount8.display(), %error, "mounts of mount(8) that a killed daemon left are not taken up");
            Vec::new()
        });
        // What was unmounted since is in no table of the kernel: by an end in order, by hand, by a start of the machine.
        let left = left
            .into_iter()
            .filter(|Kept { spec, .. }| trefoil_fuse::shown_on(Path::new(&spec.dir)) == Some(spec.source()));
        let (mut entries, mut shadowed) = (BTreeMap::<_, Entry>::new(), Vec::new());
        let of_settings = settings.iter().map(|spec| (Kept { spec: spec.clone(), owner: None }, Origin::Settings));
        let kept = kept.into_iter().map(|kept| (kept, Origin::Command));
        for (kept, origin) in of_settings.chain(kept).chain(left.map(|kept| (kept, Origin::Mount8))) {
            let Kept { spec, owner } = kept.clone();
            let directory = PathBuf::from(&spec.dir);
            if let Some(first) = entries.get(&directory) {
                tracing::warn!(dir = spec.dir, source = spec.source(), "a directory is named twice; the first holds");
                if (first.origin, origin) == (Origin::Settings, Origin::Command) {
                    shadowed.push(kept);
                }
                continue;
            }
            let state = MountState::Waiting { reason: None };
            entries.insert(directory, Entry { spec, origin, state, owner, mount: None });
        }
        Ok(Arc::new_cyclic(|this| Self {
            files,
            principal,
            siblings: Arc::default(),
            file,
            file_of_mount8,
            hanging: Hanging::default(),
            tried: watch::channel(false).0,
            pretended,
            shadowed,
            entries: Mutex::new(entries),
            turn: tokio::sync::Mutex::new(false),
            this: this.clone(),
        }))
    }

    /// Makes what waits, at once and again every while, until the daemon ends.
    pub async fn run(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = self.mount_waiting() => {}
                // A mount that is just being made goes again when it is.
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
            self.tried.send_replace(true);
            tokio::select! {
                () = tokio::time::sleep(MOUNT_RETRY) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
    }

    /// Waits until [`MountManager::run`] has tried each mount once; not much longer where directories do not answer.
    pub async fn are_tried(&self) {
        let mut tried = self.tried.subscribe();
        // The sender is this.
        if tokio::time::timeout(MOUNTS_TRIED_TIMEOUT, tried.wait_for(|tried| *tried)).await.is_err() {
            tracing::warn!("some mounts are not there yet: a directory does not answer");
        }
    }

    /// Tries once to make every mount that waits.
    pub async fn mount_waiting(&self) {
        let all: Vec<PathBuf> = self.entries.lock().keys().cloned().collect();
        for directory in all {
            self.notice_what_went(&directory).await;
        }
        let waiting: Vec<_> = {
            let entries = self.entries.lock();
            let waiting = entries.iter().filter(|(_, entry)| entry.waits());
            waiting.map(|(dir, entry)| (dir.clone(), entry.spec.clone(), entry.origin, entry.owner)).collect()
        };
        for (directory, spec, origin, owner) in waiting {
            let ending = self.turn.lock().await;
            if *ending {
                return;
            }
            // A command may have been faster.
            let waits = |entry: &Entry| entry.waits() && entry.spec == spec;
            if !self.entries.lock().get(&directory).is_some_and(waits) {
                continue;
            }
            let outcome = self.start(&spec, origin, owner).await;
            let is_learnt = outcome.is_ok() && owner.is_none() && origin != Origin::Settings;
            {
                let mut entries = self.entries.lock();
                let Some(entry) = entries.get_mut(&directory).filter(|entry| entry.spec == spec) else { continue };
                match outcome {
                    Ok(started) => self.settle(entry, started),
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
            if is_learnt && let Err(error) = self.keep().await {
                tracing::warn!(%error, "whose bucket a mount shows could not be kept");
            }
        }
    }

    /// Mounts, and keeps the mount where it is to come back at each start. One that is there already, the same, is fine.
    pub async fn mount(&self, spec: MountSpec, keep: bool) -> Result<Listed, Refused> {
        let this = self.this.upgrade().ok_or(Refused::Ending)?;
        to_its_end(async move { this.mount_in_turn(spec, keep).await }).await
    }

    /// Takes a mount off its directory and forgets it, unless it is of the settings.
    pub async fn unmount(&self, dir: &str, lazy: bool) -> Result<(), Refused> {
        let (this, dir) = (self.this.upgrade().ok_or(Refused::Ending)?, dir.to_owned());
        to_its_end(async move { this.unmount_in_turn(&dir, lazy).await }).await
    }

    async fn mount_in_turn(&self, spec: MountSpec, keep: bool) -> Result<Listed, Refused> {
        spec.check().map_err(Refused::Invalid)?;
        let directory = PathBuf::from(&spec.dir);
        let ending = self.turn.lock().await;
        if *ending {
            return Err(Refused::Ending);
        }
        self.notice_what_went(&directory).await;
        let (origin, is_there) = {
            let entries = self.entries.lock();
            let asked = if keep { Origin::Command } else { Origin::Mount8 };
            match entries.get(&directory) {
                Some(entry) if !entry.spec.is_same(&spec) && entry.is_firm() => {
                    return Err(Refused::Taken { dir: spec.dir.clone(), shown: entry.spec.shown() });
                }
                // Made now, where it is not, as the settings have it; or kept already. Who asks for it by mount(8) gets it.
                Some(entry) if entry.origin == Origin::Settings || !keep && entry.spec.is_same(&spec) => {
                    (entry.origin, entry.state == MountState::Mounted)
                }
                Some(entry) => (asked, entry.state == MountState::Mounted),
                None if entries.len() >= MOUNTS_MAX => return Err(Refused::TooMany),
                None => (asked, false),
            }
        };
        // Who asks for it means the bucket as it is now.
        let started = if is_there { None } else { Some(self.start(&spec, origin, None).await?) };
        let listed = {
            let mut entries = self.entries.lock();
            let state = MountState::Waiting { reason: None };
            let new = Entry { spec: spec.clone(), origin, state, owner: None, mount: None };
            let entry = entries.entry(directory).or_insert(new);
            (entry.spec, entry.origin) = (spec, origin);
            if let Some(started) = started {
                self.settle(entry, started);
            }
            entry.listed()
        };
        self.keep().await?;
        Ok(listed)
    }

    async fn unmount_in_turn(&self, dir: &str, lazy: bool) -> Result<(), Refused> {
        let _ending = self.turn.lock().await;
        let found = {
            let entries = self.entries.lock();
            // By its name in the settings, which may lead through links, or by where it is.
            let is_at = |entry: &Entry| entry.mount.as_ref().is_some_and(|mount| mount.is_at(Path::new(dir)));
            let named = entries.get_key_value(Path::new(dir));
            let found = named.or_else(|| entries.iter().find(|(_, entry)| is_at(entry)));
            found.map(|(name, entry)| (name.clone(), entry.mount.clone()))
        };
        let Some((directory, mount)) = found else {
            let recovered = self.recover(Path::new(dir)).await?;
            return if recovered { Ok(()) } else { Err(Refused::Absent(dir.to_owned())) };
        };
        if let Some(mount) = mount {
            take_off(&mount, lazy).await?;
            // What is still open in a mount taken off lazily goes on; the directory is free at once.
            if !lazy && tokio::time::timeout(MOUNT_END_TIMEOUT, mount.wait()).await.is_err() {
                tracing::warn!(dir, "unmounted, and its session has not ended yet");
            }
        } else {
            self.recover_if_any(&directory).await?;
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

    /// Takes off what a daemon that was killed left on a directory: whether there was something.
    async fn recover(&self, directory: &Path) -> Result<bool, Refused> {
        let recovered = self.hanging.wait(directory, MOUNT_END_TIMEOUT, {
            let directory = directory.to_owned();
            move || trefoil_fuse::recover(&directory)
        });
        Ok(recovered.await??)
    }

    /// The same for a mount that is not there, and that can be forgotten wherever nothing was left: also where there is no directory, or
    /// none that answers, for what a daemon left does.
    async fn recover_if_any(&self, directory: &Path) -> Result<(), Refused> {
        match self.recover(directory).await {
            Ok(_) | Err(Refused::Hangs(_)) => Ok(()),
            Err(Refused::Mount(MountError::NoDirectory(_) | MountError::NotADirectory(_))) => Ok(()),
            Err(error) => Err(error),
        }
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

    /// Makes a mount wait where its directory of the bucket is gone, or another is there by now.
    async fn notice_what_went(&self, directory: &Path) {
        let mounted = {
            let entries = self.entries.lock();
            let entry = entries.get(directory).filter(|entry| entry.state == MountState::Mounted);
            entry.and_then(|entry| entry.mount.clone().map(|mount| (entry.spec.clone(), mount)))
        };
        let Some((spec, mount)) = mounted else { return };
        let went = match self.view(&spec).await {
            Ok((view, _)) => !mount.shows(&view),
            Err(Refused::NoPrefix(_) | Refused::Store(Error::NoSuchBucket(_))) => true,
            // What can't be told changes nothing.
            Err(_) => false,
        };
        let mut entries = self.entries.lock();
        if let Some(entry) = entries.get_mut(directory).filter(|entry| went && entry.is_of(&mount)) {
            entry.state = MountState::Waiting { reason: None };
        }
    }

    /// Takes off a mount that shows what went, for another is to be made on its directory.
    async fn take_off_what_went(&self, directory: &Path) -> Result<(), Refused> {
        // Taken out first: its end is no news then.
        let went = self.entries.lock().get_mut(directory).and_then(|entry| entry.mount.take());
        let Some(mount) = went else { return Ok(()) };
        let off = take_off(&mount, true).await;
        if off.is_err()
            && let Some(entry) = self.entries.lock().get_mut(directory)
        {
            entry.mount = Some(mount);
        }
        off
    }

    async fn view(&self, spec: &MountSpec) -> Result<(View, MountOptions), Refused> {
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
        Ok((view, options))
    }

    /// Makes a mount, of which there is none but one that shows what went; of a bucket of `owner`, where one is named.
    async fn start(&self, spec: &MountSpec, origin: Origin, owner: Option<AccountId>) -> Result<Started, Refused> {
        let (view, options) = self.view(spec).await?;
        if owner.is_some_and(|owner| owner != view.bucket_owner) {
            return Err(Refused::AnothersBucket(spec.source(), spec.dir.clone()));
        }
        let owner = view.bucket_owner;
        self.take_off_what_went(Path::new(&spec.dir)).await?;
        let parts = Parts {
            files: self.files.clone(),
            view,
            options,
            source: spec.source(),
            directory: PathBuf::from(&spec.dir),
            // Commands resolve them once, before they ask.
            through_links: origin == Origin::Settings,
            runtime: tokio::runtime::Handle::current(),
            siblings: Arc::clone(&self.siblings),
            pretended: self.pretended,
        };
        let directory = PathBuf::from(&spec.dir);
        // What becomes a mount after that is dropped, which takes it off.
        let started = self.hanging.wait(&directory, MOUNT_START_TIMEOUT, move || Mount::start(parts)).await?;
        Ok(Started { mount: Arc::new(started?), owner })
    }

    /// The mount is there; somebody watches for its end.
    fn settle(&self, entry: &mut Entry, Started { mount, owner }: Started) {
        tracing::info!(dir = entry.spec.dir, source = entry.spec.source(), options = entry.spec.options, "mounted");
        (entry.state, entry.mount, entry.owner) = (MountState::Mounted, Some(Arc::clone(&mount)), Some(owner));
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
        if !entry.is_of(mount) {
            return;
        }
        entry.mount = None;
        match ended {
            // umount(8) is the end of what mount(8) began.
            Ok(()) if entry.origin == Origin::Mount8 => drop(entries.remove(directory)),
            Ok(()) => entry.state = MountState::Unmounted,
            Err(reason) => entry.state = MountState::Waiting { reason: Some(reason) },
        }
    }

    async fn keep(&self) -> Result<(), Refused> {
        let of = |origin| -> Vec<Kept> {
            let entries = self.entries.lock();
            let of_it = entries.values().filter(|entry| entry.origin == origin);
            of_it.map(|entry| Kept { spec: entry.spec.clone(), owner: entry.owner }).collect()
        };
        let (mut kept, of_mount8) = (of(Origin::Command), of(Origin::Mount8));
        kept.extend_from_slice(&self.shadowed);
        let (file, file_of_mount8) = (self.file.clone(), self.file_of_mount8.clone());
        let written = blocking(move || {
            if !of_mount8.is_empty() || file_of_mount8.exists() {
                file::write(&file_of_mount8, &of_mount8)?;
            }
            file::write(&file, &kept)
        });
        written.await?.map_err(Refused::Kept)
    }
}

impl Entry {
    /// Whether another mount of its directory has to be refused: it is there, or will be, as the settings have it or as it is kept.
    fn is_firm(&self) -> bool {
        self.state == MountState::Mounted || self.origin != Origin::Mount8
    }

    fn waits(&self) -> bool {
        matches!(self.state, MountState::Waiting { .. })
    }

    fn is_of(&self, mount: &Arc<Mount>) -> bool {
        self.mount.as_ref().is_some_and(|present| Arc::ptr_eq(present, mount))
    }

    fn listed(&self) -> Listed {
        Listed { spec: self.spec.clone(), origin: self.origin, state: self.state.clone() }
    }
}

async fn take_off(mount: &Arc<Mount>, lazy: bool) -> Result<(), Refused> {
    let off = blocking({
        let mount = Arc::clone(mount);
        move || mount.unmount(lazy)
    });
    let late = || Refused::Late(mount.directory().display().to_string());
    Ok(tokio::time::timeout(MOUNT_END_TIMEOUT, off).await.map_err(|_| late())???)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Refused::Store(Error::Internal(error.to_string())))
}
