//! Conditions of reads and writes, decided in the order of RFC 9110, section 13.2.2, as S3 has it.
//!
//! Always holds: a delete marker counts as absent. Dates compare in whole seconds.

use super::{DeleteConditions, ReadConditions, WriteConditions};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::namespace::Current;
use crate::types::ETag;

fn any_is(tags: &[String], etag: &ETag) -> bool {
    tags.iter().any(|tag| tag == "*" || etag.is(tag))
}

impl ReadConditions {
    /// Whether a read of this version may go on.
    pub(crate) fn check(&self, etag: &ETag, modified: Timestamp) -> Result<()> {
        match (&self.if_match, self.if_unmodified_since) {
            (Some(tags), _) if !any_is(tags, etag) => return Err(Error::PreconditionFailed("If-Match")),
            (None, Some(since)) if modified.as_secs() > since.as_secs() => {
                return Err(Error::PreconditionFailed("If-Unmodified-Since"));
            }
            _ => {}
        }
        let not_modified = match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => any_is(tags, etag),
            (None, Some(since)) => modified.as_secs() <= since.as_secs(),
            (None, None) => false,
        };
        match not_modified {
            true => Err(Error::NotModified { etag: etag.clone(), modified }),
            false => Ok(()),
        }
    }

    /// The same for the source of a copy, where nothing is `NotModified`.
    pub(crate) fn check_source(&self, etag: &ETag, modified: Timestamp) -> Result<()> {
        self.check(etag, modified).map_err(|error| match error {
            Error::NotModified { .. } => Error::PreconditionFailed(match self.if_none_match {
                Some(_) => "x-amz-copy-source-If-None-Match",
                None => "x-amz-copy-source-If-Modified-Since",
            }),
            other => other,
        })
    }
}

impl WriteConditions {
    /// Whether a write over `current` may go on.
    pub(crate) fn check(&self, key: &str, current: Option<&Current>) -> Result<()> {
        if self.if_absent && current.is_some() {
            return Err(Error::PreconditionFailed("If-None-Match"));
        }
        match (&self.if_match, current) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(Error::NoSuchKey(key.to_owned())),
            (Some(tag), Some(current)) if tag == "*" || current.summary.etag.is(tag) => Ok(()),
            (Some(_), Some(_)) => Err(Error::PreconditionFailed("If-Match")),
        }
    }
}

impl DeleteConditions {
    pub(crate) fn is_empty(&self) -> bool {
        self.if_match.is_none() && self.if_modified_at.is_none() && self.if_size.is_none()
    }

    /// Whether the removal of this version may go on.
    pub(crate) fn check(&self, etag: &ETag, modified: Timestamp, size: u64) -> Result<()> {
        if self.if_match.as_ref().is_some_and(|tag| tag != "*" && !etag.is(tag)) {
            return Err(Error::PreconditionFailed("If-Match"));
        }
        if self.if_modified_at.is_some_and(|at| at.as_secs() != modified.as_secs()) {
            return Err(Error::PreconditionFailed("x-amz-if-match-last-modified-time"));
        }
        if self.if_size.is_some_and(|wanted| wanted != size) {
            return Err(Error::PreconditionFailed("x-amz-if-match-size"));
        }
        Ok(())
    }
}
