//! `/api/v1/check`: starts a check of the store and shows how far it is.
//!
//! Always holds: one check at a time; its last result stays until the next begins.

use std::sync::Arc;

use http::StatusCode;
use parking_lot::Mutex;
use trefoil_core::objects::ObjectService;
use trefoil_core::work::check::{self, Progress};

use super::Admin;
use super::answer::{self, Answer};
use super::api::NewCheck;
use super::route::document;
use crate::check::CheckState;

/// The check that runs, or the last one.
#[derive(Default)]
pub struct CheckJob {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
enum State {
    #[default]
    Idle,
    Running(Arc<Progress>),
    Ended(CheckState),
}

impl CheckJob {
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
        let job = tokio::task::spawn_blocking(move || runtime.block_on(check::check(&service, repair, &progress)));
        // A second task, so that a check that panics is seen to have ended, too.
        tokio::spawn(async move {
            let ended = match job.await {
                Ok(Ok(report)) => CheckState::Done { report: report.into() },
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
