//! Opening a store: for the daemon, and for commands on a store that no daemon runs on.
//!
//! Always holds: the index is opened first, for its lock is the directory's; then this process gets its epoch, and only then the
//! blobs are opened under it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use trefoil_core::access::{Accounts, Secret};
use trefoil_core::clock::{Clock, SystemClock};
use trefoil_core::data::Location;
use trefoil_core::data::files::{FilesOptions, FilesStore};
use trefoil_core::data::metered::Metered;
use trefoil_core::kernel::Kernel;
use trefoil_core::metadata::MetadataStore;
use trefoil_core::metadata::rocksdb::{Options, RocksDb};
use trefoil_core::metadata::watched::{Coherence, Watched};
use trefoil_core::objects::{ObjectService, Parts};
use trefoil_core::random::{Random, SystemRandom};
use trefoil_core::work::check::{self, Progress};
use trefoil_core::work::start;

use crate::check::{CheckReport, ProgressView};
use crate::credentials::{self, Origin, RootCredentials};
use crate::data_dir::DataDir;
use crate::settings::Settings;

/// The name of the location that every store has.
pub const LOCATION: &str = "files";
/// How often a check of a stopped store shows how far it is.
const SHOW: Duration = Duration::from_millis(200);

/// What to do about the root credentials.
pub enum Root {
    /// Take these, or those of the directory, or make and keep new ones.
    Keep(Option<(String, Secret)>),
    /// Nobody will sign anything.
    None,
}

/// An open store.
pub struct Opened {
    pub dir: DataDir,
    /// Whether the daemon before did not end in order.
    pub crashed: bool,
    pub index: Arc<RocksDb>,
    pub blobs: Arc<FilesStore>,
    /// The same, counted: what the service works with.
    pub metered: Arc<Metered>,
    pub credentials: RootCredentials,
    pub accounts: Arc<Accounts>,
    pub service: ObjectService,
    /// Who is told of the service's changes.
    pub coherence: Arc<Coherence>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

impl Opened {
    pub fn location(&self) -> Location {
        location(&self.metered)
    }
}

fn location(blobs: &Arc<Metered>) -> Location {
    Location { name: LOCATION.into(), store: Arc::clone(blobs) as _, inline: true }
}

pub async fn open(settings: &Settings, root: Root) -> Result<Opened, String> {
    let path = &settings.store.data_dir;
    let dir = DataDir::create(path).map_err(|error| {
        format!(
            "{}: {error}; choose another directory with --data-dir, or give this user the right to it",
            path.display()
        )
    })?;
    let kernel = Kernel::detect().map_err(|error| error.to_string())?;
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(SystemRandom));

    let cache_bytes = usize::try_from(settings.store.block_cache_bytes).map_err(|error| error.to_string())?;
    let options = Options { cache_bytes, ..Options::default() };
    let at = dir.index();
    let index = blocking(move || RocksDb::open(&at, &options)).await?.map_err(|error| error.to_string())?;
    let (metadata, coherence) = Watched::new(Arc::clone(&index) as _);
    let metadata: Arc<dyn MetadataStore> = metadata;
    // The lock is ours from here on, so a run file is one of a daemon that has ended.
    let crashed = dir.run_file().exists();
    start::check_format(&*metadata).await.map_err(|error| error.to_string())?;
    let epoch = start::take_epoch(&*metadata).await.map_err(|error| error.to_string())?;

    let at = dir.blobs();
    let options = FilesOptions::new(epoch, Arc::clone(&random), kernel);
    std::fs::create_dir_all(&at).map_err(|error| format!("{}: {error}", at.display()))?;
    let blobs = blocking(move || FilesStore::open(&at, options)).await?.map_err(|error| error.to_string())?;
    let metered = Metered::new(Arc::clone(&blobs) as _, Arc::clone(&clock));

    let credentials = match root {
        Root::Keep(environment) => {
            credentials::load(dir.root(), environment, &*random).map_err(|error| error.to_string())?
        }
        Root::None => {
            let secret = Secret::new(format!("{:016x}{:016x}", random.next_u64(), random.next_u64()));
            RootCredentials { access_key_id: "NOBODY".into(), secret, origin: Origin::Environment, warning: None }
        }
    };
    if let Some(warning) = &credentials.warning {
        tracing::warn!("{warning}");
    }
    let key = (credentials.access_key_id.clone(), credentials.secret.clone());
    let accounts = Accounts::load(Arc::clone(&metadata), Arc::clone(&clock), Arc::clone(&random), key).await;
    let accounts = Arc::new(accounts.map_err(|error| error.to_string())?);
    let service = ObjectService::new(Parts {
        metadata,
        locations: HashMap::from([(LOCATION.to_owned(), location(&metered))]),
        default_location: LOCATION.into(),
        accounts: Arc::clone(&accounts),
        clock: Arc::clone(&clock),
        random: Arc::clone(&random),
        region: settings.s3.region.clone(),
    });
    Ok(Opened { dir, crashed, index, blobs, metered, credentials, accounts, service, coherence, clock, random })
}

/// Checks a store that no daemon runs on. Opening it does what a start does: it takes an epoch, and clears away what never became a
/// blob; no object changes. `show` hears how far the check is.
pub fn check_stopped(settings: &Settings, repair: bool, show: impl Fn(ProgressView)) -> Result<CheckReport, String> {
    let path = &settings.store.data_dir;
    if !DataDir::new(path).index().exists() {
        return Err(format!("there is no store in {}; name its directory with --data-dir", path.display()));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(async {
        let store = open(settings, Root::None).await?;
        let progress = Progress::default();
        let report = {
            let mut work = std::pin::pin!(check::check(&store.service, repair, &progress));
            loop {
                tokio::select! {
                    report = &mut work => break report,
                    () = tokio::time::sleep(SHOW) => show((&progress).into()),
                }
            }
        };
        store.index.close().await.map_err(|error| format!("the index could not be closed: {error}"))?;
        report.map(CheckReport::from).map_err(|error| format!("the check failed: {error}"))
    })
}

/// Lets the process open as many files as it may: connections and blobs take a descriptor each.
pub fn raise_file_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
    {
        tracing::warn!(%error, soft, hard, "the limit of open files stays as it is");
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
}
