//! Copying from file to file.
//!
//! Always holds: a whole file that is copied to an empty one shares its content, in one commit, and so does a large part that is copied to the
//! same place of a file which ends there and has all before it from the same file: so a file of any size, however often a program asks. Everything else is
//! read and written.

use std::sync::Arc;

use super::session::Session;
use super::{Access, Caller, FileError, FileService, View, WriteAt};
use crate::error::Result;
use crate::limits::{COPY_RANGE_BYTES_MAX, FILE_WRITE_BYTES_MAX};
use crate::metadata::keys::Id;

impl FileService {
    /// Copies up to `length` bytes, or as many as one call copies. How many: fewer than asked for is no end, none is.
    pub async fn copy_range(
        &self,
        view: &View,
        caller: &Caller,
        from: (Id, u64),
        to: (Id, u64),
        length: u64,
    ) -> Result<u64> {
        self.require_file(view, caller, from.0, Access { read: true, ..Access::default() }).await?;
        self.require_file(view, caller, to.0, Access { write: true, ..Access::default() }).await?;
        let ends = (from.1.checked_add(length), to.1.checked_add(length));
        let (Some(from_end), Some(to_end)) = ends else { return Err(FileError::TooLarge.into()) };
        if from.0 == to.0 && from.1 < to_end && to.1 < from_end {
            return Err(FileError::Invalid("the ranges overlap").into());
        }
        let target = self.session_of(view, to.0);
        let copied = match from.1 == to.1 && from.0 != to.0 {
            true => self.copy_shared(view, from, &target, length).await,
            false => Ok(None),
        };
        let copied = match copied {
            Ok(None) => self.copy_bytes(view, from, (&target, to.1), length).await,
            Ok(Some(size)) => Ok(size),
            Err(error) => Err(error),
        };
        self.inner.sessions.let_go(target);
        copied
    }

    async fn copy_bytes(&self, view: &View, from: (Id, u64), to: (&Arc<Session>, u64), length: u64) -> Result<u64> {
        let length = length.min(COPY_RANGE_BYTES_MAX);
        let mut copied = 0;
        while copied < length {
            let step = (length - copied).min(FILE_WRITE_BYTES_MAX as u64 / 8);
            let (chunks, end) = self.read_range(from.0, from.1 + copied, step).await?;
            let bytes = bytes::Bytes::from(chunks.concat());
            if bytes.is_empty() {
                break;
            }
            self.write_session(view, to.0, WriteAt::Offset(to.1 + copied), &bytes).await?;
            copied += bytes.len() as u64;
            if end {
                break;
            }
        }
        Ok(copied)
    }

    /// `None` where the content can't be shared.
    async fn copy_shared(
        &self,
        view: &View,
        (from, at): (Id, u64),
        target: &Arc<Session>,
        length: u64,
    ) -> Result<Option<u64>> {
        if let Some(source) = self.inner.sessions.get(from) {
            let flushed = self.flush(&source).await;
            self.inner.sessions.let_go(source);
            // That is for whoever wrote it to hear. What waits can be read.
            if let Err(error) = flushed {
                tracing::warn!(%error, node = from, "a file is copied by its bytes, for it could not be written out");
                return Ok(None);
            }
        }
        let source = self.node(from).await?;
        if source.size <= at {
            return Ok(None);
        }
        let whole = at == 0 && source.size <= length;
        let shared = match whole && self.share_session(target, from, &source).await? {
            true => Some(source.size),
            false => self.share_range(target, from, &source, (at, length)).await?,
        };
        if shared.is_some() && view.strict {
            self.sync_all().await?;
        }
        Ok(shared)
    }
}
