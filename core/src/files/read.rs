//! Reading bytes: what was written, over what is committed.
//!
//! Always holds: every byte was verified, or is a hole's zero, or is in memory as it was written. The bytes of one read are of one state of
//! the file, with all that was written before it.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;

use super::session::Part;
use super::{Access, Caller, FileError, FileService, View};
use crate::content::{Pin, open_inline};
use crate::data::ByteStream;
use crate::error::{Error, Result};
use crate::limits::{FILE_READ_BYTES_MAX, MAPPED_FETCH_PAGES, TRANSACTION_ATTEMPTS_MAX};
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRecord, ContentRef, Layout, NodeKind, NodeRecord, Record};
use crate::objects::mapped::{mapped_page, page_number, zeros};
use crate::types::ByteRange;

/// A part of an answer.
enum Piece {
    Bytes(Bytes),
    Zeros(u64),
    Stream(ByteStream<Error>),
    Out(Part),
}

impl FileService {
    /// Up to `length` bytes from `offset` on, and whether the file ends there. Short only at its end, and for lengths beyond
    /// [`FILE_READ_BYTES_MAX`].
    pub async fn read(
        &self,
        view: &View,
        caller: &Caller,
        node: Id,
        offset: u64,
        length: u64,
    ) -> Result<(Vec<Bytes>, bool)> {
        self.require_file(view, caller, node, Access { read: true, ..Access::default() }).await?;
        let read = self.read_range(node, offset, length.min(FILE_READ_BYTES_MAX)).await?;
        self.heard_of(view, node).await;
        Ok(read)
    }

    /// The same for whoever was found to be allowed to.
    pub(crate) async fn read_range(&self, node: Id, offset: u64, length: u64) -> Result<(Vec<Bytes>, bool)> {
        if let Some(session) = self.inner.sessions.get(node) {
            let locked = session.state.lock().await;
            if let Some(state) = locked.as_ref().filter(|state| state.is_dirty()) {
                let Some((range, end)) = within(offset, length, state.size) else { return Ok((Vec::new(), true)) };
                if range.length == 0 {
                    return Ok((Vec::new(), end));
                }
                // A blob that gets its name meanwhile may lose it again.
                let _pin = state.target().map(|target| self.inner.objects.inner.pins.pin(target));
                let mut pieces = Vec::new();
                for part in state.parts(range) {
                    pieces.push(match part {
                        Part::Bytes(bytes) => Piece::Bytes(bytes),
                        Part::Zeros(length) => Piece::Zeros(length),
                        out @ Part::Out(..) => Piece::Out(out),
                        Part::Committed(range) => {
                            Piece::Stream(self.committed_range(node, state.committed.content, range).await?)
                        }
                    });
                }
                drop(locked);
                return Ok((collect(pieces).await?, end));
            }
        }
        for _ in 0..TRANSACTION_ATTEMPTS_MAX {
            if let Some(read) = self.read_committed(node, offset, length).await? {
                return Ok(read);
            }
        }
        Err(Error::Unavailable("the file changes faster than it can be read; try again".into()))
    }

    /// `None` where the file was published between two looks.
    async fn read_committed(&self, node: Id, offset: u64, length: u64) -> Result<Option<(Vec<Bytes>, bool)>> {
        let at = [(Table::Index, keys::node(node)), (Table::Inline, keys::inline(node, 0))];
        let (_, mut values) = self.inner.objects.store().get_many(&at).await?;
        let sealed = values.pop().flatten();
        let Some(value) = values.pop().flatten() else {
            return self.node(node).await.and(Err(FileError::Stale.into()));
        };
        let record = NodeRecord::decode(&value)?;
        let Some((range, end)) = within(offset, length, record.size) else { return Ok(Some((Vec::new(), true))) };
        let stream = match record.content {
            ContentRef::Empty => return Ok(Some((Vec::new(), true))),
            ContentRef::Inline => {
                let missing = || crate::content::corrupt(format!("node {node} has no inline bytes"));
                let bytes = open_inline(node, 0, sealed.ok_or_else(missing)?)?;
                crate::content::read_inline(bytes, range, Arc::new(()))
            }
            ContentRef::Shared(id) => {
                let pin = Arc::new(self.inner.objects.inner.pins.pin(id));
                match self.shared_range(node, id, range, &pin).await? {
                    Some(stream) => stream,
                    None => return Ok(None),
                }
            }
        };
        Ok(Some((stream.try_collect().await?, end)))
    }

    /// The bytes of a content that is pinned, where the node has it still, and they are there.
    pub(crate) async fn shared_range(
        &self,
        node: Id,
        id: Id,
        range: ByteRange,
        pin: &Arc<Pin>,
    ) -> Result<Option<ByteStream<Error>>> {
        let service = &self.inner.objects;
        let first = page_number(range.offset)?;
        let last = page_number((range.offset + range.length).saturating_sub(1))?;
        let last = last.min(first.saturating_add(MAPPED_FETCH_PAGES - 1));
        let mut at = vec![(Table::Index, keys::node(node)), (Table::Index, keys::content(id))];
        at.extend((first..=last).map(|number| (Table::Index, keys::page(id, number))));
        let (_, values) = service.store().get_many(&at).await?;
        let [Some(record), Some(content), pages @ ..] = &values[..] else { return Ok(None) };
        let record = NodeRecord::decode(record)?;
        if record.content != ContentRef::Shared(id) || range.offset + range.length > record.size {
            return Ok(None);
        }
        let content = ContentRecord::decode(content)?;
        let is_mapped = matches!(content.layout, Layout::Mapped { .. });
        let layer = service.layers(id, content).await?;
        if !is_mapped {
            return Ok(Some(service.content_stream(&layer, range, pin)));
        }
        let pages = pages.iter().map(|value| mapped_page(id, value.as_ref())).collect::<Result<_>>()?;
        Ok(Some(service.mapped_stream(&layer, range, pin, Some((first, pages)))))
    }

    /// Refuses whoever lacks a right that nobody has checked yet. What is to be written to loses what a write takes.
    pub(crate) async fn require_file(&self, view: &View, caller: &Caller, node: Id, wanted: Access) -> Result<()> {
        if view.read_only && wanted.write {
            return Err(FileError::ReadOnly.into());
        }
        if caller.checked {
            return Ok(());
        }
        let record = self.node(node).await?;
        self.check_record(view, caller, node, &record, wanted).await?;
        match wanted.write {
            true => self.drop_privileges(view, caller, node, &record).await.map(drop),
            false => Ok(()),
        }
    }

    /// What a symbolic link leads to.
    pub async fn read_link(&self, _view: &View, node: Id) -> Result<Vec<u8>> {
        let record = self.node(node).await?;
        if record.kind != NodeKind::Symlink {
            return Err(FileError::Invalid("not a symbolic link").into());
        }
        let (chunks, _) = self.read_range(node, 0, FILE_READ_BYTES_MAX).await?;
        Ok(chunks.concat())
    }
}

/// The part of a range that is within a file, and whether it reaches the end. `None` where nothing is.
fn within(offset: u64, length: u64, size: u64) -> Option<(ByteRange, bool)> {
    let left = size.checked_sub(offset).filter(|left| *left > 0)?;
    let range = ByteRange { offset, length: length.min(left) };
    Some((range, length >= left))
}

async fn collect(pieces: Vec<Piece>) -> Result<Vec<Bytes>> {
    let mut chunks = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => chunks.push(bytes),
            Piece::Zeros(length) => chunks.extend(zeros(length)),
            Piece::Stream(stream) => chunks.extend(stream.try_collect::<Vec<Bytes>>().await?),
            Piece::Out(Part::Out(out, at, length)) => chunks.extend(out.read_part(at, length).await?),
            Piece::Out(_) => {}
        }
    }
    Ok(chunks)
}
