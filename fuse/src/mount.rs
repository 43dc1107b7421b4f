//! A mount, from mount(2) to its end.
//!
//! Always holds: a mount that was started is told to its owner when it ends, whoever ended it (`umount` by hand, too), once. What was locked
//! through it goes with it. Dropping it takes the directory out of the tree.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fuser::{Config, Session, SessionACL};
use tokio::runtime::Handle;
use tokio::sync::watch;
use trefoil_core::files::{FileService, View, WatchGuard};

use crate::device::{self, MountError};
use crate::door::Door;
use crate::filesystem::TrefoilFilesystem;
use crate::freshness::Freshness;
use crate::handles::Handles;
use crate::known::KnownNodes;
use crate::limits::SESSION_THREADS;
use crate::lockers::Lockers;
use crate::mountinfo::MountPoint;
use crate::operations::directory::Fits;
use crate::operations::locks::Undecided;
use crate::options::MountOptions;
use crate::reopening::Reopening;
use crate::shapes::Inodes;
use crate::siblings::{Member, Siblings};
use crate::submounts::Submounts;
use crate::watcher::MountWatcher;

/// What a mount is made of.
pub struct Parts {
    pub files: FileService,
    pub view: View,
    pub options: MountOptions,
    /// What `df` shows as the file system: the bucket, and the prefix behind a slash.
    pub source: String,
    pub directory: PathBuf,
    /// Whether it may lead there by links. Who owns a directory above a mount that is kept could let it lead anywhere.
    pub through_links: bool,
    /// Where requests that wait are carried out.
    pub runtime: Handle,
    /// The other mounts of this process.
    pub siblings: Arc<Siblings>,
    /// The version of an older kernel that this one is to be treated as (`TREFOIL_PRETEND_KERNEL`).
    pub pretended: Option<(u32, u32)>,
}

/// How a mount ended: `Err` says what went wrong with its session.
pub type Ended = Result<(), String>;

/// A directory that shows a view.
#[derive(Debug)]
pub struct Mount {
    directory: PathBuf,
    mounted: MountPoint,
    /// The bucket and the directory of it that are shown.
    shown: (u64, u64),
    /// It was taken off by this process: whatever has its number and its directory after that is another.
    taken_off: Arc<AtomicBool>,
    ended: watch::Receiver<Option<Ended>>,
}

impl Mount {
    /// Mounts. Blocks for as long as the kernel takes: to be called on a thread that may wait, inside the runtime.
    pub fn start(parts: Parts) -> Result<Self, MountError> {
        let Parts { files, mut view, options, source, directory, through_links, runtime, siblings, pretended } = parts;
        let (named, directory) = (directory.clone(), device::resolve(&directory)?);
        if !through_links && named != directory {
            let (named, directory) = (named.display().to_string(), directory.display().to_string());
            return Err(MountError::LeadsElsewhere(named, directory));
        }
        device::prepare(&directory)?;

        let shown = (view.bucket_id, view.root);
        let (fresh, inodes) = (Arc::new(Freshness::new()), Inodes::new(view.root));
        let watcher = Arc::new(MountWatcher::new(Arc::clone(&fresh)));
        let member = Member { fresh: Arc::clone(&fresh), watcher: Arc::clone(&watcher), root: view.root };
        let membership = siblings.join(view.bucket_id, member);
        for other in membership.others() {
            runtime.block_on(other.forget(&files, &view));
        }
        let watch = runtime.block_on(files.watch(Arc::clone(&watcher) as _));
        view.watcher = Some(watch.id());
        let (end_waits, waits_ended) = watch::channel(false);
        let door = Door {
            files: files.clone(),
            view: view.clone(),
            inodes,
            fresh,
            handles: Handles::default(),
            known: KnownNodes::new(),
            fits: Fits::default(),
            lock_door: watch.id(),
            lockers: Lockers::default(),
            undecided: Undecided::default(),
            reopening: Reopening::default(),
            membership,
            ended: waits_ended,
        };
        let door = Arc::new(door);
        let filesystem =
            TrefoilFilesystem { door, runtime: runtime.clone(), pretended, lists: false, flocks: false, strips: false };
        let mut config = Config::default();
        // Who may come in is the kernel's to say (`allow_other` of mount(2)). Whoever has opened a file and is somebody else since goes on with it.
        config.acl = SessionACL::All;
        config.n_threads = Some(SESSION_THREADS);

        let (device, mounted) = device::attach(&directory, &source, &options)?;
        let failed = |what: &str, error: std::io::Error| {
            if let Err(error) = device::detach(&mounted, true) {
                tracing::warn!(%error, "what could not be served stays mounted");
            }
            MountError::other(format!("{what} {}", directory.display()), error)
        };
        // Takes the kernel's first request, which tells what it can do.
        let session = Session::from_fd(filesystem, device, config.acl, config.clone())
            .map_err(|error| failed("the kernel does not speak with", error))?;
        let submounts = Submounts::new(&mounted, files.clone(), view, runtime);
        watcher.start(inodes, session.notifier(), submounts).map_err(|error| failed("no thread for", error))?;
        device::read_ahead(&mounted);

        let (tell, ended) = watch::channel(None);
        let place = (directory.clone(), mounted.clone());
        let taken_off = Arc::new(AtomicBool::new(false));
        let kept = Kept { files, watcher, watch, taken_off: Arc::clone(&taken_off) };
        std::thread::Builder::new()
            .name("fuse-session".into())
            .spawn(move || serve(session, &place, kept, &end_waits, &tell))
            .map_err(|error| failed("no thread for", error))?;
        Ok(Self { directory, mounted, shown, taken_off, ended })
    }

    /// Whether it shows what the view does; not what had the same name once.
    pub fn shows(&self, view: &View) -> bool {
        self.shown == (view.bucket_id, view.root)
    }

    /// The directory that it was made on, with links resolved.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether the path is that directory, or the one that it is on now, where a directory above was moved.
    pub fn is_at(&self, path: &Path) -> bool {
        self.directory == path || device::place(&self.mounted).is_ok_and(|place| place.as_deref() == Some(path))
    }

    /// How it ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.ended.borrow().clone()
    }

    /// Waits until it has ended.
    pub async fn wait(&self) -> Ended {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(ended) => ended.clone().unwrap_or(Ok(())),
            Err(_) => Err("its session broke off".into()),
        }
    }

    /// Takes it off the directory: `Busy` where a program is in it, unless `lazy`: then the directory is free at once, and the programs
    /// keep what they have open. `Covered` where it can't be reached. What was written through mappings is with the store before. Blocks.
    pub fn unmount(&self, lazy: bool) -> Result<(), MountError> {
        if self.ended().is_some() || self.taken_off.load(Ordering::Acquire) {
            return Ok(());
        }
        let Some(directory) = device::place(&self.mounted)? else { return Ok(()) };
        if let Err(error) = device::write_back(&directory) {
            tracing::warn!(directory = %directory.display(), %error, "mapped files could not be written back");
        }
        device::detach(&self.mounted, lazy)?;
        self.taken_off.store(true, Ordering::Release);
        Ok(())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.ended().is_none()
            && !self.taken_off.swap(true, Ordering::AcqRel)
            && let Err(error) = device::detach(&self.mounted, true)
        {
            tracing::warn!(directory = %self.directory.display(), %error, "a mount could not be taken off");
        }
    }
}

/// What must live as long as the session: it hears of changes.
struct Kept {
    files: FileService,
    watcher: Arc<MountWatcher>,
    watch: WatchGuard,
    taken_off: Arc<AtomicBool>,
}

fn serve(
    session: Session<TrefoilFilesystem>,
    (directory, mounted): &(PathBuf, MountPoint),
    kept: Kept,
    end_waits: &watch::Sender<bool>,
    tell: &watch::Sender<Option<Ended>>,
) {
    let mut ended = session.run().map_err(|error| error.to_string());
    // A session that ended by itself, or whose connection was cut, leaves a directory that answers nobody. After an end in order, another
    // mount may have its number already.
    let place = match kept.taken_off.load(Ordering::Acquire) {
        true => None,
        false => device::place(mounted).unwrap_or(None),
    };
    if place.is_some_and(|place| ended.is_err() || place == *directory) {
        ended = ended.and_then(|()| Err("the kernel's connection was cut".into()));
        if let Err(error) = device::detach(mounted, true) {
            tracing::warn!(directory = %directory.display(), %error, "a mount that answers nobody could not be taken off");
        }
    }
    match &ended {
        Ok(()) => tracing::info!(directory = %directory.display(), "unmounted"),
        Err(error) => tracing::error!(directory = %directory.display(), error, "a mount's session ended badly"),
    }
    end_waits.send_replace(true);
    let Kept { files, watcher, watch, .. } = kept;
    // Nobody closes what a cut connection left locked.
    files.unlock_door(watch.id());
    drop((watcher, watch));
    tell.send_replace(Some(ended));
}
