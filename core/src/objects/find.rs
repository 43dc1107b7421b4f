//! Finding the version that a read names, with its node and what leads to its bytes.
//!
//! Always holds: with a warm cache two round trips: one for the path, one for node and content together. The content is pinned
//! before it is read, so what is found stays readable while the pin is held. What a requester may not list it can't tell apart
//! from what is not there.

use bytes::Bytes;

use super::ObjectService;
use super::change::Needs;
use super::service::version_id;
use crate::access::allows;
use crate::content::{Pin, corrupt};
use crate::error::{Error, Result};
use crate::limits::TRANSACTION_ATTEMPTS_MAX;
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRecord, ContentRef, Dentry, NodeRecord, Record, Version, VersionRecord};
use crate::namespace::{Found, Place};
use crate::types::{BucketName, ObjectKey, Permission, Principal, VersionId};

/// What is wanted of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// What is known of it.
    Node,
    /// Its bytes, or where they are, too.
    Content,
}

/// Where a version's bytes are, ready to be read.
pub(crate) enum Source {
    /// Not asked for.
    Unread,
    Empty,
    /// Sealed.
    Inline(Bytes),
    Shared {
        id: Id,
        content: ContentRecord,
        pin: Pin,
    },
}

/// A version of a key.
pub(crate) struct Object {
    pub place: Place,
    pub node: Id,
    pub record: NodeRecord,
    pub source: Source,
    /// As answers show it.
    pub shown: Option<VersionId>,
}

impl ObjectService {
    /// Waits until mounts have heard of all that a listing may have seen.
    pub(crate) async fn all_is_heard(&self) {
        if let Some(coherence) = self.inner.coherence.get() {
            coherence.heard_all().await;
        }
    }

    /// The version that is named, or the current one, for a principal that may do what is `wanted` with it.
    pub(crate) async fn find(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<VersionId>,
        wanted: impl Into<Needs>,
        want: Want,
    ) -> Result<Object> {
        let wanted: Needs = wanted.into();
        for _ in 0..TRANSACTION_ATTEMPTS_MAX {
            let mut place = self.tree().lookup(bucket, key).await?;
            if let (Some(coherence), Some(parent)) = (self.inner.coherence.get(), place.parent()) {
                coherence.heard(parent, place.leaf()).await;
            }
            let (node, found, content) = match self.named(principal, &mut place, version).await? {
                Some(found) => found,
                None => return Err(self.absent(principal, &place, key, version).await?),
            };
            let pin = match (content, want) {
                (ContentRef::Shared(id), Want::Content) => Some(self.inner.pins.pin(id)),
                _ => None,
            };
            let mut at = vec![(Table::Index, keys::node(node))];
            at.extend(content.key(node).filter(|_| want == Want::Content));
            let has_bytes = at.len() == 2;
            // The file that has the current version may become a draft: then its node is another state than the name's.
            let current = place.versioned() && place.dentry.as_ref().is_some_and(|dentry| dentry.leads_to(node));
            at.extend(place.at().filter(|_| current));
            let (_, mut values) = self.store().get_many(&at).await?;
            if current {
                let dentry = values.pop().flatten().as_deref().map(Dentry::decode).transpose()?;
                if !dentry.is_some_and(|dentry| dentry.leads_to(node)) {
                    continue;
                }
            }
            let bytes = if has_bytes { values.pop().flatten() } else { None };
            // The node is gone since its name was read, or its content was replaced: look again.
            let Some(record) = values.pop().flatten() else { continue };
            let record = NodeRecord::decode(&record)?;
            if record.content != content {
                continue;
            }
            if let Some(coherence) = self.inner.coherence.get() {
                coherence.heard_node(node).await;
            }
            let source = match (content, bytes, pin) {
                (ContentRef::Empty, ..) => Source::Empty,
                _ if want == Want::Node => Source::Unread,
                (ContentRef::Inline, Some(bytes), _) => Source::Inline(bytes),
                (ContentRef::Shared(id), Some(bytes), Some(pin)) => {
                    Source::Shared { id, content: ContentRecord::decode(&bytes)?, pin }
                }
                _ => return Err(corrupt(format!("node {node} of {key:?} has no content"))),
            };
            wanted.require(principal, &place.bucket, &record, &place.key)?;
            let shown = version_id(&place.bucket, node, found);
            return Ok(Object { place, node, record, source, shown });
        }
        Err(Error::Unavailable(format!("{key} changes faster than it can be read; try again")))
    }

    async fn named(
        &self,
        principal: &Principal,
        place: &mut Place,
        version: Option<VersionId>,
    ) -> Result<Option<(Id, Version, ContentRef)>> {
        let Some(version) = version else {
            let current = self.tree().current_now(place).await?;
            return Ok(current.map(|current| (current.node, current.version, current.summary.content)));
        };
        match self.tree().version_now(place, version).await? {
            None => Ok(None),
            Some(Found::Current(current)) => Ok(Some((current.node, current.version, current.summary.content))),
            Some(Found::Noncurrent(VersionRecord::Object { node, version, summary, .. })) => {
                Ok(Some((node, version, summary.content)))
            }
            Some(Found::Noncurrent(VersionRecord::DeleteMarker { node, version, modified, .. })) => {
                self.require(principal, &place.bucket, Permission::Read)?;
                let shown = version_id(&place.bucket, node, version).unwrap_or(VersionId::Null);
                Err(Error::IsDeleteMarker { version: shown, modified })
            }
        }
    }

    /// What to answer for a version that is not there.
    pub(super) async fn absent(
        &self,
        principal: &Principal,
        place: &Place,
        key: &ObjectKey,
        version: Option<VersionId>,
    ) -> Result<Error> {
        let record = &place.bucket.record;
        if !allows(principal, record.owner, record.acl.as_ref(), Permission::Read) {
            return Ok(Error::AccessDenied(format!("no access to {}", place.key)));
        }
        if let Err(too_long) = key.require_makeable() {
            return Ok(too_long);
        }
        if let Some(version) = version {
            return Ok(Error::NoSuchVersion { key: place.key.clone(), version: version.to_string() });
        }
        match self.tree().newest_now(place).await? {
            Some(VersionRecord::DeleteMarker { node, version, modified, .. }) => Ok(Error::Deleted {
                key: place.key.clone(),
                version: version_id(&place.bucket, node, version).unwrap_or(VersionId::Null),
                modified,
            }),
            _ => Ok(Error::NoSuchKey(place.key.clone())),
        }
    }
}
