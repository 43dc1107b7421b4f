//! May this principal do this, by this ACL?
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions>)
//!
//! Always holds: no grant, no access. The root account may do everything; an owner may always read and write the ACL of what it
//! owns, and a private ACL gives it all else. Anonymous requesters have what is granted to everybody, and nothing more.

use crate::error::{Error, Result};
use crate::types::{AccountId, Acl, Grantee, Group, Permission, Principal};

/// Whether `principal` has `wanted` on something of `owner` with this ACL (`None`: private).
pub fn allows(principal: &Principal, owner: AccountId, acl: Option<&Acl>, wanted: Permission) -> bool {
    if principal.is_root() {
        return true;
    }
    let account = principal.account_id();
    if account == Some(owner) && (acl.is_none() || matches!(wanted, Permission::ReadAcp | Permission::WriteAcp)) {
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
