//! `trefoil export`: what the NFS door shows, and to whom.
//!
//! Always holds: what is printed to mount an export works as it stands, but for the directory.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::remote::{Remote, RemoteArgs, block_on};
use super::table::{Align, Table};
use super::{Failure, print, print_json};
use crate::admin::api::{Export, Exports};
use crate::exports::{ExportSpec, Origin};

#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Export a bucket, or a directory of one, by NFS
    Create(Box<CreateArgs>),
    /// List the exports
    List(ListArgs),
    /// End an export at once; clients that have it mounted get errors
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Name of the export: clients mount /NAME
    name: String,
    /// Bucket, or a directory of it
    #[arg(value_name = "BUCKET[/PREFIX]")]
    bucket: String,
    /// Let nobody write
    #[arg(long)]
    read_only: bool,
    /// Who may use it: addresses and networks with commas between them, or *. NFS knows clients by their address only [default:
    /// 127.0.0.0/8,::1]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    hosts: Vec<String>,
    /// Whose requests are carried out as nobody's: root (those of uid 0), all, none
    #[arg(long, value_name = "WHO", default_value = "root", value_parser = ["root", "all", "none"])]
    squash: String,
    /// User that squashed requests are carried out as [default: 65534]
    #[arg(long, value_name = "UID")]
    anonuid: Option<u32>,
    /// Group that squashed requests are carried out as [default: 65534]
    #[arg(long, value_name = "GID")]
    anongid: Option<u32>,
    /// Take requests only from ports below 1024, which on an honest client only root can use
    #[arg(long)]
    secure: bool,
    /// Owner of objects made by S3
    #[arg(long, value_name = "UID", default_value_t = 0)]
    uid: u32,
    /// Group of objects made by S3
    #[arg(long, value_name = "GID", default_value_t = 0)]
    gid: u32,
    /// Permissions that objects made by S3 do not have, in octal
    #[arg(long, value_name = "MASK", default_value = "022")]
    umask: String,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Name of the export
    name: String,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(command: &ExportCommand) -> Result<ExitCode, Failure> {
    match command {
        ExportCommand::Create(args) => {
            let remote = Remote::new(&args.remote)?;
            let made: Exports = block_on(async { Ok(remote.post("/api/v1/exports", &spec(args)).await?) })?;
            if args.json {
                print_json(&made)?;
            } else {
                print(table(&made))?;
                eprintln!("next: {}", next(&made, &args.name));
            }
        }
        ExportCommand::List(args) => {
            let remote = Remote::new(&args.remote)?;
            let exports: Exports = block_on(async { Ok(remote.get("/api/v1/exports").await?) })?;
            if args.json {
                print_json(&exports)?;
            } else {
                print(table(&exports))?;
                if exports.address.is_none() && !exports.exports.is_empty() {
                    eprintln!("{NOT_LISTENING}");
                }
            }
        }
        ExportCommand::Delete(args) => {
            let remote = Remote::new(&args.remote)?;
            let path = format!("/api/v1/exports/{}", segment(&args.name)?);
            block_on(async { Ok(remote.delete(&path).await?) })?;
            if args.json {
                print_json(&serde_json::json!({ "deleted": args.name }))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

const NOT_LISTENING: &str =
    "the NFS door does not listen; give `trefoil serve` --nfs-listen 127.0.0.1:2049, or set [nfs] listen";

fn spec(args: &CreateArgs) -> ExportSpec {
    let defaults = ExportSpec::default();
    ExportSpec {
        name: args.name.clone(),
        bucket: args.bucket.clone(),
        read_only: args.read_only,
        hosts: if args.hosts.is_empty() { defaults.hosts } else { args.hosts.clone() },
        squash: args.squash.clone(),
        anonuid: args.anonuid.unwrap_or(defaults.anonuid),
        anongid: args.anongid.unwrap_or(defaults.anongid),
        secure: args.secure,
        uid: args.uid,
        gid: args.gid,
        umask: args.umask.clone(),
    }
}

/// How to mount what was made.
fn next(made: &Exports, name: &str) -> String {
    let Some(address) = made.address.as_ref().and_then(|address| address.parse::<std::net::SocketAddr>().ok()) else {
        return NOT_LISTENING.to_owned();
    };
    let (host, port) = (address.ip(), address.port());
    let host = match host {
        _ if host.is_unspecified() => "HOST".to_owned(),
        std::net::IpAddr::V4(host) => host.to_string(),
        std::net::IpAddr::V6(host) => format!("[{host}]"),
    };
    format!("mount -t nfs -o vers=3,proto=tcp,mountproto=tcp,port={port},mountport={port},nolock {host}:/{name} DIR")
}

/// The name as a path's segment, where it can be one at all.
fn segment(name: &str) -> Result<&str, Failure> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(Failure(format!("{name:?} can't be an export; `trefoil export list` shows those that are")));
    }
    Ok(name)
}

fn table(exports: &Exports) -> Table {
    let columns = ["PATH", "BUCKET", "ACCESS", "HOSTS", "SQUASH", "FROM", "STATE"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for Export { spec, origin, problem } in &exports.exports {
        table.row([
            format!("/{}", spec.name),
            spec.bucket.clone(),
            if spec.read_only { "read" } else { "read, write" }.to_owned(),
            spec.hosts.join(","),
            spec.squash.clone(),
            match origin {
                Origin::Settings => "settings",
                Origin::Command => "command",
            }
            .to_owned(),
            problem.clone().unwrap_or_else(|| "ready".to_owned()),
        ]);
    }
    table
}
