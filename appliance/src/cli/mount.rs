//! `trefoil mount`, `umount`, `mounts`: buckets as directories of this machine.
//!
//! Always holds: the daemon mounts, and the command only asks it to; so a mount is in the daemon's mount namespace. A relative
//! directory is one of where the command runs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::remote::{Remote, RemoteArgs, block_on};
use super::table::{Align, Table};
use super::{Failure, print, print_json};
use crate::admin::api::{MountView, Mounts, NewMount, Unmount};
use crate::mounts::{MountSpec, MountState, Origin};

#[derive(Debug, Args)]
pub struct MountArgs {
    /// What to mount: a bucket, or a directory of one
    #[arg(value_name = "BUCKET[/PREFIX]")]
    source: String,
    /// Where: a directory that exists
    dir: PathBuf,
    /// Options, separated by commas: ro, noatime, relatime or strictatime, durability=posix|strict, sync, dirsync, uid=N, gid=N, umask=NNN,
    /// fmask=NNN, dmask=NNN, suid, dev, noexec, noallow_other
    #[arg(short, long, value_name = "OPTIONS")]
    options: Vec<String>,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct UmountArgs {
    /// The directory
    dir: PathBuf,
    /// Free the directory at once, also where a program is in it; the program keeps what it has open
    #[arg(short, long)]
    lazy: bool,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct MountsArgs {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn mount(args: &MountArgs) -> Result<ExitCode, Failure> {
    let mounted = ask(&args.remote, spec(&args.source, &args.dir, &args.options.join(","))?, true)?;
    if args.json {
        print_json(&mounted)?;
    }
    Ok(ExitCode::SUCCESS)
}

pub fn umount(args: &UmountArgs) -> Result<ExitCode, Failure> {
    let remote = Remote::new(&args.remote)?;
    let unmount = Unmount { dir: absolute(&args.dir)?, lazy: args.lazy };
    let _: Mounts = block_on(async { Ok(remote.post("/api/v1/mounts/unmount", &unmount).await?) })?;
    if args.json {
        print_json(&serde_json::json!({ "unmounted": unmount.dir }))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub fn mounts(args: &MountsArgs) -> Result<ExitCode, Failure> {
    let remote = Remote::new(&args.remote)?;
    let mounts: Mounts = block_on(async { Ok(remote.get("/api/v1/mounts").await?) })?;
    if args.json {
        print_json(&mounts)?;
    } else {
        print(table(&mounts.mounts))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is to be asked for, if it can be.
pub fn spec(source: &str, dir: &Path, options: &str) -> Result<MountSpec, Failure> {
    let spec = MountSpec::new(source, &absolute(dir)?, options);
    spec.check().map_err(Failure)?;
    Ok(spec)
}

/// Asks the daemon for a mount, which comes back at each of its starts where it is to be kept.
pub fn ask(remote: &RemoteArgs, spec: MountSpec, keep: bool) -> Result<MountView, Failure> {
    let MountSpec { bucket, prefix, dir, options } = spec;
    let remote = Remote::new(remote)?;
    let new = NewMount { bucket, prefix, dir, options, keep };
    block_on(async { Ok(remote.post("/api/v1/mounts", &new).await?) })
}

/// The directory as the daemon knows it: absolute, without a slash at its end, and with links resolved where it can be looked at (a
/// mount without a daemon can't).
fn absolute(dir: &Path) -> Result<String, Failure> {
    let named = |error: std::io::Error| Failure(format!("{}: {error}", dir.display()));
    let whole = std::path::absolute(dir).map_err(named)?;
    // Also where a mount lies there that answers nobody.
    let whole = trefoil_fuse::resolve(&whole).unwrap_or(whole);
    match whole.to_str() {
        Some(text) if text.len() > 1 => Ok(text.trim_end_matches('/').to_owned()),
        Some(text) => Ok(text.to_owned()),
        None => Err(Failure(format!("{} is not UTF-8; name another directory", dir.display()))),
    }
}

fn table(mounts: &[MountView]) -> Table {
    let columns = ["DIRECTORY", "SHOWS", "STATE", "FROM", "OPTIONS", "REASON"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for MountView { spec, origin, state } in mounts {
        let (state, reason) = match state {
            MountState::Mounted => ("mounted", ""),
            MountState::Unmounted => ("unmounted", "taken off by other means than `trefoil umount`"),
            MountState::Waiting { reason } => ("waiting", reason.as_deref().unwrap_or("not tried yet")),
        };
        let origin = match origin {
            Origin::Settings => "settings",
            Origin::Command => "command",
            Origin::Mount8 => "mount(8)",
        };
        let source = spec.source();
        let cells: [&str; 6] = [&spec.dir, &source, state, origin, &spec.options, reason];
        table.row(cells.map(str::to_owned));
    }
    table
}
