//! Prints how many synced commits a second the RocksDB engine makes, and what each costs in CPU.
//!
//! `cargo run --release -p trefoil-core --example commit_rate [DIRECTORY [SECONDS]]`. The directory is made beside nothing else and left
//! behind; put it on the disk that is to be measured. Each commit reads one key with validation and puts two of 24 and 300 bytes.
//!
//! Always holds: what is counted was answered as durable; the CPU is that of the whole process.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use trefoil_core::metadata::rocksdb::{Options, RocksDb};
use trefoil_core::metadata::{Durability, Table};
use trefoil_core::transact;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let directory = arguments.next().map_or_else(|| PathBuf::from("commit-rate.data"), PathBuf::from);
    let seconds = arguments.next().and_then(|text| text.to_str()?.parse().ok()).unwrap_or(5);
    let store = RocksDb::open(&directory, &Options::default()).expect("the directory can't be opened");
    println!(
        "{:>6} {:>12} {:>12} {:>12} {:>10} {:>10}",
        "tasks", "commits/s", "CPU µs each", "a group", "run again", "RSS MiB"
    );
    for tasks in [1, 16, 64, 256] {
        measure(&store, tasks, Duration::from_secs(seconds)).await;
    }
    store.close().await.expect("the store can't be closed");
}

async fn measure(store: &Arc<RocksDb>, tasks: u64, time: Duration) {
    let done = Arc::new(AtomicBool::new(false));
    let commits = Arc::new(AtomicU64::new(0));
    let before = store.statistics();
    let (begun, cpu) = (Instant::now(), cpu_time());
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let (store, done, commits) = (Arc::clone(store), Arc::clone(&done), Arc::clone(&commits));
            tokio::spawn(async move {
                let mut number = task << 32;
                while !done.load(Ordering::Relaxed) {
                    number += 1;
                    // Spread, as names are.
                    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
                    let key = |tag: u8| [&[tag; 16][..], &spread].concat();
                    let done = transact!(&*store, Durability::Synced, |tx| {
                        tx.get(Table::Index, &key(b'd')).await?;
                        tx.put(Table::Index, key(b'd'), vec![7; 24]);
                        tx.put(Table::Index, key(b'n'), vec![9; 300]);
                        Ok(())
                    });
                    done.expect("a commit failed");
                    commits.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    done.store(true, Ordering::Relaxed);
    for task in running {
        task.await.expect("a task panicked");
    }
    let (elapsed, cpu) = (begun.elapsed(), cpu_time() - cpu);
    let after = store.statistics();
    let commits = commits.load(Ordering::Relaxed) as f64;
    let group = (after.commits - before.commits) as f64 / (after.groups - before.groups) as f64;
    let (rate, each) = (commits / elapsed.as_secs_f64(), cpu.as_secs_f64() * 1e6 / commits);
    let again = after.conflicts - before.conflicts;
    println!("{tasks:>6} {rate:>12.0} {each:>12.1} {group:>12.1} {again:>10} {:>10}", resident_mib());
}

/// User and system time of the whole process so far, compactions included.
fn cpu_time() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).expect("getrusage failed");
    let time = |value: nix::sys::time::TimeVal| {
        Duration::new(value.tv_sec().unsigned_abs(), u32::try_from(value.tv_usec()).unwrap_or(0) * 1000)
    };
    time(usage.user_time()) + time(usage.system_time())
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
