//! kill -9 at every named fail point that each operation passes, in each shape.
//!
//! Always holds: a point is armed just before the one request of a step, so that no other dies of it; that the server died there is
//! told by its own last words and by the signal. A point that no step passes fails the test, so that none is there in name only.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use trefoil_core::failpoint::NAMES;
use trefoil_tests::workload::{Shape, Step, Writer, tour};
use trefoil_tests::{Options, Server};

/// Fewer points than this are too few.
const POINTS_MIN: usize = 40;
/// How long what is left for the background is watched, where nothing says that it is done.
const BACKGROUND_WAIT: Duration = Duration::from_secs(3);
/// How long the background may take to come to a point that it is to die at: it ends the wait by that.
const BACKGROUND_DEATH_WAIT: Duration = Duration::from_secs(30);
/// What happens in the background, at any time: only a step that waits for it dies of it for certain.
const BACKGROUND: [&str; 4] = ["reclaim.", "blob.", "sweep.", "epoch."];
/// What a start passes by itself, beside the work that waits for it.
const OF_A_START: [&str; 4] = ["epoch.", "commit.", "sweep.", "blob."];
/// What happens once a start, in the first request that needs it, which may be one that prepares a step.
const ONCE_A_START: [&str; 4] = ["ids.", "volume.opened", "volume.created", "file.directory_made"];
/// Shapes are tried side by side: most of the time of each is waiting for disks and processes.
const SIDE_BY_SIDE: usize = 4;
/// What only a file door passes: files.rs goes there.
pub const OF_FILES: [&str; 2] = ["session.", "flatten."];
/// The step that is no request: a start that clears away what a crash has left.
const START: &str = "start after a crash";

fn is_background(point: &str) -> bool {
    BACKGROUND.iter().any(|area| point.starts_with(area))
}

fn is_once_a_start(point: &str) -> bool {
    ONCE_A_START.iter().any(|area| point.starts_with(area))
}

/// The file that a running server reads its armed points from, and the one that it notes its passages in.
#[derive(Clone)]
struct Arms {
    words: PathBuf,
    trace: PathBuf,
}

impl Arms {
    fn set(&self, words: &str) {
        let new = self.words.with_extension("new");
        std::fs::write(&new, words).and_then(|()| std::fs::rename(&new, &self.words)).expect("a file can be written");
    }

    fn arm(&self, point: &str) {
        self.set(&format!("{point}=abort"));
    }

    fn begin_trace(&self) {
        drop(std::fs::remove_file(&self.trace));
        self.set(&format!("trace:{}", self.trace.display()));
    }

    /// The points that were passed since the trace began.
    fn end_trace(&self) -> BTreeSet<String> {
        self.set("");
        std::fs::read_to_string(&self.trace).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

/// A store that goes from crash to crash.
struct Victim {
    server: Server,
    writers: [Writer; 1],
    arms: Arms,
    _scratch: tempfile::TempDir,
}

impl Victim {
    fn new(shape: Shape) -> Result<Self, String> {
        let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
        let arms = Arms { words: scratch.path().join("armed"), trace: scratch.path().join("passed") };
        arms.set("");
        let binary = trefoil_tests::server::binary();
        let options = Options { binary: Some(binary.clone()), ..Options::default() };
        let server = Server::try_start(options.env("TREFOIL_FAILPOINTS", &format!("@{}", arms.words.display())))?;
        let mut writer = Writer::new("tour", server.s3, server.root.clone(), shape, 17);
        if shape == Shape::ALL[0] {
            writer.commands = Some((binary, server.directory().to_owned()));
        }
        let mut victim = Self { server, writers: [writer], arms, _scratch: scratch };
        victim.writer().prepare().map_err(|_| "the server is gone before it was to be")?;
        // What happens once a start is still to come.
        victim.start_anew()?;
        Ok(victim)
    }

    fn start_anew(&mut self) -> Result<(), String> {
        self.server.kill();
        self.server.restart_with_the_same()
    }

    fn writer(&mut self) -> &mut Writer {
        &mut self.writers[0]
    }

    /// What the step's own request passes, on a server that nobody disturbs.
    fn trace(&mut self, step: &Step) -> Result<BTreeSet<String>, String> {
        let (arms, late) = (self.arms.clone(), step.is_background);
        self.writer().before_the_request(Box::new(move || {
            // What earlier steps have left is not of this one: it would not come again.
            if late {
                std::thread::sleep(BACKGROUND_WAIT);
            }
            arms.begin_trace();
        }));
        let made = (step.run)(self.writer());
        let points = self.arms.end_trace();
        made.map_err(|_| format!("{}: the undisturbed server is gone", step.name))?;
        match self.writer().complaints.is_empty() {
            true => Ok(points.into_iter().filter(|point| step.is_background || !is_background(point)).collect()),
            false => Err(self.writer().complaints.join("\n")),
        }
    }

    /// What is left, and that it goes on from there.
    fn recover(&mut self) -> Result<(), String> {
        self.arms.set("");
        if !self.server.is_running() {
            if !self.server.has_ended() {
                self.server.wait_end();
            }
            self.server.restart_with_the_same()?;
        }
        let mut problems = super::problems(&self.server, &mut self.writers);
        problems.extend(super::check_clean(&self.server).err());
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }

    /// The server has ended: by the point's abort, and by nothing else.
    fn died_at(&mut self, point: &str) -> Result<(), String> {
        let status = self.server.wait_end();
        let words = format!("failpoint {point}: abort");
        if status.signal() != Some(libc::SIGABRT) || !self.server.said().contains(&words) {
            let said = self.server.said();
            let last = said.iter().rev().take(20).rev().cloned().collect::<Vec<_>>().join("\n");
            return Err(format!("the server ended otherwise than at the point: {status}; it said\n{last}"));
        }
        Ok(())
    }

    /// Makes the step with the point armed before its own request. Whether the server died of it.
    fn step_into(&mut self, step: &Step, point: &str) -> Result<bool, String> {
        let (arms, armed, late) = (self.arms.clone(), point.to_owned(), step.is_background);
        self.writer().before_the_request(Box::new(move || {
            if late {
                std::thread::sleep(BACKGROUND_WAIT);
            }
            arms.arm(&armed);
        }));
        match (step.run)(self.writer()) {
            Err(_) => self.died_at(point).map(|()| true),
            Ok(()) if step.is_background && !self.outlives(BACKGROUND_DEATH_WAIT) => self.died_at(point).map(|()| true),
            Ok(()) => Ok(false),
        }
    }

    /// Whether the server still runs after this long; not waited for where it ends.
    fn outlives(&mut self, wait: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < wait && self.server.is_running() {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.server.is_running()
    }

    /// Crashes at the point during the step's own request. Whether it did.
    fn crash(&mut self, step: &Step, point: &str) -> Result<bool, String> {
        let mut outcome = self.step_into(step, point);
        if let Ok(false) = outcome
            && is_once_a_start(point)
        {
            self.recover()?;
            self.start_anew()?;
            outcome = self.step_into(step, point);
        }
        // Looked at in any case: what is wrong with the store says more.
        self.recover()?;
        match outcome? {
            false if !is_once_a_start(point) => Err("passed when it was traced, and not when it was armed".to_owned()),
            died => Ok(died),
        }
    }

    /// Leaves an orphan, and starts. `words` are in force during the start and for `wait` after it; whether the server lives.
    fn start_after_a_crash(&mut self, words: impl FnOnce(&Arms), wait: Duration) -> Result<bool, String> {
        let steps = tour(self.writer().shape);
        let left = [("PutObject", "put.before_commit"), ("UploadPart", "part.before_commit")];
        let (step, point) = steps
            .iter()
            .find_map(|step| Some((step, left.iter().find(|(name, _)| *name == step.name)?.1)))
            .ok_or("no step writes a content")?;
        if !self.step_into(step, point)? {
            return Err(format!("nothing was left behind, for {point} was not passed"));
        }
        words(&self.arms);
        if let Err(said) = self.server.restart_with_the_same() {
            return if said.contains("SIGABRT") && said.contains(": abort") { Ok(false) } else { Err(said) };
        }
        Ok(self.outlives(wait))
    }

    fn trace_start(&mut self) -> Result<BTreeSet<String>, String> {
        let lives = self.start_after_a_crash(Arms::begin_trace, BACKGROUND_WAIT)?;
        let mut points = self.arms.end_trace();
        self.recover()?;
        points.retain(|point| OF_A_START.iter().any(|area| point.starts_with(area)));
        if lives { Ok(points) } else { Err("the undisturbed server is gone".to_owned()) }
    }

    fn crash_at_start(&mut self, point: &str) -> Result<bool, String> {
        let lives = self.start_after_a_crash(|arms| arms.arm(point), BACKGROUND_DEATH_WAIT)?;
        let outcome = match lives {
            true => Err("passed when it was traced, and not when it was armed".to_owned()),
            false if self.server.has_ended() => Ok(()),
            false => self.died_at(point),
        };
        self.recover()?;
        outcome.map(|()| true)
    }
}

/// Where crashes are to be: steps and the points that each passes.
type Plan = Vec<(&'static str, BTreeSet<String>)>;

/// What happened at one shape.
#[derive(Default)]
struct Outcome {
    visited: BTreeMap<&'static str, BTreeSet<String>>,
    crashes: usize,
    acknowledged: u64,
    failures: Vec<String>,
}

/// Makes every step once and notes what it passes.
fn plan(shape: Shape) -> Result<Plan, String> {
    let mut victim = Victim::new(shape)?;
    let mut plan = Plan::new();
    for step in tour(shape) {
        plan.push((step.name, victim.trace(&step)?));
    }
    victim.recover()?;
    plan.push((START, victim.trace_start()?));
    Ok(plan)
}

fn visit(shape: Shape, plan: &Plan) -> Result<Outcome, String> {
    let mut victim = Victim::new(shape)?;
    let mut outcome = Outcome::default();
    let steps = tour(shape);
    let begun = Instant::now();
    let total: usize = plan.iter().map(|(_, points)| points.len()).sum();
    for (name, points) in plan {
        for point in points {
            let crashed = match steps.iter().find(|step| step.name == *name) {
                Some(step) => victim.crash(step, point),
                None => victim.crash_at_start(point),
            };
            outcome.crashes += 1;
            let (number, seconds) = (outcome.crashes, begun.elapsed().as_secs());
            eprintln!("crash: {}: {number} of {total}: {name} at {point}, {seconds} s", shape.name());
            match crashed {
                Ok(false) => {}
                Ok(true) => {
                    outcome.visited.entry(name).or_default().insert(point.clone());
                }
                Err(problem) => {
                    outcome.failures.push(format!("{}: {name} at {point}: {problem}", shape.name()));
                    victim = Victim::new(shape)?;
                }
            }
        }
    }
    outcome.acknowledged = victim.writer().oracle.acknowledged;
    Ok(outcome)
}

/// Does `work` for each shape, some of them side by side.
fn for_each_shape<T: Send>(work: impl Fn(Shape) -> T + Sync) -> Vec<(Shape, T)> {
    let waiting = Mutex::new(VecDeque::from(Shape::ALL));
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(shape) = next else { return };
                    let result = work(shape);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((shape, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(shape, _)| *shape);
    done
}

/// Of all there is to visit, each point once.
fn slice(plans: &mut [(Shape, Plan)]) {
    let mut seen = BTreeSet::new();
    for (_, plan) in plans.iter_mut() {
        for (_, points) in plan.iter_mut() {
            points.retain(|point| seen.insert(point.clone()));
        }
    }
}

#[test]
#[ignore = "needs a binary with fail points: make crash-build"]
fn every_fail_point() {
    let begun = Instant::now();
    let mut plans = Vec::new();
    let mut failures = Vec::new();
    for (shape, planned) in for_each_shape(plan) {
        match planned {
            Ok(plan) => plans.push((shape, plan)),
            Err(problem) => failures.push(format!("{}, before any crash: {problem}", shape.name())),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    if !super::full() {
        slice(&mut plans);
    }
    let plans: Arc<BTreeMap<Shape, Plan>> = Arc::new(plans.into_iter().collect());
    let mut visited = BTreeSet::new();
    let (mut crashes, mut acknowledged, mut shapes) = (0, 0, serde_json::Map::new());
    for (shape, outcome) in for_each_shape(|shape| visit(shape, &plans[&shape])) {
        match outcome {
            Ok(outcome) => {
                crashes += outcome.crashes;
                acknowledged += outcome.acknowledged;
                visited.extend(outcome.visited.values().flatten().cloned());
                shapes.insert(shape.name(), json!(outcome.visited));
                failures.extend(outcome.failures);
            }
            Err(problem) => failures.push(format!("{}: {problem}", shape.name())),
        }
    }
    let others = NAMES.iter().filter(|name| !OF_FILES.iter().any(|area| name.starts_with(area)));
    let known: BTreeSet<String> = others.map(|name| (*name).to_owned()).collect();
    let unvisited: Vec<&String> = known.difference(&visited).collect();
    let seconds = begun.elapsed().as_secs();
    eprintln!("crash: {crashes} crashes at {} of {} points, {seconds} s", visited.len(), known.len());
    super::note_result(
        "points",
        json!({
            "crashes": crashes, "points": visited, "shapes": shapes, "acknowledged": acknowledged,
            "problems": failures.len(), "seconds": seconds,
        }),
    );
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n\n"));
    assert!(unvisited.is_empty(), "no crash happened at {unvisited:?}");
    assert!(visited.len() >= POINTS_MIN, "{} fail points", visited.len());
}
