//! Buckets: create, look at, list, delete.
//!
//! Always holds: a bucket goes only while it is empty, and nobody puts a first name into it meanwhile; its configurations go with it in
//! the same commit, its uploads by a task of that commit. It stands in its owner's list of buckets for as long as it exists, and that
//! list has at most [`BUCKETS_PER_ACCOUNT_MAX`]. A bucket's owner is there when it is made, and stays while it owns one.

use bytes::Bytes;

use super::{AclChange, ObjectService};
use crate::access::{allows, require_account, resolve};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{BUCKETS_PER_ACCOUNT_MAX, LIST_FETCH_MAX};
use crate::metadata::records::{BucketRecord, Number, ReclaimTask, Record};
use crate::metadata::{Durability, LockMode, Table, account_keys, counter, keys};
use crate::namespace::Bucket;
use crate::transact;
use crate::types::{AccountId, BucketName, Permission, Principal, TagSet, Versioning};

#[derive(Clone, Debug)]
pub struct CreateBucket {
    pub bucket: BucketName,
    /// A location's name, or the store's region; anything else is `InvalidArgument` named `LocationConstraint`.
    pub location: Option<String>,
    pub acl: AclChange,
    pub tags: TagSet,
}

#[derive(Clone, Debug)]
pub struct BucketInfo {
    pub name: BucketName,
    pub owner: AccountId,
    pub created: Timestamp,
    /// What the client gave as the location constraint, if it did.
    pub location_constraint: Option<String>,
    pub location: String,
    pub versioning: Versioning,
}

#[derive(Clone, Debug, Default)]
pub struct ListBuckets {
    pub prefix: String,
    /// Names behind this one.
    pub after: String,
    pub max_buckets: usize,
}

#[derive(Clone, Debug, Default)]
pub struct ListBucketsPage {
    pub buckets: Vec<BucketInfo>,
    pub next: Option<String>,
}

fn info(name: BucketName, record: &BucketRecord) -> BucketInfo {
    BucketInfo {
        name,
        owner: record.owner,
        created: record.created,
        location_constraint: record.location_constraint.clone(),
        location: record.location.clone(),
        versioning: record.versioning,
    }
}

impl ObjectService {
    pub async fn create_bucket(&self, principal: &Principal, request: CreateBucket) -> Result<()> {
        let owner = require_account(principal)?;
        let acl = resolve(&request.acl, owner, owner, self.accounts())?;
        let parts = &self.inner.parts;
        let location = match request.location.as_deref() {
            None => parts.default_location.clone(),
            Some(name) if parts.locations.contains_key(name) => name.to_owned(),
            Some(region) if region == parts.region => parts.default_location.clone(),
            Some(other) => {
                return Err(Error::InvalidArgument {
                    name: "LocationConstraint",
                    value: other.to_owned(),
                    message: format!("The specified location-constraint is not valid: {other}"),
                });
            }
        };
        let (id, root) = (self.tree().ids.next().await?, self.tree().ids.next().await?);
        let record = BucketRecord {
            id,
            root,
            owner,
            created: parts.clock.now(),
            location_constraint: request.location.clone(),
            location,
            versioning: Versioning::Unset,
            acl,
        };
        let at = [keys::bucket(request.bucket.as_str()), keys::owned_buckets(owner), account_keys::account(owner)];
        let at = at.map(|key| (Table::Index, key));
        transact!(self.store(), Durability::Synced, |tx| {
            // Whoever deletes the account holds this lock exclusive while it looks for buckets of it.
            tx.lock(&keys::locks::account(owner), LockMode::Shared).await?;
            let values = tx.get_many(&at).await?;
            if values[2].is_none() {
                return Err(Error::AccessDenied(format!("the account {owner} was deleted")).into());
            }
            if let Some(existing) = &values[0] {
                let existing = BucketRecord::decode(existing).map_err(Error::from)?;
                let name = request.bucket.to_string();
                return Err(match existing.owner == owner {
                    true => Error::BucketAlreadyOwnedByYou(name).into(),
                    false => Error::BucketAlreadyExists(name).into(),
                });
            }
            let owned = counter::decode(values[1].as_deref()).map_err(Error::Corrupt)?;
            if usize::try_from(owned).is_ok_and(|owned| owned >= BUCKETS_PER_ACCOUNT_MAX) {
                return Err(Error::TooManyBuckets(BUCKETS_PER_ACCOUNT_MAX).into());
            }
            tx.put(Table::Index, keys::bucket(request.bucket.as_str()), record.encode());
            tx.put(Table::Index, keys::owned_bucket(owner, request.bucket.as_str()), Number(id).encode());
            tx.add(keys::owned_buckets(owner), 1);
            // The root is its own parent and has no name.
            tx.put(Table::Index, keys::directory(root), self.tree().new_directory(root, b"").encode());
            if !request.tags.is_empty() {
                let key = keys::bucket_configuration(id, Configurations::TAGS);
                tx.put(Table::Index, key, Record::encode(&request.tags));
            }
            failpoint!("bucket.before_create");
            Ok(())
        })?;
        failpoint!("bucket.created");
        Ok(())
    }

    /// HeadBucket: for whoever may list the bucket, or owns it.
    pub async fn bucket(&self, principal: &Principal, bucket: &BucketName) -> Result<BucketInfo> {
        let bucket = self.tree().bucket(bucket).await?;
        let listed = allows(principal, bucket.record.owner, bucket.record.acl.as_ref(), Permission::Read);
        if !listed {
            self.require_owner(principal, &bucket)?;
        }
        Ok(info(bucket.name.clone(), &bucket.record))
    }

    /// GetBucketLocation, and reads of configurations that do not exist yet: for the owner, as no grant of an ACL stands for them
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions>).
    pub async fn bucket_as_owner(&self, principal: &Principal, bucket: &BucketName) -> Result<BucketInfo> {
        let bucket = self.tree().bucket(bucket).await?;
        self.require_owner(principal, &bucket)?;
        Ok(info(bucket.name.clone(), &bucket.record))
    }

    /// The bucket's owner, whoever asks: for `x-amz-expected-bucket-owner`, which a requester without any right to the bucket may send.
    pub async fn bucket_owner(&self, bucket: &BucketName) -> Result<AccountId> {
        Ok(self.tree().bucket(bucket).await?.record.owner)
    }

    /// The requester's own buckets, by name.
    pub async fn list_buckets(&self, principal: &Principal, request: ListBuckets) -> Result<ListBucketsPage> {
        let owner = require_account(principal)?;
        let mut buckets = self.buckets_of(owner, &request.prefix, &request.after, request.max_buckets + 1).await?;
        let more = buckets.len() > request.max_buckets;
        buckets.truncate(request.max_buckets);
        let next = buckets.last().filter(|_| more).map(|bucket| bucket.name.to_string());
        Ok(ListBucketsPage { buckets, next })
    }

    async fn buckets_of(&self, owner: AccountId, prefix: &str, after: &str, limit: usize) -> Result<Vec<BucketInfo>> {
        let end = keys::behind(&keys::owned_bucket(owner, prefix));
        // Behind the last name seen. Behind no name is behind their number.
        let mut start = keys::owned_bucket(owner, after.max(prefix));
        if after >= prefix {
            start.push(0);
        }
        let snapshot = self.store().snapshot()?;
        let mut found = Vec::new();
        while found.len() < limit {
            let fetch = LIST_FETCH_MAX.min(limit - found.len());
            let names = snapshot.scan(&start, &end, fetch, false).await?;
            let unreadable = || Error::Corrupt("a bucket in an account's list can't be read".into());
            let names: Vec<BucketName> = names
                .iter()
                .map(|(key, _)| keys::owned_bucket_parts(key).and_then(|(_, name)| name.parse().ok()))
                .collect::<Option<_>>()
                .ok_or_else(unreadable)?;
            let Some(last) = names.last() else { break };
            start = [&keys::owned_bucket(owner, last.as_str())[..], &[0]].concat();
            let full = names.len() == fetch;
            let at: Vec<_> = names.iter().map(|name| (Table::Index, keys::bucket(name.as_str()))).collect();
            for (name, record) in names.into_iter().zip(snapshot.get_many(&at).await?) {
                found.push(info(name, &BucketRecord::decode(&record.ok_or_else(unreadable)?)?));
            }
            if !full {
                break;
            }
        }
        Ok(found)
    }

    pub async fn delete_bucket(&self, principal: &Principal, bucket: &BucketName) -> Result<()> {
        transact!(self.store(), Durability::Synced, |tx| {
            let found = self.tree().resolve_bucket(tx, bucket).await?;
            self.require_owner(principal, &found)?;
            // Whoever puts a first name into an empty bucket holds this lock shared.
            self.tree().lock(tx, keys::locks::directory(found.record.root), LockMode::Exclusive).await?;
            if !self.tree().is_empty(&found).await? {
                return Err(Error::BucketNotEmpty(bucket.to_string()).into());
            }
            tx.delete(Table::Index, keys::bucket(bucket.as_str()));
            tx.delete(Table::Index, keys::owned_bucket(found.record.owner, bucket.as_str()));
            tx.add(keys::owned_buckets(found.record.owner), -1);
            self.tree().drop_directory(tx, found.record.root).await?;
            for kind in Configurations::ALL {
                tx.delete(Table::Index, keys::bucket_configuration(found.record.id, kind));
            }
            self.tree().reclaim(tx, ReclaimTask::Uploads { bucket: found.record.id }).await?;
            failpoint!("bucket.before_delete");
            Ok(())
        })?;
        failpoint!("bucket.deleted");
        Ok(())
    }

    /// Changes a bucket's record, for its owner.
    pub(crate) async fn change_bucket(
        &self,
        bucket: &BucketName,
        may: impl Fn(&Bucket) -> Result<()>,
        change: impl Fn(&mut BucketRecord) -> Result<()>,
    ) -> Result<()> {
        transact!(self.store(), Durability::Synced, |tx| {
            let found = self.tree().resolve_bucket(tx, bucket).await?;
            may(&found)?;
            let mut record = found.record.clone();
            change(&mut record)?;
            if record != found.record {
                tx.put(Table::Index, keys::bucket(bucket.as_str()), record.encode());
            }
            failpoint!("bucket.before_change");
            Ok(())
        })?;
        failpoint!("bucket.changed");
        Ok(())
    }

    /// One configuration of a bucket that is kept beside its record.
    pub(crate) async fn configuration<T: Record>(&self, bucket: &Bucket, kind: u8) -> Result<Option<T>> {
        let at = [(Table::Index, keys::bucket_configuration(bucket.record.id, kind))];
        let (_, values) = self.store().get_many(&at).await?;
        Ok(values[0].as_deref().map(<T as Record>::decode).transpose()?)
    }

    /// Puts or removes such a configuration, for the bucket's owner. One that the index has no room for in a value is refused.
    pub(crate) async fn set_configuration<T: Record>(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        kind: u8,
        value: Option<&T>,
    ) -> Result<()> {
        let value = value.map(Record::encode);
        let max = self.store().limits().value_bytes_max;
        if let Some(size) = value.as_ref().map(Bytes::len).filter(|size| *size > max) {
            return Err(Error::EntityTooLarge { size: size as u64, max: max as u64 });
        }
        transact!(self.store(), Durability::Synced, |tx| {
            let found = self.tree().resolve_bucket(tx, bucket).await?;
            self.require_owner(principal, &found)?;
            let key = keys::bucket_configuration(found.record.id, kind);
            match &value {
                Some(value) => tx.put(Table::Index, key, value.clone()),
                None => tx.delete(Table::Index, key),
            }
            failpoint!("bucket.before_configure");
            Ok(())
        })?;
        failpoint!("bucket.configured");
        Ok(())
    }
}

/// The kinds of configuration that are kept beside a bucket's record.
pub(crate) struct Configurations;

impl Configurations {
    pub(crate) const CORS: u8 = b'c';
    pub(crate) const TAGS: u8 = b't';
    pub(crate) const ALL: [u8; 2] = [Self::CORS, Self::TAGS];
}
