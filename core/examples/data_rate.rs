//! How fast the files store takes and gives blobs, and what it costs: `cargo run --example data_rate [DIR [KIB]]`.
//! With KIB only blobs of that size.
//!
//! Always holds: every figure is of durable puts and of verified gets. CPU is that of the whole process: the caller's side, which is
//! small here, included.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use trefoil_core::data::files::{FilesOptions, FilesStore};
use trefoil_core::data::{ByteStream, DataStore as _, Origin, Stored};
use trefoil_core::error::Error;
use trefoil_core::kernel::Kernel;
use trefoil_core::random::SystemRandom;
use trefoil_core::types::ByteRange;

const CHUNK: usize = 256 << 10;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parent = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let only = std::env::args().nth(2).map(|kib| kib.parse::<usize>()).transpose()?;
    let directory = tempfile::tempdir_in(parent)?;
    let options = FilesOptions::new(1, Arc::new(SystemRandom), Kernel::detect()?);
    let store = FilesStore::open(directory.path(), options)?;
    println!("{:>22}  {:>9} {:>9} {:>12} {:>10}", "", "ops/s", "MiB/s", "CPU µs/op", "ms/op");
    for (length, tasks, seconds) in [
        (4 << 10, 1, 2),
        (4 << 10, 64, 2),
        (100 << 10, 1, 3),
        (100 << 10, 16, 3),
        (100 << 10, 64, 3),
        (1 << 20, 16, 3),
        (8 << 20, 4, 4),
        (64 << 20, 1, 5),
        (64 << 20, 4, 5),
    ] {
        if only.is_some_and(|only| only != length >> 10) {
            continue;
        }
        let stored = puts(&store, length, tasks, Duration::from_secs(seconds)).await?;
        gets(&store, &stored, length, tasks, Duration::from_secs(2)).await?;
        for stored in stored {
            store.delete(&stored.locator).await?;
        }
    }
    for (name, count) in store.metrics().read() {
        println!("{name} {count}");
    }
    Ok(())
}

async fn puts(
    store: &Arc<FilesStore>,
    length: usize,
    tasks: usize,
    time: Duration,
) -> Result<Vec<Stored>, Box<dyn std::error::Error>> {
    let data =
        Bytes::from((0..CHUNK.min(length)).map(|i| u8::try_from(i % 251).unwrap_or_default()).collect::<Vec<_>>());
    let meter = Meter::start();
    let workers = (0..tasks).map(|_| {
        let (store, data) = (store.clone(), data.clone());
        tokio::spawn(async move {
            let mut all = Vec::new();
            while meter.started.elapsed() < time {
                let origin = Origin { content: 1, page: 0, bucket: "bench".into(), key: "key".into() };
                all.push(store.put(origin, Some(length as u64), body(&data, length)).await?);
            }
            Ok::<_, trefoil_core::data::DataError>(all)
        })
    });
    let mut all = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        all.extend(worker.await??);
    }
    meter.print("put", length, tasks, all.len());
    Ok(all)
}

async fn gets(
    store: &Arc<FilesStore>,
    stored: &[Stored],
    length: usize,
    tasks: usize,
    time: Duration,
) -> Result<(), Box<dyn std::error::Error>> {
    let meter = Meter::start();
    let stored = Arc::new(stored.to_vec());
    let workers = (0..tasks).map(|task| {
        let (store, stored) = (store.clone(), stored.clone());
        tokio::spawn(async move {
            let mut count = 0;
            while meter.started.elapsed() < time {
                let blob = &stored[(task * 7919 + count) % stored.len()];
                let mut bytes = store.get(&blob.locator, blob.length, ByteRange { offset: 0, length: blob.length });
                while let Some(chunk) = bytes.next().await {
                    std::hint::black_box(chunk?);
                }
                count += 1;
            }
            Ok::<_, trefoil_core::data::DataError>(count)
        })
    });
    let mut count = 0;
    for worker in workers.collect::<Vec<_>>() {
        count += worker.await??;
    }
    meter.print("get", length, tasks, count);
    Ok(())
}

fn body(data: &Bytes, length: usize) -> ByteStream<Error> {
    let data = data.clone();
    let chunks =
        (0..length.div_ceil(data.len())).map(move |i| Ok(data.slice(..data.len().min(length - i * data.len()))));
    stream::iter(chunks).boxed()
}

#[derive(Clone, Copy)]
struct Meter {
    started: Instant,
    cpu_micros: i64,
}

impl Meter {
    fn start() -> Self {
        Self { started: Instant::now(), cpu_micros: cpu_micros() }
    }

    fn print(self, verb: &str, length: usize, tasks: usize, count: usize) {
        let seconds = self.started.elapsed().as_secs_f64();
        let cpu = (cpu_micros() - self.cpu_micros) as f64 / count as f64;
        let rate = count as f64 / seconds;
        let name = format!("{verb} {} KiB × {tasks}", length >> 10);
        let mib = rate * length as f64 / f64::from(1 << 20);
        let each = tasks as f64 / rate * 1000.0;
        println!("{name:>22}  {rate:>9.0} {mib:>9.0} {cpu:>12.0} {each:>10.2}");
    }
}

fn cpu_micros() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("getrusage");
    usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
}
