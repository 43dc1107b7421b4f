//! The command line: what can be typed, and which file does it.
//!
//! Always holds: a command that fails prints `error: …` and nothing on standard output that could be taken for a result.

mod bench_s3;
mod check;
mod export;
mod key;
mod mount;
mod mount_helper;
mod remote;
mod serve;
pub mod settings;
pub mod sigv4;
pub mod table;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::settings::{Flags, Loaded, SettingsError};

/// One object store with exact S3 over an embedded index.
#[derive(Debug, Parser)]
#[command(name = "trefoil", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon in the foreground
    Serve(serve::ServeArgs),
    /// Manage users: each owns its buckets and has its own keys
    #[command(subcommand)]
    User(user::UserCommand),
    /// Manage access keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Mount a bucket, or a directory of one, on a directory; it comes back at each start of the daemon
    Mount(mount::MountArgs),
    /// Unmount a directory, and forget it
    Umount(mount::UmountArgs),
    /// List the mounts and how they are
    Mounts(mount::MountsArgs),
    /// Manage exports: what the NFS door shows
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// Verify the store: every name has its bytes, every byte its checksum, every blob its name
    Check(check::CheckArgs),
    /// Show every setting with its value, its source and its meaning
    Settings(settings::SettingsArgs),
    /// Measure servers
    #[command(subcommand)]
    Bench(BenchCommand),
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    /// Load an S3 endpoint and print throughput, latencies and CPU per operation
    S3(Box<bench_s3::BenchArgs>),
}

/// Flags of every command that reads settings.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Settings file [default: /etc/trefoil/trefoil.toml where it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory that holds everything [default: ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Common {
    pub fn new(config: Option<PathBuf>, data_dir: Option<PathBuf>) -> Self {
        Self { config, data_dir }
    }

    fn flags(&self) -> Result<Flags, SettingsError> {
        let mut flags = Flags { config: self.config.clone(), values: Vec::new() };
        if let Some(dir) = &self.data_dir {
            let text =
                dir.to_str().ok_or_else(|| SettingsError(format!("--data-dir {} is not UTF-8", dir.display())))?;
            flags.values.push(("store.data_dir", text.to_owned()));
        }
        Ok(flags)
    }

    /// The settings that these flags, the environment and the file give. What is odd about them is said.
    pub fn load(&self) -> Result<Loaded, SettingsError> {
        let loaded = crate::settings::load(&self.flags()?)?;
        for warning in &loaded.warnings {
            eprintln!("warning: {warning}");
        }
        Ok(loaded)
    }
}

/// The exit status of a command that did its work and found that something is wrong.
pub const FOUND: u8 = 3;

/// Why a command failed, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Failure(error.0)
    }
}

/// Runs the command that the process was given.
pub fn run() -> ExitCode {
    let mut arguments = std::env::args_os();
    if mount_helper::is_called(arguments.next().as_ref()) {
        return mount_helper::run(arguments);
    }
    let outcome = match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::User(command) => user::run(&command),
        Command::Key(command) => key::run(&command),
        Command::Mount(args) => mount::mount(&args),
        Command::Umount(args) => mount::umount(&args),
        Command::Mounts(args) => mount::mounts(&args),
        Command::Export(command) => export::run(&command),
        Command::Check(args) => check::run(&args),
        Command::Settings(args) => settings::run(&args),
        Command::Bench(BenchCommand::S3(args)) => bench_s3::run(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a document as one line of JSON.
pub fn print_json(document: &impl serde::Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string(document).map_err(|error| Failure(error.to_string()))?;
    print(format!("{json}\n"))
}

/// Prints a line of a result. A reader that has gone (`trefoil … | head`) is no fault of ours.
pub fn print(text: impl std::fmt::Display) -> Result<(), Failure> {
    use std::io::Write;
    match write!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("standard output can't be written: {error}")))
        }
        _ => Ok(()),
    }
}
