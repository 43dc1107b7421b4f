//! kill -9 under 16-way load, again and again on one directory.
//!
//! Always holds: the cycles go on with the store that the crashes left; until the kill every request is answered, and as it must be.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use trefoil_tests::workload::{Mode, Shape, Writer};
use trefoil_tests::{Options, Server};

const WRITERS: usize = 16;
const CYCLES_FULL: usize = 200;
const CYCLES_SLICE: usize = 4;
/// The longest wait until each writer has made a change.
const EACH_WAIT_MAX: Duration = Duration::from_secs(30);

/// One cycle: all writers change things until the server is killed: not before `wait` is over, nor, where `each` says so, before
/// each has made a change, however slow the machine is. What was not as it must be before the kill.
pub fn cycle(server: &mut Server, writers: &mut [Writer], wait: Duration, each: bool) -> Vec<String> {
    let killing = AtomicBool::new(false);
    let idle = AtomicUsize::new(writers.len());
    std::thread::scope(|scope| {
        let load: Vec<_> = writers
            .iter_mut()
            .map(|writer| {
                let (address, killing, idle) = (server.s3, &killing, &idle);
                scope.spawn(move || {
                    writer.address = address;
                    let before = writer.oracle.acknowledged;
                    let mut is_idle = true;
                    while writer.step().is_ok() {
                        if is_idle && writer.oracle.acknowledged > before {
                            is_idle = false;
                            idle.fetch_sub(1, Ordering::Relaxed);
                        }
                    }
                    let early = !killing.load(Ordering::SeqCst);
                    early.then(|| format!("{}: a connection was dropped before the kill", writer.name))
                })
            })
            .collect();
        std::thread::sleep(wait);
        let begun = Instant::now();
        while each && idle.load(Ordering::Relaxed) > 0 && begun.elapsed() < EACH_WAIT_MAX {
            std::thread::sleep(Duration::from_millis(5));
        }
        killing.store(true, Ordering::SeqCst);
        server.kill();
        let ends =
            load.into_iter().map(|writer| writer.join().unwrap_or_else(|_| Some("a writer has panicked".into())));
        ends.flatten().collect()
    })
}

/// Writers of every shape but one: the setting of a bucket whose versioning is suspended is one writer's alone.
pub fn writers(server: &Server, seed: u64) -> Vec<Writer> {
    let shapes: Vec<Shape> = Shape::ALL.into_iter().filter(|shape| shape.mode != Mode::Suspended).collect();
    let shape = |n: usize| shapes[n % shapes.len()];
    let mut writers: Vec<Writer> = (0..WRITERS)
        .map(|n| Writer::new(&format!("w{n}"), server.s3, server.root.clone(), shape(n), seed * 1000 + n as u64 + 1))
        .collect();
    for writer in &mut writers {
        writer.prepare().expect("the server answers");
    }
    writers
}

#[test]
fn kill_nine_under_load() {
    let cycles = if super::full() { CYCLES_FULL } else { CYCLES_SLICE };
    let begun = Instant::now();
    let mut server = Server::start(Options::default());
    let mut writers = writers(&server, 1);
    for round in 0..cycles {
        // From a few milliseconds, which hit the start of things, to most of a second.
        let wait = Duration::from_millis(20 + (round as u64 * 7919) % 700);
        // A slow machine makes some changes too; each third kill comes when it comes.
        let mut problems = cycle(&mut server, &mut writers, wait, round % 3 > 0);
        server.restart();
        problems.extend(super::problems(&server, &mut writers));
        problems.extend(super::check_clean(&server).err());
        let acknowledged: u64 = writers.iter().map(|writer| writer.oracle.acknowledged).sum();
        eprintln!(
            "crash: cycle {} of {cycles}, {acknowledged} changes acknowledged, {} s",
            round + 1,
            begun.elapsed().as_secs()
        );
        assert!(problems.is_empty(), "cycle {round}, killed after {wait:?}:\n{}", problems.join("\n"));
    }
    let acknowledged: u64 = writers.iter().map(|writer| writer.oracle.acknowledged).sum();
    assert!(acknowledged > cycles as u64 * 10, "only {acknowledged} changes were acknowledged: that proves little");
    for writer in &writers {
        assert!(writer.oracle.acknowledged > 0, "{} ({}) has changed nothing", writer.name, writer.shape.name());
    }
    assert_eq!(server.stop(), Some(0), "a stop by SIGTERM is clean");
    super::note_result(
        "load",
        json!({"cycles": cycles, "writers": WRITERS, "acknowledged": acknowledged, "problems": 0, "seconds": begun.elapsed().as_secs()}),
    );
}
