//! The daemon: what it is made of, in the order in which it comes to life and ends.
//!
//! Always holds: addresses are taken before anything is made, so that one that is in use leaves no trace; the ready line is printed
//! after everything serves; the directory's lock is held from before the first read of it to after the last write. SIGTERM or SIGINT
//! drains: no new connections, requests under way are answered while health says "not ready", then the index is closed; a second
//! signal ends the process at once, which loses nothing that was acknowledged. An index that has stopped (a failed sync, T9) ends the
//! process with an error, so that whoever supervises it starts it anew.

mod background;
mod nfs;
mod notify;
mod open;
mod signals;
mod welcome;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use trefoil_core::files::FileService;
use trefoil_core::kernel::Kernel;
use trefoil_core::objects::ObjectService;
use trefoil_core::types::Principal;
use trefoil_nfs::{NfsAddress, NfsServer};
use trefoil_s3::operations::Operations;
use trefoil_s3::{S3Address, S3Config, S3Server};

pub use self::open::check_stopped;
use self::open::{Opened, open};
use crate::admin::{self, Admin, Front, Listener, RootVerifier, api};
use crate::data_dir::{DataDir, Running};
use crate::limits::END_TIMEOUT;
use crate::mounts::MountManager;
use crate::settings::{Loaded, Settings};
use crate::{credentials, logging, metrics};

/// Runs the daemon until it is told to end. An error says what kept it from running, or what stopped it.
pub fn serve(loaded: &Loaded) -> Result<(), String> {
    logging::start(&loaded.settings.log)?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    if let Some(file) = &loaded.file {
        tracing::info!(file = %file.display(), "settings read");
    }
    open::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("trefoil")
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let ended = runtime.block_on(run(&loaded.settings));
    // What still reads or writes a disk has had its time; nothing that was acknowledged waits for it.
    runtime.shutdown_timeout(END_TIMEOUT);
    ended
}

async fn run(settings: &Settings) -> Result<(), String> {
    // Signals are caught from the beginning, so that one during a long recovery is not lost.
    let signals = signals::Signals::catch()?;
    let root = credentials::from_environment().map_err(|error| error.to_string())?;

    // The addresses. Probes are answered from here on: alive, and not ready.
    let s3 = S3Address::bind(s3_config(settings)).map_err(|error| taken(settings, error, "--s3-listen"))?;
    let nfs = settings.nfs.listen.map(NfsAddress::bind).transpose();
    let nfs = nfs.map_err(|error| taken(settings, error, "--nfs-listen"))?;
    let listen = settings.admin.listen;
    let address = TcpListener::bind(listen)
        .await
        .map_err(|error| taken(settings, format!("can't listen on {listen}: {error}"), "--admin-listen"))?;
    let admin_address = address.local_addr().map_err(|error| error.to_string())?;
    let front = Arc::new(Front::new());
    let (stop_admin, admin_stopped) = watch::channel(false);
    let address = tokio::spawn(admin::serve(Arc::clone(&front), Listener::Address(address), admin_stopped.clone()));

    // The store: directory, index, epoch, blobs, accounts, service.
    let store = open(settings, open::Root::Keep(root)).await?;
    let Opened { dir, index, blobs, credentials, accounts, service, clock, .. } = &store;

    // The doors.
    let s3 = S3Server::listen(s3, s3_parts(&store, &settings.s3.region))
        .map_err(|error| taken(settings, error, "--s3-listen"))?;
    let files = FileService::new(service.clone(), Arc::clone(&store.coherence));
    let released = files.recover().await.map_err(|error| format!("files without a name: {error}"))?;
    if released > 0 {
        tracing::info!(released, "files that were open when the daemon before ended, and have no name, were let go of");
    }
    let root_account = Principal::Account(accounts.root());
    let pretended = Kernel::pretended().map_err(|error| error.to_string())?;
    let mounts = MountManager::open(dir.root(), &settings.mounts, files.clone(), root_account.clone(), pretended)?;
    let (nfs, exports) = nfs::open(&store, settings, nfs, files.clone(), root_account)?;
    let socket_path = dir.admin_socket();
    let socket = admin::bind_socket(&socket_path).map_err(|error| {
        format!(
            "{}: {error}; choose a data directory with a shorter path, or one that is writable",
            socket_path.display()
        )
    })?;
    let running = Running {
        pid: std::process::id(),
        s3: s3.local_addr(),
        admin: admin_address,
        nfs: nfs.as_ref().map(NfsServer::local_addr),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let mut sources = vec![
        metrics::s3(s3.metrics()),
        metrics::index(Arc::clone(index)),
        metrics::content(),
        metrics::work(),
        metrics::data_store(open::LOCATION, Arc::clone(&store.metered)),
        metrics::files(open::LOCATION, Arc::clone(blobs)),
        metrics::location(vec![store.location()]),
    ];
    sources.extend(nfs.as_ref().map(|nfs| metrics::nfs(nfs.metrics())));
    let verifier = Box::new(RootVerifier::new(Arc::clone(accounts), Arc::clone(clock)));
    let (stop, stopped) = watch::channel(false);
    let admin = Admin::new(service.clone(), verifier, sources, info(&running, &store), stopped.clone());
    front.open(admin.with_mounts(Arc::clone(&mounts)).with_exports(exports));
    // A crash from here on is known by this file.
    dir.write_running(&running).map_err(|error| format!("{}: {error}", dir.run_file().display()))?;

    // Everything runs.
    let file_work = files.clone();
    let (stop_files, files_stopped) = watch::channel(false);
    let file_work = tokio::spawn(async move { file_work.run_background(wait_for(files_stopped)).await });
    let background = background::start(service.clone(), store.crashed, stopped.clone());
    let mounting = tokio::spawn(Arc::clone(&mounts).run(stopped.clone()));
    // Those that can be made are there with the ready line; the others are tried again.
    mounts.are_tried().await;
    let nfs = nfs.map(|nfs| tokio::spawn(nfs.serve(wait_for(stopped.clone()))));
    let s3 = tokio::spawn(s3.serve(wait_for(stopped)));
    let socket = tokio::spawn(admin::serve(Arc::clone(&front), Listener::Socket(socket), admin_stopped));
    front.set_ready(true);
    let root_secret_in = welcome::secret_in(dir, credentials);
    welcome::print(&running, dir, credentials, &settings.s3.region);
    print_ready(&running)?;
    notify::tell("READY=1");
    tracing::info!(
        s3 = %running.s3, admin = %running.admin, data_dir = %dir.root().display(),
        root_access_key_id = credentials.access_key_id, root_secret_in, "ready"
    );

    // Until a signal, or the index stops.
    tokio::select! {
        signal = signals.first() => tracing::info!(signal, "draining; a second signal ends at once"),
        reason = index.stopped() => return Err(format!("the index has stopped: {reason}; start the daemon again")),
    }
    signals.exit_on_the_next();
    front.set_ready(false);
    notify::tell("STOPPING=1");
    // Receivers are there until the tasks end, so this can't fail before it is needed.
    let _ = stop.send(true);
    ended(s3).await;
    ended(mounting).await;
    // The last requests of mounts are answered while the store is open.
    mounts.end().await;
    if let Some(nfs) = nfs {
        ended(nfs).await;
    }
    // What was written is published, now that nobody writes any more.
    let _ = stop_files.send(true);
    ended(file_work).await;
    if let Err(error) = files.settle().await {
        tracing::error!(%error, "what was written to files could not be stored");
    }
    let swept = background.await.unwrap_or(false);
    // Health and metrics have shown the drain; now they go too.
    let _ = stop_admin.send(true);
    ended(socket).await;
    ended(address).await;
    index.close().await.map_err(|error| format!("the index could not be closed: {error}"))?;
    let _ = std::fs::remove_file(&socket_path);
    if swept && service.is_settled() && !blobs.left_something() {
        // What a crash left is told from its run file, so that stays until the search for orphans was done: and so does what this
        // process could not clear away.
        dir.remove_running();
    }
    tracing::info!("ended");
    Ok(())
}

async fn ended(server: JoinHandle<()>) {
    if let Err(error) = server.await {
        tracing::error!(%error, "a server ended badly");
    }
}

/// Why an address can't be had, and what to do: most often a daemon of the same directory has it.
fn taken(settings: &Settings, error: impl std::fmt::Display, flag: &str) -> String {
    let dir = DataDir::new(&settings.store.data_dir);
    match std::os::unix::net::UnixStream::connect(dir.admin_socket()) {
        Ok(_) => format!("{error}; a daemon already runs on {}", dir.root().display()),
        Err(_) => format!("{error}; choose another address with {flag}, or stop what listens there"),
    }
}

fn s3_config(settings: &Settings) -> S3Config {
    S3Config {
        listen: settings.s3.listen,
        domains: settings.s3.domains.clone(),
        region: settings.s3.region.clone(),
        region_strict: settings.s3.region_strict,
        sigv2: settings.s3.sigv2,
        connections_max: usize::try_from(settings.s3.connections_max).unwrap_or(usize::MAX),
        head_timeout: Duration::from_secs(settings.s3.head_timeout_secs),
        body_timeout: Duration::from_secs(settings.s3.body_timeout_secs),
        body_rate_min: settings.s3.body_rate_min,
        body_grace: Duration::from_secs(settings.s3.body_grace_secs),
    }
}

fn s3_parts(store: &Opened, region: &str) -> trefoil_s3::Parts {
    let service: ObjectService = store.service.clone();
    trefoil_s3::Parts {
        operations: Arc::new(Operations::new(service.clone(), Arc::clone(&store.accounts), region.to_owned())),
        objects: Arc::new(service),
        credentials: Arc::clone(&store.accounts) as _,
        clock: Arc::clone(&store.clock),
        random: Arc::clone(&store.random),
    }
}

fn info(running: &Running, store: &Opened) -> api::Info {
    api::Info {
        version: running.version.clone(),
        pid: running.pid,
        s3: running.s3.to_string(),
        admin: running.admin.to_string(),
        nfs: running.nfs.map(|nfs| nfs.to_string()),
        data_dir: store.dir.root().display().to_string(),
        uptime_seconds: 0,
    }
}

/// The one line of standard output, for whoever waits for it.
fn print_ready(running: &Running) -> Result<(), String> {
    let mut stdout = std::io::stdout().lock();
    let nfs = running.nfs.map(|nfs| format!(" nfs={nfs}")).unwrap_or_default();
    writeln!(stdout, "ready s3={} admin={}{nfs}", running.s3, running.admin)
        .and_then(|()| stdout.flush())
        .map_err(|error| format!("standard output can't be written: {error}"))
}

async fn wait_for(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender has gone: then it is over, too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
