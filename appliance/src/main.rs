//! The `trefoil` command: one binary that is the daemon, its administration and its measuring tools.
//!
//! Always holds: exit status 0 means done, 1 failed with one `error:` line on standard error that names its cure, 2 a wrong command
//! line, 3 done and something is wrong with what it looked at (a store that is not clean, a server that gave errors). Results go to
//! standard output, everything else to standard error.

mod admin;
mod check;
mod cli;
mod credentials;
mod daemon;
mod data_dir;
mod durable_file;
mod exports;
mod limits;
mod logging;
mod metrics;
mod mounts;
mod nfs_key;
mod process;
mod settings;
mod task;

/// RocksDB, the doors and everything else share one allocator, which gives memory back and does not fragment.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
