//! Buckets: create, look at, list, delete.

use super::{AclChange, ObjectService};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::types::{AccountId, BucketName, Principal, Versioning};

#[derive(Clone, Debug)]
pub struct CreateBucket {
    pub bucket: BucketName,
    /// A location's name, or the store's region; anything else is `InvalidArgument` named `LocationConstraint`.
    pub location: Option<String>,
    pub acl: AclChange,
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

impl ObjectService {
    pub async fn create_bucket(&self, principal: &Principal, request: CreateBucket) -> Result<()> { let _ = (principal, request); unimplemented!() }

    /// HeadBucket and GetBucketLocation: for whoever may list the bucket, or owns it.
    pub async fn bucket(&self, principal: &Principal, bucket: &BucketName) -> Result<BucketInfo> { let _ = (principal, bucket); unimplemented!() }

    /// For reads of configurations that do not exist yet: answers as the owner's right to configure allows.
    pub async fn bucket_as_owner(&self, principal: &Principal, bucket: &BucketName) -> Result<BucketInfo> { let _ = (principal, bucket); unimplemented!() }

    /// The bucket's owner, whoever asks: for `x-amz-expected-bucket-owner`, which a requester without any right to the bucket may send.
    pub async fn bucket_owner(&self, bucket: &BucketName) -> Result<AccountId> { let _ = bucket; unimplemented!() }

    /// The requester's own buckets, by name.
    pub async fn list_buckets(&self, principal: &Principal, request: ListBuckets) -> Result<ListBucketsPage> { let _ = (principal, request); unimplemented!() }

    pub async fn delete_bucket(&self, principal: &Principal, bucket: &BucketName) -> Result<()> { let _ = (principal, bucket); unimplemented!() }
}
