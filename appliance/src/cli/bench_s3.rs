//! `trefoil bench s3`: loads any plain-HTTP S3 endpoint and says what it does and what that costs.
//!
//! Always holds: what was written is taken away again, also where a run breaks off. One thread, no SDK, requests signed with a cached key, bodies and their hashes prepared; the client's own CPU per
//! operation is measured and shown beside the server's. On a machine that client and server share, compare the CPU per operation:
//! operations a second are then about cores / (server + client).

mod connection;
mod endpoint;
mod histogram;
mod phase;
mod plan;
mod report;
mod response;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use self::connection::Connection;
use self::endpoint::Endpoint;
use self::phase::{Client, Outcome, Shared};
use self::plan::{Operation, Plan};
use self::report::{Costs, Measured, Report};
use super::sigv4::Signer;
use super::{FOUND, Failure, print};
use crate::process;
use crate::settings::parse_bytes;

/// Objects where none are asked for: this many, or as many as make these bytes.
const OBJECTS_DEFAULT: u64 = 10_000;
const OBJECTS_BYTES_DEFAULT: u64 = 4 << 30;
/// A single PUT's bound in S3, and what is kept in memory as a prepared body.
const SIZE_BYTES_MAX: u64 = 5 << 30;
const CLIENTS_MAX: u64 = 4096;

#[derive(Debug, Args)]
pub struct BenchArgs {
    /// The endpoint, in plain HTTP: http://HOST:PORT. Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    #[arg(long, value_name = "URL")]
    endpoint: Endpoint,
    /// What to measure, in this order: put, get, head, list, delete
    #[arg(long, value_delimiter = ',', default_values = ["put", "get", "head", "list", "delete"])]
    operations: Vec<Operation>,
    /// Bytes of an object, like 4KiB, 1MiB, 64MiB
    #[arg(long, default_value = "4KiB", value_parser = size)]
    size: u64,
    /// Connections, each with one request at a time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=CLIENTS_MAX))]
    clients: u64,
    /// Seconds for each operation
    #[arg(long, default_value_t = 10.0, value_name = "SECONDS", value_parser = seconds)]
    duration: f64,
    /// Distinct objects [default: 10000, or as many as make 4 GiB]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000_000))]
    objects: Option<u64>,
    /// Bucket to work in, made where it does not exist
    #[arg(long, default_value = "trefoil-bench")]
    bucket: String,
    /// Region to sign for
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Keys in a page of list
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1000))]
    page: u64,
    /// A process of the server, for its CPU and memory; may be given several times
    #[arg(long, value_name = "PID")]
    server_pid: Vec<u32>,
    /// Take the objects of an earlier run with --keep instead of writing them
    #[arg(long)]
    reuse: bool,
    /// Leave objects and bucket behind
    #[arg(long)]
    keep: bool,
    /// Do not compare what get reads with what was put
    #[arg(long)]
    no_compare: bool,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

fn size(text: &str) -> Result<u64, String> {
    parse_bytes(text)
        .filter(|size| *size <= SIZE_BYTES_MAX)
        .ok_or_else(|| "give bytes, or a number with KiB, MiB or GiB; 5 GiB at most".into())
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|seconds| (0.1..=86_400.0).contains(seconds))
        .ok_or_else(|| "give 0.1 to 86400 seconds".into())
}

pub fn run(args: &BenchArgs) -> Result<ExitCode, Failure> {
    let variable = |name: &str| {
        std::env::var(name)
            .map_err(|_| Failure(format!("{name} is not set; export the endpoint's access key and secret")))
    };
    let (id, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure(format!("no runtime: {error}")))?;
    let report = runtime.block_on(Bench::new(args, &id, &secret)?.run())?;
    if args.json {
        let json = serde_json::to_string(&report).map_err(|error| Failure(error.to_string()))?;
        print(format!("{json}\n"))?;
    } else {
        print(report.table())?;
    }
    let failed = report.operations.iter().any(|measured| measured.error_count > 0 || measured.count == 0);
    Ok(if failed || report.left_over_count > 0 { FOUND.into() } else { ExitCode::SUCCESS })
}

struct Bench<'a> {
    args: &'a BenchArgs,
    id: &'a str,
    secret: &'a str,
    plan: Arc<Plan>,
    clients: Vec<Client>,
    objects: u64,
    /// Objects that exist: the numbers below this.
    existing: u64,
}

impl<'a> Bench<'a> {
    fn new(args: &'a BenchArgs, id: &'a str, secret: &'a str) -> Result<Self, Failure> {
        let is_bucket = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        if !(3..=63).contains(&args.bucket.len()) || !args.bucket.bytes().all(is_bucket) {
            return Err(Failure(format!("--bucket {}: not a bucket's name", args.bucket)));
        }
        let objects = args.objects.unwrap_or((OBJECTS_BYTES_DEFAULT / args.size.max(1)).clamp(1, OBJECTS_DEFAULT));
        let size = usize::try_from(args.size).map_err(|error| Failure(error.to_string()))?;
        let plan = Plan {
            bucket: args.bucket.clone(),
            prefix: format!("bench/{}/", args.size),
            bodies: plan::bodies(size),
            page: usize::try_from(args.page).map_err(|error| Failure(error.to_string()))?,
            compare: !args.no_compare,
        };
        let existing = if args.reuse { objects } else { 0 };
        Ok(Self { args, id, secret, plan: Arc::new(plan), clients: Vec::new(), objects, existing })
    }

    /// Makes the clients that are missing: all of them at first, later those that were given up.
    fn fill_clients(&mut self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        for number in self.clients.len() as u64..self.args.clients {
            self.clients.push(Client {
                connection: Connection::new(self.args.endpoint.clone()),
                signer: Signer::new(self.id, self.secret, &self.args.region, &self.args.endpoint.host, now),
                seed: 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number + 1),
            });
        }
    }

    async fn run(mut self) -> Result<Report, Failure> {
        process::cpu(&self.args.server_pid).map_err(|error| Failure(format!("--server-pid: {error}")))?;
        self.fill_clients();
        let made = self.make_bucket().await?;
        let measured = self.measure().await;
        // Also after a failure.
        let left_over_count = if self.args.keep { 0 } else { self.clean_up(made).await };
        let measured = measured?;
        Ok(Report {
            endpoint: format!("http://{}", self.args.endpoint.host),
            bucket: self.args.bucket.clone(),
            size_bytes: self.args.size,
            clients: self.args.clients,
            duration_seconds: self.args.duration,
            objects: self.objects,
            operations: measured,
            left_over_count,
        })
    }

    /// Every operation in turn; objects are written first where one needs them.
    async fn measure(&mut self) -> Result<Vec<Measured>, Failure> {
        let mut operations = self.args.operations.clone();
        operations.sort();
        operations.dedup();
        let mut measured = Vec::new();
        for operation in operations {
            if operation != Operation::Put && self.existing == 0 {
                let outcome = self.phase(Operation::Put, false, "prepare").await.0;
                if outcome.error_count() > 0 {
                    return Err(Failure(format!("the objects could not be written: {:?}", outcome.errors)));
                }
            }
            let (outcome, costs) = self.phase(operation, true, operation.name()).await;
            measured.push(Measured::new(operation, outcome, costs));
        }
        Ok(measured)
    }

    /// Deletes the objects, and the bucket where it was made here. How many of them may be left.
    async fn clean_up(&mut self, made: bool) -> u64 {
        let mut left = 0;
        if self.existing > 0 {
            let outcome = self.phase(Operation::Delete, false, "clean up").await.0;
            left = outcome.error_count();
            if left > 0 {
                eprintln!(
                    "warning: {left} deletions failed, objects stay in {}: {:?}",
                    self.plan.bucket, outcome.errors
                );
            }
        }
        if made && let Some(client) = self.clients.first_mut() {
            match client.bucket(&self.plan, "DELETE", b"").await {
                Ok((204 | 200, _)) => {}
                Ok((_, error)) | Err(error) => {
                    eprintln!("warning: the bucket {} stays: {error}", self.plan.bucket);
                    left += 1;
                }
            }
        }
        left
    }

    /// Makes the bucket; whether it is new.
    async fn make_bucket(&mut self) -> Result<bool, Failure> {
        let body = match self.args.region.as_str() {
            "us-east-1" => String::new(),
            region => format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        let cure = |error: String| {
            Failure(format!("the bucket {} can't be made at {}: {error}", self.args.bucket, self.args.endpoint.address))
        };
        let client = self.clients.first_mut().ok_or_else(|| Failure("no clients".into()))?;
        if let Ok((200, _)) = client.bucket(&self.plan, "HEAD", b"").await {
            return Ok(false);
        }
        match client.bucket(&self.plan, "PUT", body.as_bytes()).await {
            Ok((200, _)) => Ok(true),
            Ok((_, code)) if code == "BucketAlreadyOwnedByYou" => Ok(false),
            Ok((_, error)) | Err(error) => Err(cure(error)),
        }
    }

    /// One phase, with its progress bar and its costs. `measured` phases end with the time, others with the objects.
    async fn phase(&mut self, operation: Operation, measured: bool, name: &str) -> (Outcome, Costs) {
        let duration = Duration::from_secs_f64(if measured { self.args.duration } else { 86_400.0 });
        let objects = if operation == Operation::Put { self.objects } else { self.existing };
        let shared = Arc::new(Shared {
            plan: self.plan.clone(),
            operation,
            objects,
            wrap: measured && operation == Operation::Put,
            deadline: Instant::now() + duration,
            next: AtomicU64::new(0),
            done: AtomicU64::new(0),
        });
        let bar = tokio::spawn(progress(name.to_owned(), shared.clone(), measured.then_some(duration)));
        let server_before = process::cpu(&self.args.server_pid).ok();
        let client_before = process::own_cpu();
        let (outcome, clients) = phase::run(shared.clone(), std::mem::take(&mut self.clients)).await;
        let client_cpu = process::own_cpu().saturating_sub(client_before);
        let has_pids = !self.args.server_pid.is_empty();
        let server_after = process::cpu(&self.args.server_pid).ok().filter(|_| has_pids);
        bar.abort();
        // It has cleared its line when it has ended.
        let _ = bar.await;
        self.clients = clients;
        self.fill_clients();
        let taken = shared.next.load(Ordering::Relaxed).min(objects);
        match operation {
            Operation::Put => self.existing = self.existing.max(taken),
            // Some may be left where the time ended first; deleting the absent is no error, so cleaning up goes over all.
            Operation::Delete if taken == self.existing && outcome.error_count() == 0 => self.existing = 0,
            _ => {}
        }
        let costs = Costs {
            client_cpu,
            server_cpu: server_after.zip(server_before).map(|(after, before)| after.saturating_sub(before)),
            server_resident_bytes: process::resident_bytes(&self.args.server_pid).ok().filter(|_| has_pids),
        };
        (outcome, costs)
    }
}

/// Draws a progress bar on standard error while a phase runs, where that is a terminal.
async fn progress(name: String, shared: Arc<Shared>, duration: Option<Duration>) {
    use std::io::IsTerminal;
    if !std::io::stderr().is_terminal() {
        return;
    }
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let bar = ProgressBar::new(duration.map_or(shared.objects, milliseconds));
    if let Ok(style) = ProgressStyle::with_template("{prefix:9} {wide_bar} {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(name);
    let started = Instant::now();
    // Dropped with the task, which clears the line.
    let bar = ClearOnDrop(bar);
    loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let done = shared.done.load(Ordering::Relaxed);
        bar.0.set_position(if duration.is_some() { milliseconds(started.elapsed()) } else { done });
        #[allow(clippy::cast_precision_loss)]
        bar.0.set_message(format!("{done} done, {:.0}/s", done as f64 / started.elapsed().as_secs_f64()));
    }
}

struct ClearOnDrop(ProgressBar);

impl Drop for ClearOnDrop {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
