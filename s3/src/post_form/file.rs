//! The file of a form, as a stream that ends at the form's next boundary.
//!
//! Always holds: nothing but what may be the beginning of a boundary is held back; a form that ends before the boundary is
//! `IncompleteBody`; a file outside its policy's range fails before its end is believed.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures::Stream;
use memchr::memmem::Finder;
use trefoil_core::error::Error;

use super::policy::LengthRange;

pub struct FormFile<S> {
    wire: S,
    pending: Bytes,
    delimiter: Vec<u8>,
    filename: String,
}

impl<S> FormFile<S> {
    pub fn new(wire: S, pending: Bytes, delimiter: &str, filename: String) -> Self {
        Self { wire, pending, delimiter: delimiter.as_bytes().to_vec(), filename }
    }

    /// As the client named it, without folders.
    pub fn filename(&self) -> &str {
        &self.filename
    }

    pub fn into_stream(self, range: LengthRange) -> FileStream<S> {
        FileStream {
            wire: self.wire,
            pending: self.pending,
            finder: Finder::new(&self.delimiter).into_owned(),
            held: Bytes::new(),
            range,
            size: 0,
            state: State::Inside,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Inside,
    /// The boundary was found.
    End,
    Done,
}

pub struct FileStream<S> {
    wire: S,
    /// Not searched yet.
    pending: Bytes,
    finder: Finder<'static>,
    /// What may be the beginning of the boundary.
    held: Bytes,
    range: LengthRange,
    size: u64,
    state: State,
}

impl<S> FileStream<S> {
    /// Searches what is pending; gives what is surely the file's.
    fn search(&mut self) -> Bytes {
        let mut piece = std::mem::take(&mut self.pending);
        let length = self.finder.needle().len();
        if !self.held.is_empty() {
            // Only the seam is copied: enough of the new piece to tell whether a boundary began in the old.
            let mut seam = BytesMut::from(&self.held[..]);
            seam.extend_from_slice(&piece.split_to(piece.len().min(length)));
            self.pending = piece;
            self.held = Bytes::new();
            piece = seam.freeze();
        }
        if let Some(at) = self.finder.find(&piece) {
            self.state = State::End;
            piece.truncate(at);
            return piece;
        }
        // A boundary begins with the only CR in it.
        let tail = piece.len().saturating_sub(length - 1);
        if let Some(at) = memchr::memrchr(b'\r', &piece[tail..])
            && self.finder.needle().starts_with(&piece[tail + at..])
        {
            self.held = piece.split_off(tail + at);
        }
        piece
    }

    fn count(&mut self, data: &Bytes) -> Result<(), Error> {
        self.size += data.len() as u64;
        if self.size > self.range.max {
            return Err(Error::EntityTooLarge { size: self.size, max: self.range.max });
        }
        Ok(())
    }
}

impl<S: Stream<Item = Result<Bytes, Error>> + Unpin> Stream for FileStream<S> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let failed = |this: &mut Self, error| {
            this.state = State::Done;
            Poll::Ready(Some(Err(error)))
        };
        while this.state == State::Inside {
            if this.pending.is_empty() {
                match ready!(Pin::new(&mut this.wire).poll_next(cx)) {
                    Some(Ok(data)) => this.pending = data,
                    Some(Err(error)) => return failed(this, error),
                    None => return failed(this, Error::IncompleteBody("the form ends inside its file".to_owned())),
                }
            }
            let data = this.search();
            if let Err(error) = this.count(&data) {
                return failed(this, error);
            }
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(data)));
            }
        }
        if this.state == State::End && this.size < this.range.min {
            let (size, min) = (this.size, this.range.min);
            return failed(this, Error::EntityTooSmall { size, min, part: None });
        }
        this.state = State::Done;
        Poll::Ready(None)
    }
}
