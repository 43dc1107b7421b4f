//! ACLs of buckets and objects: as requests give them, and as they are shown.
//!
//! Always holds: what a request names is resolved to accounts before it is kept; an ACL never changes who owns.

use super::ObjectService;
use super::change::{Needs, NodeChange};
use super::find::Want;
use crate::access::resolve;
use crate::error::{Error, Result};
use crate::types::{
    AccountId, Acl, BucketName, CannedAcl, Grant, Grantee, Group, ObjectKey, Permission, Principal, VersionId,
};

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
    Policy {
        owner: Option<String>,
        grants: Vec<GrantSpec>,
    },
}

/// An ACL with its owner, as it is shown. Display names are looked up through `Accounts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessControl {
    pub owner: AccountId,
    pub grants: Vec<Grant>,
}

fn shown(owner: AccountId, acl: Option<&Acl>) -> AccessControl {
    let private = || vec![Grant { grantee: Grantee::Account(owner), permission: Permission::FullControl }];
    AccessControl { owner, grants: acl.map_or_else(private, |acl| acl.grants.clone()) }
}

impl ObjectService {
    pub async fn bucket_acl(&self, principal: &Principal, bucket: &BucketName) -> Result<AccessControl> {
        let bucket = self.tree().bucket(bucket).await?;
        self.require(principal, &bucket, Permission::ReadAcp)?;
        Ok(shown(bucket.record.owner, bucket.record.acl.as_ref()))
    }

    pub async fn set_bucket_acl(&self, principal: &Principal, bucket: &BucketName, acl: AclChange) -> Result<()> {
        self.change_bucket(
            bucket,
            |found| self.require(principal, found, Permission::WriteAcp),
            |record| {
                record.acl = resolve(&acl, record.owner, record.owner, self.accounts())?;
                Ok(())
            },
        )
        .await
    }

    pub async fn object_acl(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<VersionId>,
    ) -> Result<(AccessControl, Option<VersionId>)> {
        let object = self.find(principal, bucket, key, version, Permission::ReadAcp, Want::Node).await?;
        Ok((shown(object.record.owner, object.record.acl.as_ref()), object.shown))
    }

    pub async fn set_object_acl(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<VersionId>,
        acl: AclChange,
    ) -> Result<Option<VersionId>> {
        let bucket_owner = self.tree().bucket(bucket).await?.record.owner;
        let change = NodeChange { bucket, key, version, needs: Needs::OnObject(Permission::WriteAcp) };
        self.change_node(principal, change, |record| {
            record.acl = resolve(&acl, record.owner, bucket_owner, self.accounts())?;
            Ok(())
        })
        .await
        // As S3 has it, the key is there; what can't have an ACL is the marker.
        .map_err(|error| match error {
            Error::Deleted { version, modified, .. } => Error::IsDeleteMarker { version, modified },
            other => other,
        })
    }
}
