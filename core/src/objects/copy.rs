//! CopyObject: the same content under another key, without moving bytes where the location allows.
//!
//! Always holds: a shared content has one more use in the same commit as the new name, and with it goes what was computed of it:
//! ETag, checksum and parts (`core/decisions/2026-11-27-copies-share-what-was-computed.md`). Inline bytes are copied into the index.
//! Only another location, or a checksum that the source does not have, reads and writes the bytes again.

use super::change::Needs;
use super::find::{Object, Source, Want};
use super::put::{Description, Target, check_user_metadata, new_node};
use super::service::made_version;
use super::{AclChange, ObjectHeaders, ObjectService, ReadConditions, WriteConditions};
use crate::access::{require_account, resolve};
use crate::clock::Timestamp;
use crate::content::{self, Expected, ExpectedChecksum, Upload, open_inline, seal_inline};
use crate::data::{Location, Origin};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{COPY_BYTES_MAX, TRANSACTION_ATTEMPTS_MAX};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRecord, ContentRef, Home, Layout, NodeKind, NodeRecord, Record};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::{Durability, Table};
use crate::namespace::{Bucket, Inserted, NewNode};
use crate::transact;
use crate::types::{
    BucketName, ByteRange, Checksum, ChecksumAlgorithm, ChecksumKind, ETag, ObjectKey, Permission, Principal, TagSet,
    VersionId,
};

#[derive(Clone, Debug)]
pub struct CopySource {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub version: Option<VersionId>,
    /// `x-amz-copy-source-if-*`. A failed one is `PreconditionFailed`, never `NotModified`.
    pub conditions: ReadConditions,
}

/// What is taken from the source (`None`) and what is replaced.
#[derive(Clone, Debug, Default)]
pub struct CopyDirectives {
    /// Headers and user metadata together: `x-amz-metadata-directive: REPLACE`.
    pub metadata: Option<(ObjectHeaders, Vec<(String, String)>)>,
    /// `x-amz-tagging-directive: REPLACE`.
    pub tags: Option<TagSet>,
    /// The redirect is never taken from the source: it is this one, or none. (`metadata` has one of its own.)
    pub website_redirect_location: Option<String>,
}

#[derive(Clone, Debug)]
pub struct CopyObject {
    pub source: CopySource,
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub directives: CopyDirectives,
    pub acl: AclChange,
    pub conditions: WriteConditions,
    /// Where the source has no checksum of the whole by this algorithm, its bytes are read and hashed again.
    pub checksum: Option<ChecksumAlgorithm>,
    pub location: Option<String>,
}

#[derive(Clone, Debug)]
pub struct CopyOutput {
    pub etag: ETag,
    pub modified: Timestamp,
    pub version: Option<VersionId>,
    pub source_version: Option<VersionId>,
    pub checksum: Option<Checksum>,
}

/// What was made: the name's node, the version that the answer tells, and the record.
type Made = (Inserted, Option<VersionId>, NodeRecord);

impl ObjectService {
    /// A copy onto itself that changes nothing is `InvalidRequest`; a source above 5 GiB too. Nobody copies anonymously, as in S3,
    /// whatever is granted to everybody.
    pub async fn copy(&self, principal: &Principal, request: CopyObject) -> Result<CopyOutput> {
        require_account(principal)?;
        let bucket = self.tree().bucket(&request.bucket).await?;
        self.require(principal, &bucket, Permission::Write)?;
        refuse_unchanged(&request)?;
        let location = self.location_for(&bucket, request.location.as_deref())?;
        let source = &request.source;
        for _ in 0..TRANSACTION_ATTEMPTS_MAX {
            let object = self
                .find(principal, &source.bucket, &source.key, source.version, Permission::Read, Want::Content)
                .await?;
            let source_version = object.shown;
            if let Some((inserted, version, record)) =
                self.copy_found(principal, &request, &bucket, location, object).await?
            {
                failpoint!("copy.after_commit");
                let (etag, checksum) = (record.etag, record.checksum);
                return Ok(CopyOutput { etag, modified: inserted.modified, version, source_version, checksum });
            }
        }
        Err(Error::Unavailable(format!("{} changes faster than it can be copied; try again", source.key)))
    }

    /// `None` where the source's content was let go of since it was found: the key may have another now.
    async fn copy_found(
        &self,
        principal: &Principal,
        request: &CopyObject,
        bucket: &Bucket,
        location: &Location,
        object: Object,
    ) -> Result<Option<Made>> {
        let CopyObject { source, key, conditions, checksum, .. } = request;
        source.conditions.check_source(&object.record.etag, object.record.modified)?;
        if object.record.size > COPY_BYTES_MAX {
            let message =
                "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
            return Err(Error::InvalidRequest(message.into()));
        }
        let description = self.description(principal, request, bucket, &object)?;
        let elsewhere = match &object.source {
            Source::Shared { content, .. } => content.location != location.name,
            Source::Inline(_) => !location.inline,
            Source::Empty | Source::Unread => false,
        };
        let has = |wanted: ChecksumAlgorithm| {
            let kept = object.record.checksum.as_ref();
            kept.is_some_and(|kept| kept.algorithm == wanted && kept.kind == ChecksumKind::FullObject)
        };
        let target = Target { principal, bucket, key, conditions };
        if elsewhere || !checksum.is_none_or(has) {
            return self.copy_bytes(object, description, &target, *checksum, location).await.map(Some);
        }
        self.share(object, description, &target).await
    }

    /// What the copy will be, but for its bytes.
    fn description(
        &self,
        principal: &Principal,
        request: &CopyObject,
        bucket: &Bucket,
        object: &Object,
    ) -> Result<Description> {
        let CopyDirectives { metadata, tags, website_redirect_location } = &request.directives;
        let owner = Self::owner_of_new(principal, bucket);
        let (headers, user_metadata) = match metadata {
            Some(replaced) => replaced.clone(),
            None => {
                let website_redirect_location = website_redirect_location.clone();
                let headers = ObjectHeaders { website_redirect_location, ..object.record.headers.clone() };
                (headers, object.record.user_metadata.clone())
            }
        };
        check_user_metadata(&user_metadata)?;
        let tags = match tags {
            Some(replaced) => replaced.clone(),
            None => {
                // Whoever copies tags reads them.
                if !object.record.tags.is_empty() {
                    Needs::Owner.require(principal, &object.place.bucket, &object.record, &object.place.key)?;
                }
                object.record.tags.clone()
            }
        };
        let acl = resolve(&request.acl, owner, bucket.record.owner, self.accounts())?;
        Ok(Description { owner, headers, user_metadata, tags, acl })
    }

    /// The new name shares the source's content, or has a copy of its inline bytes. `None` where the content is gone.
    async fn share(&self, object: Object, description: Description, target: &Target<'_>) -> Result<Option<Made>> {
        let id = self.tree().ids.next().await?;
        let inline = match &object.source {
            Source::Inline(sealed) => Some(seal_inline(id, 0, &open_inline(object.node, 0, sealed.clone())?)),
            Source::Empty | Source::Unread | Source::Shared { .. } => None,
        };
        let record = NodeRecord {
            kind: NodeKind::File,
            links: 1,
            posix: None,
            size: object.record.size,
            modified: Timestamp(0),
            content: object.record.content,
            etag: object.record.etag.clone(),
            owner: description.owner,
            headers: description.headers,
            user_metadata: description.user_metadata,
            tags: description.tags,
            checksum: object.record.checksum.clone(),
            acl: description.acl,
            parts: object.record.parts,
            home: Home::default(),
            xattrs: 0,
            moves: 0,
        };
        let new = NewNode { id, record, inline, content: None };
        let mapped =
            matches!(&object.source, Source::Shared { content, .. } if matches!(content.layout, Layout::Mapped { .. }));
        failpoint!("copy.before_commit", io);
        let made = transact!(self.store(), Durability::Synced, |tx| {
            let place = self.place_of(tx, target).await?;
            if let ContentRef::Shared(content) = new.record.content {
                if mapped && !self.is_still(tx, &object).await? {
                    return Ok(None);
                }
                if !self.add_use(tx, content).await? {
                    return Ok(None);
                }
            }
            let inserted = self.tree().insert(tx, &place, &new).await?;
            Ok(Some((inserted, made_version(&place.bucket, inserted.node, inserted.version))))
        })?;
        Ok(made.map(|(inserted, version)| (inserted, version, new.record)))
    }

    /// Whether the source is as it was found: what files are written into changes in its place, until it has another use.
    async fn is_still(&self, tx: &mut Transaction<'_>, object: &Object) -> Result<bool, TxError> {
        let Some(value) = tx.get(Table::Index, &keys::node(object.node)).await? else { return Ok(false) };
        let now = NodeRecord::decode(&value)?;
        let found = &object.record;
        Ok(now.content == found.content && now.size == found.size && now.etag == found.etag)
    }

    /// Whether the content is still there, and has one more use now.
    pub(crate) async fn add_use(&self, tx: &mut Transaction<'_>, content: Id) -> Result<bool, TxError> {
        let key = keys::content(content);
        let Some(value) = tx.get(Table::Index, &key).await? else { return Ok(false) };
        let mut record = ContentRecord::decode(&value)?;
        record.uses =
            record.uses.checked_add(1).ok_or_else(|| Error::Unavailable("the content has too many copies".into()))?;
        tx.put(Table::Index, key, record.encode());
        Ok(true)
    }

    /// The bytes are read, and written as a content of their own: conditions are looked at before any is moved.
    async fn copy_bytes(
        &self,
        object: Object,
        description: Description,
        target: &Target<'_>,
        checksum: Option<ChecksumAlgorithm>,
        location: &Location,
    ) -> Result<Made> {
        let Target { bucket, key, conditions, .. } = target;
        let current = self.tree().current_now(&self.tree().lookup(&bucket.name, key).await?).await?;
        conditions.check(key.as_str(), current.as_ref())?;
        let size = object.record.size;
        let wanted = checksum.or_else(|| object.record.checksum.as_ref().map(|checksum| checksum.algorithm));
        let body = self.body(object, ByteRange { offset: 0, length: size }).await?;
        let expected = Expected {
            checksum: wanted.map_or(ExpectedChecksum::None, ExpectedChecksum::Compute),
            ..Expected::default()
        };
        let upload = Upload { body, length: Some(size), expected };
        let id = self.tree().ids.next().await?;
        let origin = Origin { content: id, page: 0, bucket: bucket.name.to_string(), key: key.to_string() };
        let writing = self.inner.writers.pin(id);
        let mut written = content::write(upload, location, origin, None, writing).await?;
        let new = new_node(id, description, ETag::Md5(written.md5), &written, &location.name);
        failpoint!("copy.bytes_written", io);
        written.uncommitted.submitted();
        let inserted = self.insert(target, &new, None).await;
        if matches!(&inserted, Err(error) if !matches!(error, Error::Internal(_))) {
            written.uncommitted.refused();
        }
        let (inserted, version) = inserted?;
        written.uncommitted.commit();
        Ok((inserted, version, new.record))
    }
}

/// A copy onto itself must change something.
fn refuse_unchanged(request: &CopyObject) -> Result<()> {
    let CopyObject { source, bucket, key, directives, checksum, location, .. } = request;
    let same = source.bucket == *bucket && source.key == *key && source.version.is_none();
    let unchanged = directives.metadata.is_none()
        && directives.tags.is_none()
        && directives.website_redirect_location.is_none()
        && location.is_none()
        && checksum.is_none();
    match same && unchanged {
        true => {
            let message = "This copy request is illegal because it is trying to copy an object to itself without changing the \
                           object's metadata, storage class, website redirect location or encryption attributes.";
            Err(Error::InvalidRequest(message.into()))
        }
        false => Ok(()),
    }
}
