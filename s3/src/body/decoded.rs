//! The decoded body as a stream: what the operations read.
//!
//! Always holds: its errors are [`Error`]; a body of another length than announced fails; nothing comes after an error.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use http_body::{Frame, SizeHint};
use trefoil_core::error::Error;

use super::chunked::ChunkDecoder;
use super::framing::Framing;

pub struct Decoded<S> {
    wire: S,
    /// Where the body is chunked: the decoder, and what it has not looked at yet.
    chunks: Option<(ChunkDecoder, Bytes)>,
    /// Decoded bytes still to come, where known.
    left: Option<u64>,
    done: bool,
}

impl<S> Decoded<S> {
    pub fn new(wire: S, framing: Framing) -> Self {
        let left = framing.length();
        let chunks = match framing {
            Framing::Plain { .. } => None,
            Framing::Chunked(announced) => Some((ChunkDecoder::new(announced), Bytes::new())),
        };
        Self { wire, chunks, left, done: false }
    }
}

impl<S: Stream<Item = Result<Bytes, Error>> + Unpin> Decoded<S> {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            if let Some((decoder, input)) = &mut self.chunks {
                match decoder.next(input) {
                    Ok(Some(data)) => return Poll::Ready(Some(Ok(data))),
                    Ok(None) => {}
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
            let piece = ready!(Pin::new(&mut self.wire).poll_next(cx)).transpose();
            match (piece, &mut self.chunks) {
                (Err(error), _) => return Poll::Ready(Some(Err(error))),
                (Ok(Some(data)), None) => return Poll::Ready(Some(Ok(data))),
                (Ok(Some(data)), Some((_, input))) => *input = data,
                (Ok(None), None) => return Poll::Ready(None),
                (Ok(None), Some((decoder, _))) => return Poll::Ready(decoder.finish().err().map(Err)),
            }
        }
    }
}

impl<S: Stream<Item = Result<Bytes, Error>> + Unpin> Stream for Decoded<S> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.done {
            return Poll::Ready(None);
        }
        let piece = match ready!(this.poll_piece(cx)) {
            Some(Ok(data)) => match &mut this.left {
                None => Some(Ok(data)),
                Some(left) => match left.checked_sub(data.len() as u64) {
                    Some(rest) => {
                        *left = rest;
                        Some(Ok(data))
                    }
                    None => Some(Err(Error::IncompleteBody("the body is longer than announced".to_owned()))),
                },
            },
            None if this.left.is_some_and(|left| left > 0) => {
                Some(Err(Error::IncompleteBody("the body is shorter than announced".to_owned())))
            }
            other => other,
        };
        this.done = !matches!(piece, Some(Ok(_)));
        Poll::Ready(piece)
    }
}

impl<S: Stream<Item = Result<Bytes, Error>> + Unpin> http_body::Body for Decoded<S> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.poll_next(cx).map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        // Where chunks are to be checked, the end is more than the last byte.
        self.done
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
