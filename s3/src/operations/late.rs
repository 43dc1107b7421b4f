//! An answer whose status goes out before its outcome is known: blanks, so that its client goes on waiting, and then the document.
//!
//! Always holds: the XML declaration comes first, then the blanks, then the root element, so that the whole is well-formed. The work
//! is a task of its own and does not end with the answer.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};
use http::{Extensions, HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::StreamBody;

use crate::limits::BLANK_INTERVAL;

#[cfg(test)]
mod tests;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A document that is still to come. Clones share it; one of them sends it.
#[derive(Clone)]
pub struct Late(Arc<Mutex<Option<BoxFuture<'static, Bytes>>>>);

impl Late {
    /// The document is whole, with its declaration.
    pub fn new(document: impl Future<Output = Bytes> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(document.boxed()))))
    }

    pub fn put(self, extensions: &mut Extensions) {
        extensions.insert(self);
    }

    fn into_body(self) -> s3s::Body {
        let document = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let declaration = stream::iter([Bytes::from_static(DECLARATION.as_bytes())]);
        let pieces = declaration.chain(stream::unfold(document, piece));
        s3s::Body::http_body_unsync(StreamBody::new(pieces.map(|bytes| Ok::<_, s3s::StdError>(Frame::data(bytes)))))
    }
}

/// A blank while the document is not there, and then the document without its declaration.
async fn piece(waiting: Option<BoxFuture<'static, Bytes>>) -> Option<(Bytes, Option<BoxFuture<'static, Bytes>>)> {
    let mut document = waiting?;
    match tokio::time::timeout(BLANK_INTERVAL, &mut document).await {
        Ok(mut bytes) => {
            if bytes.starts_with(DECLARATION.as_bytes()) {
                bytes = bytes.slice(DECLARATION.len()..);
            }
            Some((bytes, None))
        }
        Err(_) => Some((Bytes::from_static(b" "), Some(document))),
    }
}

/// Puts the body of a [`Late`] answer into it.
pub fn apply(response: &mut Response<s3s::Body>) {
    let Some(late) = response.extensions_mut().remove::<Late>() else { return };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    *response.body_mut() = late.into_body();
}
