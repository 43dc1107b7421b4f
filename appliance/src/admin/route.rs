//! Which file answers which path.
//!
//! Always holds: nothing below `/api/` is reached without the caller having been let in; a body is read whole, within its bound,
//! before it is looked at.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::answer::{self, Answer};
use super::{Admin, Door, Front, check, exports, health, keys, mounts, users};
use crate::limits::ADMIN_BODY_BYTES_MAX;

/// Answers one request.
pub async fn answer(front: &Front, door: Door, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    if let Some(answer) = health::answer(front, &head) {
        return answer;
    }
    let Some(path) = head.uri.path().strip_prefix("/api/v1/") else {
        let message = "no such path; the admin API is below /api/v1/, health and metrics below /_/";
        return answer::refusal(StatusCode::NOT_FOUND, "NotFound", message);
    };
    let Some(admin) = front.admin() else {
        let message = "the daemon is opening its store; try again in a moment";
        return answer::refusal(StatusCode::SERVICE_UNAVAILABLE, "Starting", message);
    };
    let body = match Limited::new(body, ADMIN_BODY_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let message = format!("a body has at most {ADMIN_BODY_BYTES_MAX} bytes here");
            return answer::refusal(StatusCode::PAYLOAD_TOO_LARGE, "BodyTooLarge", message);
        }
        Err(_) => return answer::refusal(StatusCode::BAD_REQUEST, "IncompleteBody", "the body ended early"),
    };
    if door == Door::Address
        && let Err(message) = admin.verifier.verify(&head, &body)
    {
        // Counted, and told where somebody looks for it: whoever can connect could fill the disk with warnings.
        front.refused.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(path = head.uri.path(), %message, "a request to the admin API was refused");
        return answer::refusal(StatusCode::FORBIDDEN, "AccessDenied", message);
    }
    // Names and ids have letters that need no encoding; what is encoded names nothing.
    let segments: Vec<&str> = path.split('/').collect();
    route(admin, &head.method, &segments, body).await
}

async fn route(admin: &Admin, method: &Method, segments: &[&str], body: Bytes) -> Answer {
    match (segments, method) {
        (["info"], &Method::GET) => {
            let uptime_seconds = admin.started.elapsed().as_secs();
            answer::json(StatusCode::OK, &super::api::Info { uptime_seconds, ..admin.info.clone() })
        }
        (["info"], _) => answer::method_not_allowed("GET"),
        (["users"], &Method::GET) => users::list(admin),
        (["users"], &Method::POST) => users::create(admin, &body).await,
        (["users"], _) => answer::method_not_allowed("GET, POST"),
        (["users", name], &Method::GET) => users::show(admin, name),
        (["users", name], &Method::DELETE) => users::delete(admin, name).await,
        (["users", _], _) => answer::method_not_allowed("GET, DELETE"),
        (["users", name, "keys"], &Method::GET) => keys::list(admin, name),
        (["users", name, "keys"], &Method::POST) => keys::create(admin, name, &body).await,
        (["users", _, "keys"], _) => answer::method_not_allowed("GET, POST"),
        (["keys", id], &Method::DELETE) => keys::delete(admin, id).await,
        (["keys", _], _) => answer::method_not_allowed("DELETE"),
        (["mounts"], &Method::GET) => mounts::list(admin),
        (["mounts"], &Method::POST) => mounts::create(admin, &body).await,
        (["mounts"], _) => answer::method_not_allowed("GET, POST"),
        // A directory's path does not go into a path of the API.
        (["mounts", "unmount"], &Method::POST) => mounts::remove(admin, &body).await,
        (["mounts", "unmount"], _) => answer::method_not_allowed("POST"),
        (["exports"], &Method::GET) => exports::list(admin).await,
        (["exports"], &Method::POST) => exports::create(admin, &body).await,
        (["exports"], _) => answer::method_not_allowed("GET, POST"),
        (["exports", name], &Method::DELETE) => exports::delete(admin, name).await,
        (["exports", _], _) => answer::method_not_allowed("DELETE"),
        (["check"], &Method::GET) => check::show(admin),
        (["check"], &Method::POST) => check::start(admin, &body),
        (["check"], _) => answer::method_not_allowed("GET, POST"),
        _ => answer::refusal(StatusCode::NOT_FOUND, "NotFound", "no such path below /api/v1/"),
    }
}

/// Reads a request's document.
pub fn document<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Box<Answer>> {
    serde_json::from_slice(body).map_err(|error| {
        Box::new(answer::refusal(StatusCode::BAD_REQUEST, "InvalidRequest", format!("the body: {error}")))
    })
}
