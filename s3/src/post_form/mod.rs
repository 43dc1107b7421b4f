//! Uploads by HTML forms.

use http::request::Parts as Head;
use http::{Response, header};

use crate::error::Failure;
use crate::front::Front;
use crate::inbound::Inbound;

/// Whether this request is a form: s3s must not see one, for it would hold the file in memory.
pub fn is_form(head: &Head) -> bool {
    head.method == http::Method::POST
        && head.headers.get(header::CONTENT_TYPE).is_some_and(|value| {
            value.as_bytes().get(..19).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/form-data"))
        })
}

pub async fn answer(_: &Front, _: &Head, _: &str, _: Inbound) -> Result<Response<s3s::Body>, Failure> {
    Err(Failure::not_implemented("multipart/form-data"))
}
