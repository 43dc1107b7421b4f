//! kill -9 at every named fail point, while each kind of change is made in each shape.
//!
//! Always holds: a point that no change ever passes fails the test, so that none is there in name only.

use std::collections::BTreeSet;
use std::time::Duration;

use trefoil_core::failpoint::NAMES;
use trefoil_tests::workload::{Shape, Writer};
use trefoil_tests::{Options, Server};

/// Fewer points than this are too few.
const POINTS_MIN: usize = 40;
/// Points that may end the server at its start or in the background: how long to wait for that.
const BACKGROUND_WAIT: Duration = Duration::from_secs(3);

fn options() -> Options {
    Options::default()
}

fn writer(server: &Server, seed: u64) -> Writer {
    Writer::new("tour", server.s3, server.root.clone(), seed)
}

/// Arms one point, makes the changes of one shape, and looks at what is left. Whether the point was passed.
fn crash_at(name: &str, passage: u32, shape: Shape, seed: u64) -> Result<bool, String> {
    let mut server = Server::start(options());
    let mut writer = writer(&server, seed);
    writer.prepare().map_err(|_| "the server is gone before it was to be")?;
    // A store with something in it, so that there is something to lose.
    writer.tour(shape).map_err(|_| "the server is gone before it was to be")?;
    writer.step(shape).map_err(|_| "the server is gone before it was to be")?;
    server.stop();
    let armed = vec![("TREFOIL_FAILPOINTS".to_owned(), format!("{name}={passage}*abort"))];
    let mut passed = false;
    match server.restart_with(armed) {
        // It was passed at the start.
        Err(_) => passed = true,
        Ok(()) => {
            writer.address = server.s3;
            let gone = writer.tour(shape).is_err();
            if gone {
                passed = true;
                server.wait_end();
            } else {
                let begun = std::time::Instant::now();
                while begun.elapsed() < BACKGROUND_WAIT && !passed {
                    passed = !server.is_running();
                    std::thread::sleep(Duration::from_millis(50));
                }
                if passed {
                    server.wait_end();
                } else {
                    server.kill();
                }
            }
        }
    }
    server.restart_with(Vec::new()).map_err(|error| format!("after a crash at {name}: {error}"))?;
    let mut writers = vec![writer];
    let problems = super::problems(&server, &mut writers);
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    super::check_clean(&server)?;
    // And it goes on.
    writers[0].tour(shape).map_err(|_| "the server died after its recovery")?;
    Ok(passed)
}

/// Crashes once so that something is left over, and a second time at `name`, while that is being cleared away.
fn crash_in_recovery(name: &str) -> Result<bool, String> {
    let mut server = Server::start(options());
    let mut writer = writer(&server, 29);
    writer.prepare().map_err(|_| "the server is gone before it was to be")?;
    server.stop();
    server.restart_with(vec![("TREFOIL_FAILPOINTS".into(), "put.before_commit=abort".into())])?;
    writer.address = server.s3;
    if writer.tour(Shape::OwnFile).is_ok() {
        return Err("put.before_commit was not passed".into());
    }
    server.wait_end();
    let passed = match server.restart_with(vec![("TREFOIL_FAILPOINTS".into(), format!("{name}=abort"))]) {
        Err(_) => true,
        Ok(()) => {
            let begun = std::time::Instant::now();
            while begun.elapsed() < BACKGROUND_WAIT && server.is_running() {
                std::thread::sleep(Duration::from_millis(50));
            }
            let ended = !server.is_running();
            if ended {
                server.wait_end();
            } else {
                server.kill();
            }
            ended
        }
    };
    server.restart_with(Vec::new()).map_err(|error| format!("after a crash at {name}: {error}"))?;
    let problems = super::problems(&server, &mut [writer]);
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    super::check_clean(&server)?;
    Ok(passed)
}

/// Which points the changes of a shape pass, told by the server itself.
fn passed_by(shape: Shape) -> BTreeSet<String> {
    let scratch = tempfile::tempdir().expect("a directory");
    let log = scratch.path().join("log");
    let wrapper = ["sh", "-c", "exec \"$@\" 2>>\"$0\"", &log.display().to_string()].map(str::to_owned).to_vec();
    let options = Options { wrapper, ..options() }.env("TREFOIL_FAILPOINTS", "list");
    let mut server = Server::start(options);
    let mut writer = writer(&server, 3);
    writer.prepare().expect("the server answers");
    writer.tour(shape).expect("the server answers");
    writer.tour(shape).expect("the server answers");
    std::thread::sleep(BACKGROUND_WAIT);
    server.kill();
    server.restart();
    std::thread::sleep(Duration::from_millis(500));
    server.kill();
    let text = std::fs::read_to_string(&log).expect("the server's words");
    text.lines().filter_map(|line| line.strip_prefix("failpoint ")).map(str::to_owned).collect()
}

#[test]
#[ignore = "needs a binary with fail points: make crash-build"]
fn every_fail_point() {
    let mut failures = Vec::new();
    let mut visited = BTreeSet::new();
    let mut runs = 0;
    let mut shapes: Vec<(Shape, BTreeSet<String>)> = Shape::ALL.map(|shape| (shape, passed_by(shape))).to_vec();
    if !super::full() {
        // The slice visits each point once, in the first shape that passes it.
        let mut seen = BTreeSet::new();
        for (_, points) in &mut shapes {
            points.retain(|point| seen.insert(point.clone()));
        }
    }
    for (shape, points) in &shapes {
        for name in points {
            for passage in if super::full() { 1..=3 } else { 1..=1 } {
                runs += 1;
                let outcome = crash_at(name, passage, *shape, 17 + u64::from(passage));
                let word = outcome.as_ref().map_or("FAILED", |passed| if *passed { "stood" } else { "not passed" });
                eprintln!("crash {runs}: {name}, passage {passage}, {shape:?}: {word}");
                match outcome {
                    Ok(true) => {
                        visited.insert(name.clone());
                    }
                    Ok(false) => {}
                    Err(problem) => failures.push(format!("{name}, passage {passage}, {shape:?}:\n{problem}")),
                }
            }
        }
    }
    for name in NAMES.iter().filter(|name| name.starts_with("sweep.")) {
        runs += 1;
        match crash_in_recovery(name) {
            Ok(passed) => visited.extend(passed.then(|| (*name).to_owned())),
            Err(problem) => failures.push(format!("{name} in recovery:\n{problem}")),
        }
    }
    let known: BTreeSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    let unvisited: Vec<&String> =
        known.difference(&visited).filter(|name| !name.starts_with("commit.answer_early")).collect();
    println!("{runs} crashes at {} of {} points", visited.len(), NAMES.len());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n\n"));
    assert!(unvisited.is_empty(), "no crash happened at {unvisited:?}");
    assert!(NAMES.len() >= POINTS_MIN, "{} fail points", NAMES.len());
}
