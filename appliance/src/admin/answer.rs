//! Answers of the admin API.
//!
//! Always holds: an error of the core maps to one status and one code here (an exhaustive match), with its message, which has the
//! cure in it.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;
use trefoil_core::error::Error;
use trefoil_core::files::FileError;

use super::api::{Refusal, Refused};

pub type Answer = Response<Full<Bytes>>;

/// An answer with a JSON document.
pub fn json(status: StatusCode, document: &impl Serialize) -> Answer {
    match serde_json::to_vec(document) {
        Ok(mut body) => {
            body.push(b'\n');
            with(status, "application/json", body)
        }
        Err(error) => with(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", error.to_string().into_bytes()),
    }
}

pub fn text(status: StatusCode, content_type: &'static str, body: String) -> Answer {
    with(status, content_type, body.into_bytes())
}

pub fn no_content() -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

pub fn refusal(status: StatusCode, code: &str, message: impl Into<String>) -> Answer {
    json(status, &Refused { error: Refusal { code: code.to_owned(), message: message.into() } })
}

pub fn method_not_allowed(allowed: &'static str) -> Answer {
    let message = format!("this path takes {allowed}");
    let mut answer = refusal(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// The answer for an error of the core.
pub fn error(error: &Error) -> Answer {
    let (status, code) = match error {
        Error::NoSuchBucket(_) => (StatusCode::NOT_FOUND, "NoSuchBucket"),
        Error::NoSuchKey(_) | Error::Deleted { .. } | Error::NoSuchVersion { .. } | Error::NoSuchUpload(_) => {
            (StatusCode::NOT_FOUND, "NotFound")
        }
        Error::NotConfigured(_) => (StatusCode::NOT_FOUND, "NotConfigured"),
        Error::File(FileError::NoSuchName | FileError::NotADirectory) => (StatusCode::NOT_FOUND, "NoSuchDirectory"),
        Error::AccessDenied(_) => (StatusCode::FORBIDDEN, "AccessDenied"),
        Error::BucketAlreadyOwnedByYou(_)
        | Error::BucketAlreadyExists(_)
        | Error::BucketNotEmpty(_)
        | Error::InvalidBucketState(_)
        | Error::ConditionalConflict => (StatusCode::CONFLICT, "Conflict"),
        Error::PreconditionFailed(_) => (StatusCode::PRECONDITION_FAILED, "PreconditionFailed"),
        Error::NotImplemented(_) => (StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
        Error::StorageFull(_) => (StatusCode::INSUFFICIENT_STORAGE, "StorageFull"),
        Error::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "Unavailable"),
        Error::Corrupt(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Corrupt"),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal"),
        Error::File(_)
        | Error::TooManyBuckets(_)
        | Error::IsDeleteMarker { .. }
        | Error::NotModified(_)
        | Error::InvalidRange { .. }
        | Error::InvalidPartNumber { .. }
        | Error::IdempotencyMismatch
        | Error::InvalidArgument { .. }
        | Error::InvalidRequest(_)
        | Error::MalformedAcl(_)
        | Error::MalformedConfiguration(_)
        | Error::InvalidTag(_)
        | Error::KeyTooLong { .. }
        | Error::MetadataTooLarge { .. }
        | Error::UnresolvableGrantByEmail(_)
        | Error::BadDigest(_)
        | Error::BadMd5 { .. }
        | Error::BadPartDigest { .. }
        | Error::InvalidMd5 { .. }
        | Error::PayloadHashMismatch { .. }
        | Error::BodySignature
        | Error::IncompleteBody(_)
        | Error::MalformedTrailer(_)
        | Error::BodyTimeout
        | Error::EntityTooLarge { .. }
        | Error::EntityTooSmall { .. }
        | Error::InvalidPart { .. }
        | Error::InvalidPartOrder { .. } => (StatusCode::BAD_REQUEST, "InvalidRequest"),
    };
    refusal(status, code, error.to_string())
}

fn with(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Full::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
