//! What an answer needs beyond what s3s can say: a status, or a document of our own, or characters that XML can't hold.
//!
//! Always holds: an operation that puts a [`Rewrite`] into its response's extensions gets it, as [`apply`] stands behind s3s; every
//! document that leaves has text as [`crate::xml_text`] writes it.

use bytes::Bytes;
use http::{Extensions, HeaderValue, Response, StatusCode, header};

#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    pub status: Option<StatusCode>,
    pub document: Option<Bytes>,
}

impl Rewrite {
    /// A typed answer whose document is this one.
    pub fn document<O: Default>(document: Bytes) -> s3s::S3Response<O> {
        let mut response = s3s::S3Response::new(O::default());
        Self { status: None, document: Some(document) }.put(&mut response.extensions);
        response
    }

    pub fn put(self, extensions: &mut Extensions) {
        extensions.insert(self);
    }
}

/// Writes as references what s3s lets through into its documents: a key may have characters that XML does not.
fn refer(response: &mut Response<s3s::Body>) {
    let Some(document) = response.body().bytes() else { return };
    let Ok(text) = std::str::from_utf8(&document) else { return };
    if !crate::xml_text::has_bare(text) {
        return;
    }
    let mut out = String::with_capacity(text.len() + 64);
    crate::xml_text::push_referenced(&mut out, text);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = out.into();
}

/// To an answer whose body is a document, or nothing.
pub fn apply(response: &mut Response<s3s::Body>) {
    let rewrite = response.extensions_mut().remove::<Rewrite>().unwrap_or_default();
    if let Some(status) = rewrite.status {
        *response.status_mut() = status;
    }
    match rewrite.document {
        Some(document) => {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            *response.body_mut() = document.into();
        }
        None => refer(response),
    }
}
