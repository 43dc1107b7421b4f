//! CopyObject: the same content under another key, without moving bytes where the location allows.
//!
//! Always holds: a shared content has one more use in the same commit as the new name; inline bytes are copied into the index;
//! only another location, or another checksum algorithm, reads and writes the bytes again.

use super::find::{Object, Source, Want};
use super::put::{Description, check_user_metadata, new_node};
use super::service::made_version;
use super::{AclChange, ObjectHeaders, ObjectService, ReadConditions, WriteConditions};
use crate::access::resolve;
use crate::clock::Timestamp;
use crate::content::{self, Expected, ExpectedChecksum, Upload, open_inline, seal_inline};
use crate::data::Origin;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::COPY_BYTES_MAX;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRef, NodeKind, NodeRecord, Record};
use crate::metadata::{Durability, Table};
use crate::namespace::{Inserted, NewNode};
use crate::transact;
use crate::types::{
    BucketName, ByteRange, Checksum, ChecksumAlgorithm, ETag, ObjectKey, Permission, Principal, TagSet, VersionId,
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
    /// Another algorithm than the source's: the content is read and hashed again.
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

impl ObjectService {
    /// A copy onto itself that changes nothing is `InvalidRequest`; a source above 5 GiB too.
    pub async fn copy(&self, principal: &Principal, request: CopyObject) -> Result<CopyOutput> {
        let CopyObject { source, bucket, key, directives, acl, conditions, checksum, location } = request;
        let place = self.tree().lookup(&bucket, &key).await?;
        self.require(principal, &place.bucket, Permission::Write)?;
        let same = source.bucket == bucket && source.key == key && source.version.is_none();
        let unchanged = directives.metadata.is_none()
            && directives.tags.is_none()
            && directives.website_redirect_location.is_none()
            && location.is_none()
            && checksum.is_none();
        if same && unchanged {
            let message = "This copy request is illegal because it is trying to copy an object to itself without changing the \
                           object's metadata, storage class, website redirect location or encryption attributes.";
            return Err(Error::InvalidRequest(message.into()));
        }
        let object =
            self.find(principal, &source.bucket, &source.key, source.version, Permission::Read, Want::Content).await?;
        source.conditions.check_source(&object.record.etag, object.record.modified)?;
        if object.record.size > COPY_BYTES_MAX {
            let message =
                "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
            return Err(Error::InvalidRequest(message.into()));
        }
        let owner = Self::owner_of_new(principal, &place.bucket);
        let (headers, user_metadata) = match directives.metadata {
            Some(replaced) => replaced,
            None => {
                let website_redirect_location = directives.website_redirect_location.clone();
                let headers = ObjectHeaders { website_redirect_location, ..object.record.headers.clone() };
                (headers, object.record.user_metadata.clone())
            }
        };
        check_user_metadata(&user_metadata)?;
        let description = Description {
            owner,
            headers,
            user_metadata,
            tags: directives.tags.unwrap_or_else(|| object.record.tags.clone()),
            acl: resolve(&acl, owner, place.bucket.record.owner, self.accounts())?,
        };
        conditions.check(key.as_str(), self.tree().current_now(&place).await?.as_ref())?;

        let source_version = object.shown;
        let target = self.location_for(&place.bucket, location.as_deref())?;
        let elsewhere = matches!(&object.source, Source::Shared { content, .. } if content.location != target.name)
            || matches!(&object.source, Source::Inline(_) if !target.inline);
        let rehashed =
            checksum.is_some_and(|wanted| object.record.checksum.as_ref().map(|it| it.algorithm) != Some(wanted));
        let (inserted, version, record) = if elsewhere || rehashed {
            self.copy_bytes(object, description, &bucket, &key, &conditions, checksum, &target.name).await?
        } else {
            self.share(object, description, &bucket, &key, &conditions).await?
        };
        failpoint!("copy.after_commit");
        Ok(CopyOutput {
            etag: record.etag,
            modified: inserted.modified,
            version,
            source_version,
            checksum: record.checksum,
        })
    }

    /// The new name shares the source's content, or has a copy of its inline bytes.
    async fn share(
        &self,
        object: Object,
        description: Description,
        bucket: &BucketName,
        key: &ObjectKey,
        conditions: &WriteConditions,
    ) -> Result<(Inserted, Option<VersionId>, NodeRecord)> {
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
        };
        let new = NewNode { id, record, inline, content: None };
        failpoint!("copy.before_commit", io);
        let (inserted, version) = transact!(self.store(), Durability::Synced, |tx| {
            let place = self.tree().resolve(tx, bucket, key.as_str()).await?;
            conditions.check(key.as_str(), self.tree().current(tx, &place).await?.as_ref())?;
            if let ContentRef::Shared(content) = new.record.content {
                self.add_use(tx, content, object.place.key.as_str()).await?;
            }
            let inserted = self.tree().insert(tx, &place, &new).await?;
            Ok((inserted, made_version(&place.bucket, inserted.node, inserted.version)))
        })?;
        Ok((inserted, version, new.record))
    }

    async fn add_use(
        &self,
        tx: &mut crate::metadata::transaction::Transaction<'_>,
        content: Id,
        source: &str,
    ) -> Result<(), crate::metadata::transaction::TxError> {
        let key = keys::content(content);
        // Gone since it was found: the source was deleted or replaced meanwhile.
        let Some(value) = tx.get(Table::Index, &key).await? else {
            return Err(Error::NoSuchKey(source.to_owned()).into());
        };
        let mut record = crate::metadata::records::ContentRecord::decode(&value)?;
        record.uses =
            record.uses.checked_add(1).ok_or_else(|| Error::Unavailable("the content has too many copies".into()))?;
        tx.put(Table::Index, key, record.encode());
        Ok(())
    }

    /// The bytes are read, and written as a content of their own.
    #[allow(clippy::too_many_arguments)] // one caller; each is a thing of its own
    async fn copy_bytes(
        &self,
        object: Object,
        description: Description,
        bucket: &BucketName,
        key: &ObjectKey,
        conditions: &WriteConditions,
        checksum: Option<ChecksumAlgorithm>,
        location: &str,
    ) -> Result<(Inserted, Option<VersionId>, NodeRecord)> {
        let size = object.record.size;
        let wanted = checksum.or_else(|| object.record.checksum.as_ref().map(|checksum| checksum.algorithm));
        let body = self.body(object, ByteRange { offset: 0, length: size }).await?;
        let expected = Expected {
            checksum: wanted.map_or(ExpectedChecksum::None, ExpectedChecksum::Compute),
            ..Expected::default()
        };
        let upload = Upload { body, length: Some(size), expected };
        let id = self.tree().ids.next().await?;
        let origin = Origin { content: id, page: 0, bucket: bucket.to_string(), key: key.to_string() };
        let mut written = content::write(upload, self.location(location)?, origin, None).await?;
        let new = new_node(id, description, ETag::Md5(written.md5), &written, location);
        failpoint!("copy.bytes_written", io);
        written.uncommitted.submitted();
        let inserted = self.insert(bucket, key, &new, conditions).await;
        if matches!(&inserted, Err(error) if !matches!(error, Error::Internal(_))) {
            written.uncommitted.refused();
        }
        let (inserted, version) = inserted?;
        written.uncommitted.commit();
        Ok((inserted, version, new.record))
    }
}
