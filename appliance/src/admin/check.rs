//! `/api/v1/check`: starts a check of the store and shows how far it is.
//!
//! Always holds: one check at a time; its last result stays until the next begins. A check ends with the daemon.

use std::sync::Arc;

use http::StatusCode;
use parking_lot::Mutex;
use tokio::sync::watch;
use trefoil_core::objects::ObjectService;
use trefoil_core::work::check::{self, Progress};

use super::Admin;
use super::answer::{self, Answer};
use super::api::NewCheck;
use super::route::document;
use crate::check::CheckState;

/// The check that runs, or the last one.
pub struct CheckJob {
    state: Arc<Mutex<State>>,
    stopped: watch::Receiver<bool>,
}

#[derive(Default)]
enum State {
    #[default]
    Idle,
    Running(Arc<Progress>),
    Ended(CheckState),
}

impl CheckJob {
    pub fn new(stopped: watch::Receiver<bool>) -> Self {
        Self { state: Arc::default(), stopped }
    }

    /// Starts a check. `false` where one runs.
    fn start(&self, service: ObjectService, repair: bool) -> bool {
        let progress = Arc::new(Progress::default());
        {
            let mut state = self.state.lock();
            if matches!(*state, State::Running(_)) {
                return false;
            }
            *state = State::Running(Arc::clone(&progress));
        }
        let state = Arc::clone(&self.state);
        // On a thread of its own: a check reads for as long as it takes, and must not hold up those who serve requests.
        let runtime = tokio::runtime::Handle::current();
        let mut stopped = self.stopped.clone();
        let job = tokio::task::spawn_blocking(move || {
            runtime.block_on(async {
                tokio::select! {
                    report = check::check(&service, repair, &progress) => report.map_err(|error| error.to_string()),
                    // An error means that the daemon has gone.
                    _ = stopped.wait_for(|stopped| *stopped) => Err("the daemon ends; run it again, also without a daemon".into()),
                }
            })
        });
        // A second task, so that a check that panics is seen to have ended, too.
        tokio::spawn(async move {
            let ended = match job.await {
                Ok(Ok(report)) => CheckState::Done { report: report.into() },
                Ok(Err(message)) => CheckState::Failed { message },
                Err(error) => CheckState::Failed { message: format!("the check broke off: {error}") },
            };
            *state.lock() = State::Ended(ended);
        });
        true
    }

    fn state(&self) -> CheckState {
        match &*self.state.lock() {
            State::Idle => CheckState::Idle,
            State::Running(progress) => CheckState::Running { progress: (&**progress).into() },
            State::Ended(state) => state.clone(),
        }
    }
}

pub fn show(admin: &Admin) -> Answer {
    answer::json(StatusCode::OK, &admin.check.state())
}

pub fn start(admin: &Admin, body: &[u8]) -> Answer {
    let check: NewCheck = match document(if body.is_empty() { b"{}" } else { body }) {
        Ok(check) => check,
        Err(refusal) => return *refusal,
    };
    if !admin.check.start(admin.service.clone(), check.repair) {
        let message = "a check is running; wait for it (GET /api/v1/check shows how far it is)";
        return answer::refusal(StatusCode::CONFLICT, "CheckRunning", message);
    }
    answer::json(StatusCode::ACCEPTED, &admin.check.state())
}
