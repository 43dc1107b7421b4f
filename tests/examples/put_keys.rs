//! Puts an empty object under each key that standard input names, one a line, over many connections at once:
//! `put_keys ADDRESS BUCKET CONNECTIONS < keys`, with the keys of the account in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
//!
//! Always holds: every answer is read and must be 200; the first that is not ends the run with exit status 1. Keys need no encoding.

use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use trefoil_tests::request::Auth;
use trefoil_tests::wire::Connection;
use trefoil_tests::{Key, Request};

/// Keys that a connection takes at once from what is left.
const TAKE: usize = 64;
/// A group commit that waits for a compaction takes a while.
const TIMEOUT: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(bucket), Some(connections)) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: put_keys ADDRESS BUCKET CONNECTIONS < keys".into());
    };
    let address: SocketAddr = address.parse().map_err(|error| format!("{address}: {error}"))?;
    let connections: usize = connections.parse().map_err(|error| format!("{connections}: {error}"))?;
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let key = Key::new(variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
    let lines: Result<Vec<String>, _> = std::io::stdin().lock().lines().collect();
    let mut names = lines.map_err(|error| format!("standard input: {error}"))?;
    // Taken from the end.
    names.reverse();
    let total = names.len();
    let left = Arc::new(Mutex::new(names));
    let done = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let (left, done, bucket, key) = (left.clone(), done.clone(), bucket.clone(), key.clone());
            std::thread::spawn(move || work(address, &bucket, &key, &left, &done))
        })
        .collect();
    for worker in workers {
        worker.join().map_err(|_| "a connection's thread panicked")??;
    }
    let seconds = started.elapsed().as_secs_f64();
    if done.load(Ordering::Relaxed) != total as u64 {
        return Err(format!("{} of {total} objects were put", done.load(Ordering::Relaxed)));
    }
    writeln!(std::io::stdout(), "{{\"objects\": {total}, \"seconds\": {seconds:.3}}}")
        .map_err(|error| error.to_string())
}

fn work(
    address: SocketAddr,
    bucket: &str,
    key: &Key,
    left: &Mutex<Vec<String>>,
    done: &AtomicU64,
) -> Result<(), String> {
    let mut connection = Connection::open_with(address, TIMEOUT).map_err(|error| format!("{address}: {error}"))?;
    loop {
        let names = {
            let mut left = left.lock().map_err(|_| "another connection's thread panicked")?;
            let from = left.len().saturating_sub(TAKE);
            left.split_off(from)
        };
        if names.is_empty() {
            return Ok(());
        }
        for name in names.iter().rev() {
            let request = Request::new("PUT", &format!("/{bucket}/{name}"), Auth::Header(key.clone()));
            let sent = connection.send(&request.wire(address).bytes()).and_then(|()| connection.receive("PUT"));
            match sent {
                Ok(answer) if answer.status == 200 => done.fetch_add(1, Ordering::Relaxed),
                Ok(answer) => return Err(format!("PUT {name}: {}: {}", answer.status, answer.text())),
                Err(error) => return Err(format!("PUT {name}: {error}")),
            };
        }
    }
}
