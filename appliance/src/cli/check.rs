//! `trefoil check`: verifies the whole store, running or stopped.
//!
//! Always holds: where a daemon runs it does the check, for the directory is its own; else the command opens the store itself.
//! Exit status 0 means clean, 1 that the check could not be done, 3 that something is wrong. A long check shows how far it is.

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::remote::{Remote, RemoteArgs, Unanswered, block_on};
use super::table::{Align, Table};
use super::{FOUND, Failure, print, print_json};
use crate::admin::api::NewCheck;
use crate::check::{CheckReport, CheckState, ProgressView};

/// How often a running check is asked how far it is.
const POLL: Duration = Duration::from_millis(200);
/// How often a line is written where there is no terminal.
const SAY: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Reclaim blobs that no name leads to; nothing else is changed
    #[arg(long)]
    repair: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let remote = Remote::new(&args.remote)?;
    let bar = Bar::new();
    let running = block_on(async {
        match remote.post::<CheckState>("/api/v1/check", &NewCheck { repair: args.repair }).await {
            Ok(_) => wait(&remote, &bar).await.map(Some),
            Err(Unanswered::NotRunning(_)) if remote.local().is_some() => Ok(None),
            Err(unanswered) => Err(unanswered.into()),
        }
    })?;
    let report = match (running, remote.local()) {
        (Some(report), _) => report,
        (None, Some(settings)) => {
            crate::daemon::check_stopped(settings, args.repair, |progress| bar.show(progress)).map_err(Failure)?
        }
        (None, None) => return Err(Failure("no daemon answered".into())),
    };
    bar.clear();
    if args.json {
        print_json(&report)?;
    } else {
        print(render(&report))?;
    }
    Ok(if report.clean { ExitCode::SUCCESS } else { FOUND.into() })
}

/// Waits for the daemon's check.
async fn wait(remote: &Remote, bar: &Bar) -> Result<CheckReport, Failure> {
    loop {
        let state = remote.get("/api/v1/check").await.map_err(|unanswered| match unanswered {
            Unanswered::NotRunning(_) => Failure("the daemon ended during the check; run it again".into()),
            Unanswered::Failed(failure) => failure,
        })?;
        match state {
            CheckState::Running { progress } => bar.show(progress),
            CheckState::Done { report } => return Ok(report),
            CheckState::Failed { message } => return Err(Failure(format!("the check failed: {message}"))),
            CheckState::Idle => return Err(Failure("the daemon restarted during the check; run it again".into())),
        }
        tokio::time::sleep(POLL).await;
    }
}

/// How far the check is, on standard error: a bar on a terminal, else a line now and then.
struct Bar {
    bar: Option<ProgressBar>,
    said: Cell<Instant>,
}

impl Bar {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(0));
        if let (Some(bar), Ok(style)) = (&bar, ProgressStyle::with_template("{spinner} {wide_bar} {msg}")) {
            bar.set_style(style);
        }
        Self { bar, said: Cell::new(Instant::now()) }
    }

    fn show(&self, progress: ProgressView) {
        let text = describe(progress);
        match &self.bar {
            Some(bar) => {
                bar.set_length(progress.bytes_total);
                bar.set_position(progress.bytes_done);
                bar.set_message(text);
                bar.tick();
            }
            None if self.said.get().elapsed() >= SAY => {
                eprintln!("check: {text}");
                self.said.set(Instant::now());
            }
            None => {}
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What is done of each of its three passes: names, bytes, blobs.
fn describe(progress: ProgressView) -> String {
    let ProgressView { names_done, bytes_done, bytes_total, blobs_done } = progress;
    let (done, total) = (indicatif::BinaryBytes(bytes_done), indicatif::BinaryBytes(bytes_total));
    format!("{names_done} names, {done} of {total}, {blobs_done} blobs")
}

/// The report for people: counts, then what is wrong, then the verdict.
pub fn render(report: &CheckReport) -> String {
    let mut table = Table::new(&[("CHECKED", Align::Left), ("COUNT", Align::Right)]);
    for (name, count) in [
        ("buckets", report.buckets),
        ("objects", report.objects),
        ("versions", report.versions),
        ("delete markers", report.delete_markers),
        ("directories", report.directories),
        ("uploads", report.uploads),
        ("parts", report.parts),
        ("contents", report.contents),
        ("bytes verified", report.bytes_verified),
        ("blobs", report.blobs),
        ("blobs to delete", report.blobs_waiting),
        ("orphan blobs", report.orphan_blobs),
        ("orphan blobs deleted", report.orphan_blobs_deleted),
        ("bytes freed", report.bytes_freed),
        ("problems", report.problems_total),
    ] {
        table.row([name.to_owned(), count.to_string()]);
    }
    let mut text = table.to_string();
    for problem in &report.problems {
        text.push_str(&super::table::visible(&format!("{}: {}", problem.kind, problem.what)));
        text.push('\n');
    }
    let left = report.orphan_blobs - report.orphan_blobs_deleted.min(report.orphan_blobs);
    text.push_str(&match (report.clean, report.problems_total) {
        (true, _) => "clean\n".to_owned(),
        (false, 0) => format!("{left} orphan blobs take space; run `trefoil check --repair` to reclaim them\n"),
        (false, problems) => {
            format!("{problems} problems; keep a copy of the data directory before anything else is done to it\n")
        }
    });
    text
}
