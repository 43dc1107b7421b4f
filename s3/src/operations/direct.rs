//! The verbs of one object, which are most of what a store is asked: answered without s3s, whose routing, inputs and outputs cost more
//! than the rest of a small request does.
//!
//! Always holds: what the front decoded is what they work with; they read the headers as they were sent, and their answers are
//! responses already. A parameter that is read is refused where it is there twice, as s3s refuses it for the other operations.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response};

use super::call::Call;
use super::{S3Door, delete_object, get_object, put_object};
use crate::error::Failure;
use crate::operate::Asked;
use crate::table::Operation;
use crate::target::Target;

pub type Reply = Result<Response<s3s::Body>, Failure>;

/// What path and query say.
pub struct Input(Arc<Target>);

impl Input {
    pub fn bucket(&self) -> &str {
        self.0.bucket.as_deref().unwrap_or_default()
    }

    pub fn key(&self) -> &str {
        self.0.key.as_deref().unwrap_or_default()
    }

    /// A parameter, where it is there.
    pub fn parameter(&self, name: &'static str) -> Result<Option<&str>, Failure> {
        let query = &self.0.query;
        match query.count(name) {
            0 | 1 => Ok(query.get(name)),
            _ => Err(Failure::invalid_request(format!("The parameter {name} was sent more than once."))),
        }
    }
}

#[derive(Clone, Copy)]
pub enum Verb {
    Get,
    Head,
    Put,
    Delete,
}

impl Verb {
    pub fn of(operation: &Operation) -> Option<Self> {
        match operation.name {
            "GetObject" => Some(Self::Get),
            "HeadObject" => Some(Self::Head),
            "PutObject" => Some(Self::Put),
            "DeleteObject" => Some(Self::Delete),
            _ => None,
        }
    }
}

/// Answers a request whose parameters were looked at.
pub async fn call(door: &S3Door, verb: Verb, asked: Asked) -> Reply {
    let Asked { target, auth, request, .. } = asked;
    let (parts, body) = request.into_parts();
    let call = Call { input: Input(target), headers: parts.headers, auth, document: Bytes::new() };
    let answer = match verb {
        Verb::Get => get_object::get(door, call).await,
        Verb::Head => get_object::head(door, call).await,
        Verb::Put => put_object::call(door, call, body).await,
        Verb::Delete => delete_object::call(door, call).await,
    };
    answer.map_err(|failure| failure.by(&parts.method))
}

/// An answer without a body.
pub fn bodiless(headers: HeaderMap) -> Response<s3s::Body> {
    let mut response = Response::new(s3s::Body::empty());
    *response.headers_mut() = headers;
    response
}
