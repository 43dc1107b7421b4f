//! May this principal do this, by this ACL?
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions>)
//!
//! Always holds: no grant, no access, but for the root account, which may do everything, and for an owner: requests of the owning
//! account itself are not bound by an ACL, which grants access to others
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-auth-workflow-bucket-operation.html>). Anonymous
//! requesters have what is granted to everybody, and nothing more.

use crate::error::{Error, Result};
use crate::types::{AccountId, Acl, Grantee, Group, Permission, Principal};

/// Whether `principal` has `wanted` on something of `owner` with this ACL (`None`: private).
pub fn allows(principal: &Principal, owner: AccountId, acl: Option<&Acl>, wanted: Permission) -> bool {
    if principal.is_root() {
        return true;
    }
    let account = principal.account_id();
    if account == Some(owner) {
        return true;
    }
    acl.is_some_and(|acl| {
        acl.grants.iter().any(|grant| {
            let applies = match grant.grantee {
                Grantee::Account(id) => account == Some(id),
                Grantee::Group(Group::AllUsers) => true,
                Grantee::Group(Group::AuthenticatedUsers) => account.is_some(),
                Grantee::Group(Group::LogDelivery) => false,
            };
            applies && (grant.permission == wanted || grant.permission == Permission::FullControl)
        })
    })
}

/// The account of a principal, for what an anonymous one may never do.
pub fn require_account(principal: &Principal) -> Result<AccountId> {
    principal.account_id().ok_or_else(|| Error::AccessDenied("this needs credentials".into()))
}

#[cfg(test)]
mod tests;
