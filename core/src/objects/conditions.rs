//! Conditions of reads and writes, decided in the order of RFC 9110, section 13.2.2, as S3 has it.
//!
//! Always holds: a delete marker counts as absent. Dates compare in whole seconds.

use super::{DeleteConditions, IfRange, ReadConditions, WriteConditions};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::namespace::Current;
use crate::types::ETag;

fn any_is(tags: &[String], etag: &ETag) -> bool {
    tags.iter().any(|tag| tag == "*" || etag.is(tag))
}

impl ReadConditions {
    /// Whether a read of this version may go on: `false` where the reader has it already.
    pub(crate) fn check(&self, etag: &ETag, modified: Timestamp) -> Result<bool> {
        match (&self.if_match, self.if_unmodified_since) {
            (Some(tags), _) if !any_is(tags, etag) => return Err(Error::PreconditionFailed("If-Match")),
            (None, Some(since)) if modified.as_secs() > since.as_secs() => {
                return Err(Error::PreconditionFailed("If-Unmodified-Since"));
            }
            _ => {}
        }
        Ok(match (&self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => !any_is(tags, etag),
            (None, Some(since)) => modified.as_secs() > since.as_secs(),
            (None, None) => true,
        })
    }

    /// The same for the source of a copy, where all that does not hold is `PreconditionFailed`.
    pub(crate) fn check_source(&self, etag: &ETag, modified: Timestamp) -> Result<()> {
        self.check_named(&OF_COPY_SOURCE, etag, modified)
    }

    /// And for the source of a rename.
    pub(crate) fn check_renamed(&self, etag: &ETag, modified: Timestamp) -> Result<()> {
        self.check_named(&OF_RENAME_SOURCE, etag, modified)
    }

    fn check_named(&self, names: &Names, etag: &ETag, modified: Timestamp) -> Result<()> {
        let failed = match self.check(etag, modified) {
            Ok(true) => return Ok(()),
            Ok(false) if self.if_none_match.is_some() => names.if_none_match,
            Ok(false) => names.if_modified_since,
            Err(_) if self.if_match.is_some() => names.if_match,
            Err(_) => names.if_unmodified_since,
        };
        Err(Error::PreconditionFailed(failed))
    }

    /// For the source of a rename that has neither tag nor time: a directory without an object of its own.
    pub(crate) fn check_untagged(&self) -> Result<()> {
        if self.if_match.is_some() {
            return Err(Error::PreconditionFailed(OF_RENAME_SOURCE.if_match));
        }
        match self.if_none_match.is_none() && self.if_modified_since.is_none() && self.if_unmodified_since.is_none() {
            true => Ok(()),
            false => Err(Error::NotImplemented(
                "conditions on a directory are those of its object, the key with '/' at its end, and there is none"
                    .into(),
            )),
        }
    }
}

/// How the conditions of a source are told.
struct Names {
    if_match: &'static str,
    if_none_match: &'static str,
    if_modified_since: &'static str,
    if_unmodified_since: &'static str,
}

const OF_COPY_SOURCE: Names = Names {
    if_match: "x-amz-copy-source-If-Match",
    if_none_match: "x-amz-copy-source-If-None-Match",
    if_modified_since: "x-amz-copy-source-If-Modified-Since",
    if_unmodified_since: "x-amz-copy-source-If-Unmodified-Since",
};

const OF_RENAME_SOURCE: Names = Names {
    if_match: "x-amz-rename-source-If-Match",
    if_none_match: "x-amz-rename-source-If-None-Match",
    if_modified_since: "x-amz-rename-source-If-Modified-Since",
    if_unmodified_since: "x-amz-rename-source-If-Unmodified-Since",
};

impl IfRange {
    /// Whether the version is still the one whose rest is asked for.
    pub(crate) fn holds(&self, etag: &ETag, modified: Timestamp) -> bool {
        match self {
            IfRange::Tag(tag) => etag.is(tag),
            IfRange::Modified(at) => at.as_secs() == modified.as_secs(),
            IfRange::Never => false,
        }
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
