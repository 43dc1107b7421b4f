//! PutObject: one content under one key.
//!
//! Always holds: access and conditions are decided before a byte of the body is taken, and both again in the commit, in the very
//! bucket that was found first; the bytes are durable before the transaction that names them is begun (T1).

use super::service::made_version;
use super::{AclChange, ObjectHeaders, ObjectService, WriteConditions};
use crate::access::resolve;
use crate::content::{self, Body, Upload, Written, seal_inline};
use crate::data::Origin;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::USER_METADATA_BYTES_MAX;
use crate::metadata::Durability;
use crate::metadata::keys::Id;
use crate::metadata::records::{ContentRecord, ContentRef, Home, Layout, NodeKind, NodeRecord};
use crate::metadata::transaction::{Transaction, TxError};
use crate::namespace::{Bucket, Inserted, NewNode, Place};
use crate::transact;
use crate::types::{AccountId, Acl, BucketName, Checksum, ETag, ObjectKey, Permission, Principal, TagSet, VersionId};

pub struct PutObject {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub upload: Upload,
    pub headers: ObjectHeaders,
    /// Names in lower case, without `x-amz-meta-`.
    pub user_metadata: Vec<(String, String)>,
    pub tags: TagSet,
    pub acl: AclChange,
    pub conditions: WriteConditions,
    /// A location's name, where the request chose one.
    pub location: Option<String>,
}

#[derive(Clone, Debug)]
pub struct PutOutput {
    pub etag: ETag,
    /// `None` in a bucket that never had versioning.
    pub version: Option<VersionId>,
    pub checksum: Option<Checksum>,
    pub size: u64,
}

/// What an object is, but for its bytes.
pub(crate) struct Description {
    pub owner: AccountId,
    pub headers: ObjectHeaders,
    pub user_metadata: Vec<(String, String)>,
    pub tags: TagSet,
    pub acl: Option<Acl>,
}

/// The name that an object is to get: allowed when the request began, and to be allowed still when it is given.
pub(crate) struct Target<'a> {
    pub principal: &'a Principal,
    /// As it was found when the request began.
    pub bucket: &'a Bucket,
    pub key: &'a ObjectKey,
    pub conditions: &'a WriteConditions,
}

impl ObjectService {
    pub async fn put(&self, principal: &Principal, request: PutObject) -> Result<PutOutput> {
        let PutObject { bucket, key, upload, headers, user_metadata, tags, acl, conditions, location } = request;
        let (place, looked) = self.look(&bucket, &key).await?;
        self.require(principal, &place.bucket, Permission::Write)?;
        check_user_metadata(&user_metadata)?;
        let owner = Self::owner_of_new(principal, &place.bucket);
        let acl = resolve(&acl, owner, place.bucket.record.owner, self.accounts())?;
        conditions.check(key.as_str(), self.tree().current_now(&place).await?.as_ref())?;
        let location = self.location_for(&place.bucket, location.as_deref())?;

        let id = self.tree().ids.next().await?;
        let origin = Origin { content: id, page: 0, bucket: bucket.to_string(), key: key.to_string() };
        let writing = self.inner.writers.pin(id);
        let mut written = content::write(upload, location, origin, None, writing).await?;
        let description = Description { owner, headers, user_metadata, tags, acl };
        let etag = ETag::Md5(written.md5);
        let new = new_node(id, description, etag.clone(), &written, &location.name);

        failpoint!("put.before_commit", io);
        written.uncommitted.submitted();
        // What was looked at before a small body came is as good as new; after a large one it is old, and a conflict likely. In a bucket
        // with versions the name is locked before it is read.
        let fresh = matches!(written.body, Body::Empty | Body::Inline(_)) && !place.bucket.versioned();
        let looked = looked.filter(|_| fresh);
        let target = Target { principal, bucket: &place.bucket, key: &key, conditions: &conditions };
        let inserted = self.insert(&target, &new, looked).await;
        if matches!(&inserted, Err(error) if !matches!(error, Error::Internal(_))) {
            written.uncommitted.refused();
        }
        let (_, version) = inserted?;
        written.uncommitted.commit();
        failpoint!("put.after_commit");
        Ok(PutOutput { etag, version, checksum: new.record.checksum, size: written.size })
    }

    /// The place of a name, and the transaction that has read it. Where the way to it changed between two reads, it is read outside of
    /// any, and whoever changes it reads it again.
    async fn look(&self, bucket: &BucketName, key: &ObjectKey) -> Result<(Place, Option<Transaction<'_>>)> {
        let mut looked = Transaction::new(self.store());
        match self.tree().look(&mut looked, bucket, key.as_str()).await {
            Ok(place) => Ok((place, Some(looked))),
            Err(TxError::Conflict) => Ok((self.tree().lookup(bucket, key).await?, None)),
            Err(TxError::Other(error)) => Err(error),
        }
    }

    /// The place of the name, once it is known that it may be given: the bucket is the one that was found, and not another that
    /// got its name since; it still lets the principal write; the conditions hold.
    pub(crate) async fn place_of(&self, tx: &mut Transaction<'_>, target: &Target<'_>) -> Result<Place, TxError> {
        let place = self.tree().resolve(tx, &target.bucket.name, target.key.as_str()).await?;
        if place.bucket.record.id != target.bucket.record.id {
            return Err(Error::NoSuchBucket(target.bucket.name.to_string()).into());
        }
        self.require(target.principal, &place.bucket, Permission::Write)?;
        target.conditions.check(target.key.as_str(), self.tree().current(tx, &place).await?.as_ref())?;
        Ok(place)
    }

    /// Gives a new node its name, in a synced commit. `looked` has read the place just now.
    pub(crate) async fn insert<'a>(
        &'a self,
        target: &Target<'_>,
        new: &NewNode,
        looked: Option<Transaction<'a>>,
    ) -> Result<(Inserted, Option<VersionId>)> {
        transact!(self.store(), Durability::Synced, first = looked, |tx| {
            let place = self.place_of(tx, target).await?;
            let inserted = self.tree().insert(tx, &place, new).await?;
            Ok((inserted, made_version(&place.bucket, inserted.node, inserted.version)))
        })
    }
}

/// The node of a content that was just written, with what is to be committed beside it.
pub(crate) fn new_node(id: Id, description: Description, etag: ETag, written: &Written, location: &str) -> NewNode {
    let (content, inline, record) = match &written.body {
        Body::Empty => (ContentRef::Empty, None, None),
        Body::Inline(bytes) => (ContentRef::Inline, Some(seal_inline(id, 0, bytes)), None),
        Body::Extents(extents) => {
            let record = ContentRecord {
                uses: 1,
                size: written.size,
                location: location.to_owned(),
                layout: Layout::Extents(extents.clone()),
            };
            (ContentRef::Shared(id), None, Some((id, record)))
        }
    };
    let Description { owner, headers, user_metadata, tags, acl } = description;
    let record_of_node = NodeRecord {
        kind: NodeKind::File,
        links: 1,
        posix: None,
        size: written.size,
        modified: crate::clock::Timestamp(0),
        content,
        etag,
        owner,
        headers,
        user_metadata,
        tags,
        checksum: Some(written.checksum.clone()),
        acl,
        parts: None,
        home: Home::default(),
        xattrs: 0,
        moves: 0,
    };
    NewNode { id, record: record_of_node, inline, content: record }
}

pub(crate) fn check_user_metadata(metadata: &[(String, String)]) -> Result<()> {
    let size = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    match size > USER_METADATA_BYTES_MAX {
        true => Err(Error::MetadataTooLarge { size, max: USER_METADATA_BYTES_MAX }),
        false => Ok(()),
    }
}
