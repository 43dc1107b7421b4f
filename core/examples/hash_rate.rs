//! How fast bodies are hashed: MD5 by two crates, the other digests, and whole bodies through the writer into a store that keeps
//! nothing. `cargo run --release -p trefoil-core --example hash_rate`.
//!
//! Always holds: nothing is written to a disk; the CPU shown is that of the whole process, all threads.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use trefoil_core::content::{Digests, Expected, ExpectedChecksum, Md5, Pins, Upload, write};
use trefoil_core::data::{ByteStream, DataError, DataStore, Entry, Location, Locator, Origin, Space, Stored};
use trefoil_core::error::Error;
use trefoil_core::types::{ByteRange, ChecksumAlgorithm};

const MIB: usize = 1 << 20;
const BODY: usize = 64 * MIB;

/// Reads what it is given, spends the time that a disk would, and keeps nothing.
#[derive(Debug)]
struct Null {
    /// Time that each MiB takes, beside the processor.
    per_mib: Duration,
}

impl DataStore for Null {
    fn put(&self, _: Origin, _: Option<u64>, mut body: ByteStream<Error>) -> BoxFuture<'_, Result<Stored, DataError>> {
        Box::pin(async move {
            let (mut length, mut hop) = (0, 0);
            while let Some(chunk) = body.next().await {
                let chunk = chunk.map_err(|error| DataError::Source(Box::new(error)))?;
                length += chunk.len() as u64;
                hop += chunk.len();
                if hop >= MIB && !self.per_mib.is_zero() {
                    hop = 0;
                    tokio::time::sleep(self.per_mib).await;
                }
            }
            Ok(Stored { locator: Locator(vec![0]), length })
        })
    }

    fn get(&self, _: &Locator, _: u64, _: ByteRange) -> ByteStream {
        stream::iter([Err(DataError::NotFound)]).boxed()
    }

    fn delete<'a>(&'a self, _: &'a Locator) -> BoxFuture<'a, Result<(), DataError>> {
        Box::pin(async { Ok(()) })
    }

    fn list(&self) -> Option<BoxStream<'_, Result<Entry, DataError>>> {
        None
    }

    fn space(&self) -> Option<Space> {
        None
    }
}

/// CPU time of the whole process.
fn cpu() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).expect("getrusage of oneself");
    let time = |time: nix::sys::time::TimeVal| {
        let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
        Duration::from_micros(u64::try_from(micros).expect("time is not negative"))
    };
    time(usage.user_time()) + time(usage.system_time())
}

#[allow(clippy::cast_precision_loss)]
fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64() / 1e6
}

/// The best of four runs over 64 MiB, in MB/s.
fn measure(name: &str, buffer: &[u8], mut hash: impl FnMut(&[u8])) {
    let best = (0..4)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..BODY / buffer.len() {
                hash(black_box(buffer));
            }
            start.elapsed()
        })
        .min()
        .expect("four runs");
    println!("{name:<28} {:>8.0} MB/s", rate(BODY, best));
}

async fn bodies(name: &str, at_once: usize, per_mib: Duration, checksum: ExpectedChecksum, chunk: &Bytes) {
    let location = Location { name: "null".into(), store: Arc::new(Null { per_mib }), inline: true };
    let (start, before) = (Instant::now(), cpu());
    let rounds = 4;
    let tasks = (0..at_once).map(|_| {
        let (location, chunk, checksum) = (location.clone(), chunk.clone(), checksum.clone());
        tokio::spawn(async move {
            for _ in 0..rounds {
                let chunks = std::iter::repeat_n(chunk.clone(), BODY / chunk.len()).map(Ok);
                let expected = Expected { checksum: checksum.clone(), ..Expected::default() };
                let upload = Upload { body: stream::iter(chunks).boxed(), length: Some(BODY as u64), expected };
                let origin = Origin { content: 1, page: 0, bucket: "b".into(), key: "k".into() };
                let written = write(upload, &location, origin, None, Pins::new().pin(1)).await.expect("a body arrives");
                black_box(&written);
                written.uncommitted.commit();
            }
        })
    });
    for task in futures::future::join_all(tasks).await {
        task.expect("a writer ends");
    }
    let (time, used) = (start.elapsed(), cpu() - before);
    let total = at_once * rounds * BODY;
    let per_body = used / u32::try_from(at_once * rounds).expect("few");
    println!("{name:<28} {:>8.0} MB/s, {per_body:>7.1?} of CPU a body", rate(total, time));
}

/// Small bodies, one after another: what the writer costs each, its digests included.
async fn small(size: usize, buffer: &Bytes) {
    const COUNT: u32 = 20_000;
    let location = Location { name: "null".into(), store: Arc::new(Null { per_mib: Duration::ZERO }), inline: true };
    let body = buffer.slice(..size);
    let before = cpu();
    for _ in 0..COUNT {
        let chunk = stream::iter([Ok(body.clone())]).boxed();
        let upload = Upload { body: chunk, length: Some(size as u64), expected: Expected::default() };
        let origin = Origin { content: 1, page: 0, bucket: "b".into(), key: "k".into() };
        let written = write(upload, &location, origin, None, Pins::new().pin(1)).await.expect("a body arrives");
        black_box(&written);
        written.uncommitted.commit();
    }
    let writer = (cpu() - before) / COUNT;
    let before = cpu();
    for _ in 0..COUNT {
        black_box(Md5::of(black_box(&body)));
    }
    println!(
        "{:<28} {writer:>8.1?} of CPU a body, of it MD5 {:.1?}",
        format!("{size} bytes"),
        (cpu() - before) / COUNT
    );
}

fn main() {
    let buffer: Vec<u8> = (0..MIB).map(|at| u8::try_from((at * 7 + at / 251) % 256).expect("less than 256")).collect();
    println!("one core, 1 MiB at a time");
    measure("MD5, AWS-LC (in use)", &buffer, |bytes| {
        black_box(Md5::of(bytes));
    });
    measure("MD5, md-5 crate", &buffer, |bytes| {
        use md5::Digest as _;
        black_box(md5::Md5::digest(bytes));
    });
    for algorithm in ChecksumAlgorithm::ALL {
        measure(algorithm.name(), &buffer, |bytes| {
            let mut digests = Digests::new(false, [algorithm]);
            digests.update(bytes);
            black_box(digests.finish());
        });
    }

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let chunk = Bytes::from(buffer).slice(..256 << 10);
    println!("small bodies through the writer, inline");
    runtime.block_on(async {
        for size in [0, 100, 4096, 65_536] {
            small(size, &chunk).await;
        }
    });
    let sha = ExpectedChecksum::Compute(ChecksumAlgorithm::Sha256);
    println!("bodies of 64 MiB through the writer, in chunks of 256 KiB");
    runtime.block_on(async {
        for at_once in [1, 4] {
            for (store, per_mib) in [("no disk", Duration::ZERO), ("1 ms a MiB", Duration::from_millis(1))] {
                let name = format!("{at_once} at once, {store}");
                bodies(&name, at_once, per_mib, ExpectedChecksum::None, &chunk).await;
                bodies(&format!("{name}, SHA-256"), at_once, per_mib, sha.clone(), &chunk).await;
            }
        }
    });
}
