//! ACLs of buckets and objects: as requests give them, and as they are shown.

use super::ObjectService;
use crate::error::Result;
use crate::types::{AccountId, BucketName, CannedAcl, Grant, Group, ObjectKey, Permission, Principal, VersionId};

/// A grantee as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GranteeSpec {
    /// A canonical id as text; one that no account has is `InvalidArgument` named `CanonicalUser/ID`.
    Id(String),
    /// Resolved to the account that has the address; none is `UnresolvableGrantByEmail`.
    Email(String),
    Group(Group),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantSpec {
    pub grantee: GranteeSpec,
    pub permission: Permission,
}

/// What a request says about an ACL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AclChange {
    /// Nothing: private for what is new.
    #[default]
    Default,
    Canned(CannedAcl),
    /// `x-amz-grant-*` headers.
    Grants(Vec<GrantSpec>),
    /// An AccessControlPolicy document. An owner other than the present one is `AccessDenied`.
    Policy { owner: Option<String>, grants: Vec<GrantSpec> },
}

/// An ACL with its owner, as it is shown. Display names are looked up through `Accounts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessControl {
    pub owner: AccountId,
    pub grants: Vec<Grant>,
}

impl ObjectService {
    pub async fn bucket_acl(&self, principal: &Principal, bucket: &BucketName) -> Result<AccessControl> { let _ = (principal, bucket); unimplemented!() }

    pub async fn set_bucket_acl(&self, principal: &Principal, bucket: &BucketName, acl: AclChange) -> Result<()> { let _ = (principal, bucket, acl); unimplemented!() }

    pub async fn object_acl(&self, principal: &Principal, bucket: &BucketName, key: &ObjectKey, version: Option<VersionId>) -> Result<(AccessControl, Option<VersionId>)> { let _ = (principal, bucket, key, version); unimplemented!() }

    pub async fn set_object_acl(&self, principal: &Principal, bucket: &BucketName, key: &ObjectKey, version: Option<VersionId>, acl: AclChange) -> Result<Option<VersionId>> { let _ = (principal, bucket, key, version, acl); unimplemented!() }
}
