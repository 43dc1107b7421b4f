//! Runs cases side by side against one server and says what came of each.
//!
//! Always holds: every case is run, also after failures; a case that panics fails alone, with its place and text.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::account::Key;
use crate::case::{Suite, Test};
use crate::server::{Options, Server, Target};

/// Cases that run at the same time.
pub const WORKERS: usize = 8;

#[derive(Debug, Default)]
pub struct Report {
    pub run: usize,
    /// `operation/name` and what happened.
    pub failures: Vec<(String, String)>,
    /// Codes claimed and seen, by operation.
    pub codes: BTreeMap<&'static str, BTreeSet<String>>,
    pub took: Duration,
}

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The server to ask: one of our own, or the endpoint in `TREFOIL_TEST_ENDPOINT` (host:port, keys `AWS_ACCESS_KEY_ID` and
/// `AWS_SECRET_ACCESS_KEY`), which is how the cases themselves are tried against a peer.
pub fn target(options: Options) -> (Option<Server>, Target) {
    match std::env::var("TREFOIL_TEST_ENDPOINT") {
        Ok(address) => {
            let read = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
            let root = Key::new(read("AWS_ACCESS_KEY_ID"), read("AWS_SECRET_ACCESS_KEY"));
            let address = address.parse().expect("TREFOIL_TEST_ENDPOINT is ADDRESS:PORT");
            (None, Target { address, root, main: None, alt: None })
        }
        Err(_) => {
            let server = Server::start(options);
            let target = server.target();
            (Some(server), target)
        }
    }
}

/// Runs all cases, or those whose `operation/name` contains `TREFOIL_CASE`.
pub fn run(target: &Target, suites: &[Suite]) -> Report {
    let only = std::env::var("TREFOIL_CASE").unwrap_or_default();
    let all: Vec<(&'static str, crate::case::Case)> = suites
        .iter()
        .flat_map(|suite| suite.cases.iter().map(|case| (suite.operation, *case)))
        .filter(|(operation, case)| format!("{operation}/{}", case.name).contains(&only))
        .collect();
    let begun = Instant::now();
    let next = AtomicUsize::new(0);
    let report = Mutex::new(Report::default());
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        PLACE.with(|slot| *slot.borrow_mut() = place);
    }));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((operation, case)) = all.get(index) else { break };
                    let test = Test::new(target.clone(), format!("case-{index}-{}", std::process::id()));
                    let outcome = catch_unwind(AssertUnwindSafe(|| {
                        test.put("/{b}").is(200);
                        (case.run)(&test);
                    }));
                    let mut report = report.lock().expect("no panic holds the report");
                    report.run += 1;
                    report.codes.entry(operation).or_default().extend(test.codes.take());
                    if let Err(panic) = outcome {
                        let text = panic
                            .downcast_ref::<String>()
                            .cloned()
                            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                            .unwrap_or_else(|| "a panic without a text".into());
                        let place = PLACE.with(|slot| slot.borrow_mut().take()).unwrap_or_default();
                        let page = case.page;
                        report
                            .failures
                            .push((format!("{operation}/{}", case.name), format!("{place}\n  {text}\n  see {page}")));
                    }
                }
            });
        }
    });
    std::panic::set_hook(previous);
    let mut report = report.into_inner().expect("no panic holds the report");
    report.failures.sort();
    report.took = begun.elapsed();
    report
}

/// The text for people.
pub fn describe(report: &Report) -> String {
    let mut text = String::new();
    for (name, what) in &report.failures {
        text.push_str(&format!("FAILED {name} at {what}\n\n"));
    }
    text.push_str(&format!(
        "{} cases, {} failed, {:.1} s\n",
        report.run,
        report.failures.len(),
        report.took.as_secs_f64()
    ));
    for (name, _) in &report.failures {
        text.push_str(&format!("  failed: {name}\n"));
    }
    text
}
