//! One measured phase: clients repeat one operation until the time is over or the objects are.
//!
//! Always holds: an operation counts when its whole response has arrived and was a success; latencies are of those. An error is
//! counted by its code. A client that meets [`FAULTS_IN_A_ROW_MAX`] errors in a row gives up, so that a dead server ends the run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::connection::{Connection, Take};
use super::histogram::Histogram;
use super::plan::{Operation, Plan};
use super::response;
use crate::cli::sigv4::{self, EMPTY_HASH, Signer};

const FAULTS_IN_A_ROW_MAX: u32 = 100;
const FAULT_PAUSE: Duration = Duration::from_millis(20);
/// Distinct errors that are told apart; further ones are counted as `Other`.
const ERROR_CODES_MAX: usize = 64;
/// How long after a phase's end an answer may still come.
const GRACE: Duration = Duration::from_secs(60);

/// What the clients of a phase share.
pub struct Shared {
    pub plan: Arc<Plan>,
    pub operation: Operation,
    /// Objects that the phase works on: it takes their numbers in turn, or draws them (GET, HEAD, LIST).
    pub objects: u64,
    /// Whether numbers begin again after the last (PUT), or the phase ends (DELETE, preparation).
    pub wrap: bool,
    pub deadline: Instant,
    pub next: AtomicU64,
    pub done: AtomicU64,
}

#[derive(Debug, Default)]
pub struct Outcome {
    pub latencies: Histogram,
    pub errors: BTreeMap<String, u64>,
    pub body_bytes: u64,
    pub elapsed: Duration,
}

impl Outcome {
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    fn fault(&mut self, code: String, count: u64) {
        let known = self.errors.len() < ERROR_CODES_MAX || self.errors.contains_key(&code);
        *self.errors.entry(if known { code } else { "Other".into() }).or_default() += count;
    }
}

/// One client: its connection and its way to sign.
pub struct Client {
    pub connection: Connection,
    pub signer: Signer,
    pub seed: u64,
}

/// Runs a phase with all clients at once and gives them back for the next.
pub async fn run(shared: Arc<Shared>, clients: Vec<Client>) -> (Outcome, Vec<Client>) {
    let started = Instant::now();
    let tasks: Vec<_> = clients.into_iter().map(|client| tokio::spawn(work(client, shared.clone()))).collect();
    let mut total = Outcome::default();
    let mut back = Vec::with_capacity(tasks.len());
    let limit = shared.deadline.saturating_duration_since(started).saturating_add(GRACE);
    let limit = tokio::time::Instant::now() + limit;
    for mut task in tasks {
        match tokio::time::timeout_at(limit, &mut task).await {
            Ok(Ok((client, outcome))) => {
                total.latencies.add(&outcome.latencies);
                total.body_bytes += outcome.body_bytes;
                outcome.errors.into_iter().for_each(|(code, count)| total.fault(code, count));
                back.push(client);
            }
            Ok(Err(_)) => total.fault("ClientFailed".into(), 1),
            Err(_) => {
                task.abort();
                total.fault("NoAnswer".into(), 1);
            }
        }
    }
    total.elapsed = started.elapsed();
    (total, back)
}

async fn work(mut client: Client, shared: Arc<Shared>) -> (Client, Outcome) {
    let mut outcome = Outcome::default();
    let (mut head, mut path, mut query) = (Vec::with_capacity(1024), String::new(), String::new());
    let mut faults = 0;
    if let Err(fault) = client.connection.connect().await {
        outcome.fault(fault, 1);
    }
    loop {
        let started = Instant::now();
        if started >= shared.deadline || faults >= FAULTS_IN_A_ROW_MAX {
            return (client, outcome);
        }
        let Some(object) = next_object(&shared, &mut client.seed) else { return (client, outcome) };
        match client.once(&shared, object, &mut head, &mut path, &mut query).await {
            Ok(bytes) => {
                outcome.latencies.record(started.elapsed());
                outcome.body_bytes += bytes;
                faults = 0;
                shared.done.fetch_add(1, Ordering::Relaxed);
            }
            Err(code) => {
                outcome.fault(code, 1);
                faults += 1;
                tokio::time::sleep(FAULT_PAUSE).await;
            }
        }
    }
}

fn next_object(shared: &Shared, seed: &mut u64) -> Option<u64> {
    match shared.operation {
        Operation::Put | Operation::Delete => {
            let next = shared.next.fetch_add(1, Ordering::Relaxed);
            if shared.wrap { Some(next % shared.objects) } else { (next < shared.objects).then_some(next) }
        }
        Operation::Get | Operation::Head => Some(draw(seed) % shared.objects),
        // Pages start where a full one follows, while there are so many objects.
        Operation::List => Some(draw(seed) % shared.objects.saturating_sub(shared.plan.page as u64).max(1)),
    }
}

/// xorshift64: a nanosecond a draw. Which object is read need not be unpredictable.
fn draw(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

impl Client {
    /// One operation on one object: the bytes of content that it moved, or an error's code.
    async fn once(
        &mut self,
        shared: &Shared,
        object: u64,
        head: &mut Vec<u8>,
        path: &mut String,
        query: &mut String,
    ) -> Result<u64, String> {
        let plan = &*shared.plan;
        let operation = shared.operation;
        self.signer.at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
        head.clear();
        let (mut hash, mut body, mut length) = (EMPTY_HASH, &[][..], None);
        match operation {
            Operation::List => {
                path.clear();
                path.push('/');
                path.push_str(&plan.bucket);
                plan.list_query(object, query);
            }
            _ => {
                plan.path(object, path);
                query.clear();
            }
        }
        if operation == Operation::Put {
            let prepared = plan.body(object);
            (hash, body, length) = (&prepared.hash, &prepared.bytes, Some(prepared.bytes.len()));
        }
        self.signer.head(head, operation.method(), path, query, hash, length);
        let take = match operation {
            Operation::Get if plan.compare => Take::Compare(&plan.body(object).bytes),
            _ => Take::Count,
        };
        let response = self.connection.exchange(head, body, operation == Operation::Head, take).await?;
        let start = self.connection.start_of_body();
        match (operation, response.status) {
            (Operation::Get, 200) if !response.matched => Err("WrongBytes".into()),
            (Operation::Get, 200) => Ok(response.body_bytes),
            (Operation::Put, 200..=204) => Ok(body.len() as u64),
            (Operation::List, 200) if response::find(start, b"<KeyCount>0<").is_some() => Err("EmptyPage".into()),
            (Operation::Head | Operation::List, 200) | (Operation::Delete, 200 | 204) => Ok(0),
            (_, status) => Err(response::error_code(status, start)),
        }
    }

    /// A request without content on the bucket: creates or deletes it. Gives the status and the error's code.
    pub async fn bucket(&mut self, plan: &Plan, method: &str, body: &[u8]) -> Result<(u16, String), String> {
        let mut head = Vec::new();
        let hash = sigv4::hash_hex(body);
        self.signer.at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
        self.signer.head(&mut head, method, &format!("/{}", plan.bucket), "", &hash, Some(body.len()));
        let response = self.connection.exchange(&head, body, method == "HEAD", Take::Count).await?;
        let code = response::error_code(response.status, self.connection.start_of_body());
        Ok((response.status, code))
    }
}
