//! The envelope of every answer: ids, server, error documents, and the body on its way out.
//!
//! Always holds: every answer to a request has `x-amz-request-id`, `x-amz-id-2`, `Server` and (by hyper) `Date`; every error document
//! has Code, Message, Resource, RequestId and HostId; answers to HEAD and 304 have no body. What is no request gets none of this, for
//! hyper answers it before there is anything to name: a head that is not HTTP, has two lengths or a `Transfer-Encoding` that can't be,
//! is a bare 400; one beyond the bounds of `limits` a bare 431. The connection is then closed.

mod document;
mod reply;

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

pub use document::read_error;
pub use reply::{Ended, ReplyBody};

use crate::error::Failure;
use crate::xml_text::push_element;

#[cfg(test)]
mod tests;

const SERVER: HeaderValue = HeaderValue::from_static("Trefoil");
const XML: HeaderValue = HeaderValue::from_static("application/xml");

/// What an error document says of the request.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub resource: &'a str,
    pub request_id: &'a str,
    pub host_id: &'a HeaderValue,
    pub head: bool,
}

/// Renders a failure (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses>).
pub fn failure(mut failure: Failure, context: Context<'_>) -> Response<s3s::Body> {
    let bodiless = context.head || failure.status == StatusCode::NOT_MODIFIED;
    let mut response = Response::new(s3s::Body::empty());
    *response.status_mut() = failure.status;
    *response.headers_mut() = std::mem::take(&mut *failure.headers);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    if failure.status == StatusCode::SERVICE_UNAVAILABLE && !headers.contains_key(header::RETRY_AFTER) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if bodiless {
        return response;
    }
    headers.insert(header::CONTENT_TYPE, XML);
    *response.body_mut() = s3s::Body::from(document(&failure, context));
    response
}

/// The document of a failure.
pub fn document(failure: &Failure, context: Context<'_>) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    push_element(&mut out, "Code", &failure.code);
    let message = match &*failure.message {
        "" => document::default_message(&failure.code),
        message => message,
    };
    push_element(&mut out, "Message", message);
    for (name, value) in &failure.details {
        push_element(&mut out, name, value);
    }
    if !failure.details.iter().any(|(name, _)| *name == "Resource") {
        push_element(&mut out, "Resource", context.resource);
    }
    push_element(&mut out, "RequestId", context.request_id);
    push_element(&mut out, "HostId", context.host_id.to_str().unwrap_or_default());
    out.push_str("</Error>");
    out
}

/// The headers that every answer has.
pub fn seal(headers: &mut HeaderMap, request_id: &str, host_id: &HeaderValue) {
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amz-request-id", id);
    }
    headers.insert("x-amz-id-2", host_id.clone());
    headers.insert(header::SERVER, SERVER);
}
