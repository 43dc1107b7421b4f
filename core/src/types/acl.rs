//! Access control lists (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>).
//!
//! Always holds: an [`Acl`] has at most 100 grants. An absent ACL (`None` wherever one is kept) is the private one: full control
//! for the owner alone.

use super::AccountId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, bincode::Encode, bincode::Decode)]
pub enum Permission {
    FullControl,
    Read,
    Write,
    ReadAcp,
    WriteAcp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, bincode::Encode, bincode::Decode)]
pub enum Group {
    /// Everybody, also without credentials.
    AllUsers,
    /// Every account of this store.
    AuthenticatedUsers,
    /// The group that writes access logs.
    LogDelivery,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, bincode::Encode, bincode::Decode)]
pub enum Grantee {
    Account(AccountId),
    Group(Group),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, bincode::Encode, bincode::Decode)]
pub struct Grant {
    pub grantee: Grantee,
    pub permission: Permission,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Acl {
    pub grants: Vec<Grant>,
}

/// The ready-made ACLs (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannedAcl {
    Private,
    /// Lets Amazon EC2 read a machine image. There is no EC2 here that could be let in, so that nobody is.
    AwsExecRead,
    PublicRead,
    PublicReadWrite,
    AuthenticatedRead,
    BucketOwnerRead,
    BucketOwnerFullControl,
    LogDeliveryWrite,
}

impl CannedAcl {
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "private" => Self::Private,
            "aws-exec-read" => Self::AwsExecRead,
            "public-read" => Self::PublicRead,
            "public-read-write" => Self::PublicReadWrite,
            "authenticated-read" => Self::AuthenticatedRead,
            "bucket-owner-read" => Self::BucketOwnerRead,
            "bucket-owner-full-control" => Self::BucketOwnerFullControl,
            "log-delivery-write" => Self::LogDeliveryWrite,
            _ => return None,
        })
    }

    /// The grants that the name stands for. `bucket_owner` is the owner of the bucket that holds the object (for a bucket, itself).
    pub fn expand(self, owner: AccountId, bucket_owner: AccountId) -> Acl {
        let mut grants = vec![Grant { grantee: Grantee::Account(owner), permission: Permission::FullControl }];
        let mut grant = |grantee, permission| grants.push(Grant { grantee, permission });
        let all = Grantee::Group(Group::AllUsers);
        match self {
            Self::Private | Self::AwsExecRead => {}
            Self::PublicRead => grant(all, Permission::Read),
            Self::PublicReadWrite => {
                grant(all, Permission::Read);
                grant(all, Permission::Write);
            }
            Self::AuthenticatedRead => grant(Grantee::Group(Group::AuthenticatedUsers), Permission::Read),
            Self::BucketOwnerRead if owner != bucket_owner => grant(Grantee::Account(bucket_owner), Permission::Read),
            Self::BucketOwnerFullControl if owner != bucket_owner => {
                grant(Grantee::Account(bucket_owner), Permission::FullControl);
            }
            Self::BucketOwnerRead | Self::BucketOwnerFullControl => {}
            Self::LogDeliveryWrite => {
                grant(Grantee::Group(Group::LogDelivery), Permission::Write);
                grant(Grantee::Group(Group::LogDelivery), Permission::ReadAcp);
            }
        }
        Acl { grants }
    }
}
