//! Bodies between the front and the core.
//!
//! Always holds: an error of the core that passes through a body comes out as itself. A small answer is one piece of memory, so
//! that head and body leave in one write; a larger one is a stream that knows its length.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use http_body::{Frame, SizeHint};
use s3s::StdError;
use trefoil_core::content::ByteStream;
use trefoil_core::content::Upload;
use trefoil_core::error::Error;
use trefoil_core::limits::{INLINE_BYTES_MAX, PUT_BYTES_MAX};

use super::call::{Call, integer};
use super::digests;
use crate::error::Failure;

/// What went wrong with a request's body. The decoder in front gives errors of the core; anything else is the connection's.
pub fn error(error: StdError) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(other) => Error::IncompleteBody(other.to_string()),
    }
}

/// The body of an object or part on its way in, with all that its headers say about it.
pub fn upload<I>(
    call: &Call<I>,
    body: impl Stream<Item = Result<Bytes, StdError>> + Send + 'static,
) -> Result<Upload, Failure> {
    let length: u64 = integer(&call.headers, "content-length")?.ok_or_else(|| {
        Failure::new(
            http::StatusCode::LENGTH_REQUIRED,
            "MissingContentLength",
            "You must provide the Content-Length HTTP header.",
        )
    })?;
    if length > PUT_BYTES_MAX {
        return Err(Error::EntityTooLarge { size: length, max: PUT_BYTES_MAX }.into());
    }
    let body = body.map(|chunk| chunk.map_err(error)).boxed();
    Ok(Upload { body, length: Some(length), expected: digests::expected(&call.headers, &call.auth)? })
}

/// The body of an answer of `length` bytes. Up to 64 KiB it is read here: a failure is then an error document and not a broken
/// answer.
pub async fn answer(mut stream: ByteStream<Error>, length: u64) -> Result<s3s::Body, Failure> {
    if length > INLINE_BYTES_MAX as u64 {
        return Ok(s3s::Body::http_body_unsync(ObjectBody { stream, left: length }));
    }
    let mut whole = BytesMut::new();
    let mut first = None;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        match first.take() {
            None if whole.is_empty() => first = Some(chunk),
            None => whole.extend_from_slice(&chunk),
            Some(before) => {
                whole.extend_from_slice(&before);
                whole.extend_from_slice(&chunk);
            }
        }
    }
    let bytes = first.unwrap_or_else(|| whole.freeze());
    if bytes.len() as u64 != length {
        return Err(Error::Internal(format!("a body of {length} bytes gave {}", bytes.len())).into());
    }
    Ok(bytes.into())
}

/// A stream with its length.
struct ObjectBody {
    stream: ByteStream<Error>,
    left: u64,
}

impl http_body::Body for ObjectBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.stream).poll_next(context);
        polled.map(|chunk| match chunk {
            Some(Ok(bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                Some(Ok(Frame::data(bytes)))
            }
            Some(Err(error)) => {
                tracing::error!(%error, "an answer was cut short");
                Some(Err(error))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
