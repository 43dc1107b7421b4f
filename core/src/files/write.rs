//! Writing bytes.
//!
//! Always holds: what was written is read by every file door at once, and is the object once it is published.

use bytes::Bytes;

use super::session::Session;
use super::{Access, Allocate, Around, Caller, FileError, FileService, Stability, View, Written};
use crate::error::{Error, Result};
use crate::limits::{FILE_BYTES_MAX, FILE_WRITE_BYTES_MAX};
use crate::metadata::keys::Id;
use crate::types::ByteRange;
use std::sync::Arc;

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteAt {
    Offset(u64),
    /** At the end, whatever others append meanwhile. */
    End,
}

impl FileService {
    /// Writes what it is given, or the first [`FILE_WRITE_BYTES_MAX`] bytes of it.
    ///
    /// # Errors
    /// Where nothing was taken, or not all of it could begin to be stored. What was taken and can't be stored is told by the next [`FileService::publish`] or
    /// [`FileService::sync`].
    pub async fn write(
        &self,
        view: &View,
        caller: &Caller,
        node: Id,
        at: WriteAt,
        bytes: Bytes,
        stability: Stability,
    ) -> Result<Written> {
        self.require_file(view, caller, node, Access { write: true, ..Access::default() }).await?;
        let bytes = bytes.slice(..bytes.len().min(FILE_WRITE_BYTES_MAX));
        let count = bytes.len() as u64;
        if bytes.is_empty() {
            return Ok(Written { count, stability, around: self.around_nothing(view, node).await? });
        }
        let losses = self.inner.sessions.losses();
        let session = self.inner.sessions.get_or_make(view, node);
        let written = self.write_session(view, &session, at, &bytes).await;
        if written.is_err() {
            self.inner.sessions.let_go(session);
        }
        let around = written?;
        if stability > Stability::Unstable {
            self.sync(view, node).await?;
            self.tell_loss_since(node, losses)?;
        }
        Ok(Written { count, stability, around })
    }

    /// Reserves a range, or makes zeros of one. To reserve is to see that there is room now: nothing is kept for the file.
    ///
    /// # Errors
    /// [`Error::StorageFull`] where the place has less room than is to be reserved.
    pub async fn allocate(
        &self,
        view: &View,
        caller: &Caller,
        node: Id,
        how: Allocate,
        offset: u64,
        length: u64,
    ) -> Result<()> {
        self.require_file(view, caller, node, Access { write: true, ..Access::default() }).await?;
        if length == 0 {
            return Err(FileError::Invalid("an empty range").into());
        }
        let end = offset.checked_add(length).filter(|end| *end <= FILE_BYTES_MAX).ok_or(FileError::TooLarge)?;
        let session = self.inner.sessions.get_or_make(view, node);
        let range = ByteRange { offset, length };
        let done = match how {
            Allocate::Reserve { keep_size } => self.reserve_range(view, &session, (offset, end), keep_size).await,
            Allocate::Punch => self.zero_session(view, &session, range, false).await,
            Allocate::Zero { keep_size } => self.zero_session(view, &session, range, !keep_size).await,
        };
        self.inner.sessions.let_go(session);
        done
    }

    async fn reserve_range(
        &self,
        view: &View,
        session: &Session,
        (offset, end): (u64, u64),
        keep_size: bool,
    ) -> Result<()> {
        let wanted = self.missing_bytes(session, offset, end).await?;
        let location = self.inner.objects.location(session.location())?;
        if let Some(space) = location.store.space()
            && space.writable_bytes < wanted
        {
            return Err(Error::StorageFull(format!(
                "{wanted} bytes are to be reserved, {} may be written",
                space.writable_bytes
            )));
        }
        match keep_size {
            true => Ok(()),
            false => self.lengthen_session(view, session, end).await,
        }
    }

    /// Makes the file as long as that, at once.
    pub(crate) async fn truncate(&self, view: &View, node: Id, size: u64) -> Result<Around> {
        self.make_room_for_draft().await;
        let losses = self.inner.sessions.losses();
        let session = self.inner.sessions.get_or_make(view, node);
        let mut resized = self.resize_session(view, &session, size).await;
        if resized.is_ok()
            && let Err(error) = self.flush(&session).await
        {
            resized = Err(error);
        }
        self.inner.sessions.let_go(session);
        let around = resized?;
        self.tell_loss_since(node, losses)?;
        if view.strict {
            self.sync_all().await?;
        }
        Ok(around)
    }

    /// Both sides of what changed nothing that attributes tell: one instant.
    pub async fn around_nothing(&self, view: &View, node: Id) -> Result<Around> {
        if view.watcher.is_some() {
            return Ok(Around::default());
        }
        let now = self.attributes(view, node).await?;
        Ok(Around { before: Some(now.on_one_side()), after: Some(now) })
    }

    /// Bytes that were lost before they were committed are known by this: it changes then, and at each start.
    pub fn write_verifier(&self) -> [u8; 8] {
        self.inner.sessions.verifier().to_be_bytes()
    }

    pub(crate) fn session_of(&self, view: &View, node: Id) -> Arc<Session> {
        self.inner.sessions.get_or_make(view, node)
    }
}
