//! `trefoil check`: verifies the whole store, running or stopped.
//!
//! Always holds: where a daemon runs it does the check, for the directory is its own; else the command opens the store itself.
//! Exit status 0 means clean, 1 that something is wrong or the check could not be done.

#[cfg(test)]
mod tests;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::remote::{Remote, RemoteArgs, Unanswered, block_on};
use super::table::{Align, Table};
use super::{Failure, print, print_json};
use crate::admin::api::NewCheck;
use crate::check::{CheckReport, CheckState, ProgressView};

/// How often a running check is asked how far it is.
const POLL: Duration = Duration::from_millis(200);

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
            Err(Unanswered::NotRunning(_)) if remote.is_local() => Ok(None),
            Err(unanswered) => Err(unanswered.into()),
        }
    })?;
    let report = match running {
        Some(report) => report,
        None => stopped(args, &bar)?,
    };
    bar.clear();
    if args.json {
        print_json(&report)?;
    } else {
        print(render(&report))?;
    }
    Ok(if report.clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Waits for the daemon's check.
async fn wait(remote: &Remote, bar: &Bar) -> Result<CheckReport, Failure> {
    loop {
        match remote.get("/api/v1/check").await? {
            CheckState::Running { progress } => bar.show(progress),
            CheckState::Done { report } => return Ok(report),
            CheckState::Failed { message } => return Err(Failure(format!("the check failed: {message}"))),
            CheckState::Idle => return Err(Failure("the daemon restarted during the check; run it again".into())),
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Opens the store and checks it here.
fn stopped(args: &CheckArgs, bar: &Bar) -> Result<CheckReport, Failure> {
    let loaded = args.remote.common.load()?;
    crate::daemon::check_stopped(&loaded.settings, args.repair, |progress| bar.show(progress)).map_err(Failure)
}

/// A progress bar on standard error, where that is a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn show(&self, progress: ProgressView) {
        self.0.set_length(progress.bytes_total);
        self.0.set_position(progress.bytes_done);
        self.0.set_message(format!("{} names", progress.names_done));
    }

    fn clear(&self) {
        self.0.finish_and_clear();
    }
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
