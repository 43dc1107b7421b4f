//! `/_/health/live`, `/_/health/ready`, `/_/metrics`: for probes and scrapers, without a signature.
//!
//! Always holds: live says that the process answers; ready, that S3 requests are served (503 before the ready line and while
//! draining). Neither waits for a disk.

use http::request::Parts;
use http::{Method, StatusCode};

use super::Front;
use super::answer::{self, Answer};
use crate::metrics::CONTENT_TYPE;

/// The answer, where the path is one of these.
pub fn answer(front: &Front, head: &Parts) -> Option<Answer> {
    let path = head.uri.path().strip_prefix("/_/")?;
    if !matches!(path, "health/live" | "health/ready" | "metrics") {
        return Some(answer::refusal(
            StatusCode::NOT_FOUND,
            "NotFound",
            "there are health/live, health/ready and metrics",
        ));
    }
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return Some(answer::method_not_allowed("GET, HEAD"));
    }
    Some(match path {
        "metrics" => answer::text(StatusCode::OK, CONTENT_TYPE, front.metrics()),
        "health/ready" if !front.is_ready() => {
            answer::text(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "not ready\n".into())
        }
        "health/ready" => answer::text(StatusCode::OK, "text/plain", "ready\n".into()),
        _ => answer::text(StatusCode::OK, "text/plain", "live\n".into()),
    })
}
