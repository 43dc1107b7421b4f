//! kill -9 under 16-way load, again and again on one directory.
//!
//! Always holds: the cycles go on with the store that the crashes left.

use std::time::Duration;

use trefoil_tests::workload::{Shape, Writer};
use trefoil_tests::{Options, Server};

const WRITERS: usize = 16;
const CYCLES_FULL: usize = 200;
const CYCLES_SLICE: usize = 6;

/// One cycle: all writers change things until the server is killed. How long they may is the caller's.
pub fn cycle(server: &mut Server, writers: &mut [Writer], wait: Duration) {
    std::thread::scope(|scope| {
        for (index, writer) in writers.iter_mut().enumerate() {
            writer.address = server.s3;
            let shape = Shape::ALL[index % Shape::ALL.len()];
            scope.spawn(move || while writer.step(shape).is_ok() {});
        }
        std::thread::sleep(wait);
        server.kill();
    });
}

pub fn writers(server: &Server, seed: u64) -> Vec<Writer> {
    let writers: Vec<Writer> = (0..WRITERS)
        .map(|n| Writer::new(&format!("w{n}"), server.s3, server.root.clone(), seed * 1000 + n as u64 + 1))
        .collect();
    writers[0].prepare().expect("the server answers");
    writers
}

#[test]
fn kill_nine_under_load() {
    let cycles = if super::full() { CYCLES_FULL } else { CYCLES_SLICE };
    let mut server = Server::start(Options::default());
    let mut writers = writers(&server, 1);
    for round in 0..cycles {
        // From a few milliseconds, which hit the start of things, to most of a second.
        let wait = Duration::from_millis(20 + (round as u64 * 7919) % 700);
        cycle(&mut server, &mut writers, wait);
        server.restart();
        let problems = super::problems(&server, &mut writers);
        assert!(problems.is_empty(), "cycle {round}:\n{}", problems.join("\n"));
        eprintln!("cycle {} of {cycles}: nothing lost", round + 1);
    }
    super::check_clean(&server).expect("a clean store");
    let acknowledged: u64 = writers.iter().map(|writer| writer.oracle.acknowledged).sum();
    println!("{cycles} cycles, {acknowledged} acknowledged changes");
    assert!(acknowledged > cycles as u64 * 20, "only {acknowledged} changes were acknowledged: that proves little");
    assert_eq!(server.stop(), Some(0), "a stop by SIGTERM is clean");
}
