//! `/api/v1/check`: starts a check of the store and shows how far it is.
//!
//! Always holds: one check at a time; its last result stays until the next begins.

use std::sync::Arc;

use http::StatusCode;
use parking_lot::Mutex;

use super::Admin;
use super::answer::{self, Answer};
use super::api::NewCheck;
use super::route::document;
use crate::check::{CheckState, Checker, Progress};

/// The check that runs, or the last one.
pub struct CheckJob {
    checker: Arc<dyn Checker>,
    state: Arc<Mutex<State>>,
}

enum State {
    Idle,
    Running(Arc<Progress>),
    Ended(CheckState),
}

impl CheckJob {
    pub fn new(checker: Arc<dyn Checker>) -> Self {
        Self { checker, state: Arc::new(Mutex::new(State::Idle)) }
    }

    /// Starts a check. `false` where one runs.
    fn start(&self, repair: bool) -> bool {
        let progress = Arc::new(Progress::default());
        {
            let mut state = self.state.lock();
            if matches!(*state, State::Running(_)) {
                return false;
            }
            *state = State::Running(Arc::clone(&progress));
        }
        let (checker, state) = (Arc::clone(&self.checker), Arc::clone(&self.state));
        let job = tokio::spawn(async move { checker.check(repair, &progress).await });
        // A second task, so that a check that panics is seen to have ended, too.
        tokio::spawn(async move {
            let ended = match job.await {
                Ok(Ok(report)) => CheckState::Done { report },
                Ok(Err(error)) => CheckState::Failed { message: error.to_string() },
                Err(error) => CheckState::Failed { message: format!("the check broke off: {error}") },
            };
            *state.lock() = State::Ended(ended);
        });
        true
    }

    fn state(&self) -> CheckState {
        match &*self.state.lock() {
            State::Idle => CheckState::Idle,
            State::Running(progress) => CheckState::Running { progress: progress.view() },
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
        Err(refusal) => return refusal,
    };
    if !admin.check.start(check.repair) {
        let message = "a check is running; wait for it (GET /api/v1/check shows how far it is)";
        return answer::refusal(StatusCode::CONFLICT, "CheckRunning", message);
    }
    answer::json(StatusCode::ACCEPTED, &admin.check.state())
}
