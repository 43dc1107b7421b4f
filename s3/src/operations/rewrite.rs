//! What an answer needs beyond what s3s can say: a status, or a document of our own.
//!
//! Always holds: an operation that puts a [`Rewrite`] into its response's extensions gets it, as [`apply`] stands behind s3s.

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

pub fn apply(response: &mut Response<s3s::Body>) {
    let Some(rewrite) = response.extensions_mut().remove::<Rewrite>() else { return };
    if let Some(status) = rewrite.status {
        *response.status_mut() = status;
    }
    if let Some(document) = rewrite.document {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        *response.body_mut() = document.into();
    }
}
