//! From what a request says about an ACL to the ACL.
//!
//! Always holds: every grantee exists; at most 100 grants.

use super::Accounts;
use crate::error::{Error, Result};
use crate::limits::ACL_GRANTS_MAX;
use crate::objects::{AclChange, GrantSpec, GranteeSpec};
use crate::types::{AccountId, Acl, Grant, Grantee};

/// The ACL that `change` asks for, on something of `owner` in a bucket of `bucket_owner`. `None` is the private one.
pub(crate) fn resolve(
    change: &AclChange,
    owner: AccountId,
    bucket_owner: AccountId,
    accounts: &Accounts,
) -> Result<Option<Acl>> {
    match change {
        AclChange::Default => Ok(None),
        AclChange::Canned(canned) => Ok(Some(canned.expand(owner, bucket_owner))),
        AclChange::Grants(specs) => grants(specs, accounts).map(Some),
        AclChange::Policy { owner: named, grants: specs } => {
            if let Some(named) = named
                && named.parse::<AccountId>() != Ok(owner)
            {
                return Err(Error::AccessDenied("an ACL can't name another owner".into()));
            }
            grants(specs, accounts).map(Some)
        }
    }
}

fn grants(specs: &[GrantSpec], accounts: &Accounts) -> Result<Acl> {
    if specs.len() > ACL_GRANTS_MAX {
        return Err(Error::MalformedAcl(format!("an ACL has at most {ACL_GRANTS_MAX} grants")));
    }
    let grants =
        specs.iter().map(|spec| Ok(Grant { grantee: grantee(&spec.grantee, accounts)?, permission: spec.permission }));
    Ok(Acl { grants: grants.collect::<Result<_>>()? })
}

fn grantee(spec: &GranteeSpec, accounts: &Accounts) -> Result<Grantee> {
    match spec {
        GranteeSpec::Group(group) => Ok(Grantee::Group(*group)),
        GranteeSpec::Email(email) => {
            let account = accounts.by_email(email).ok_or_else(|| Error::UnresolvableGrantByEmail(email.clone()))?;
            Ok(Grantee::Account(account.id))
        }
        GranteeSpec::Id(id) => {
            let known = id.parse::<AccountId>().ok().and_then(|id| accounts.by_id(id));
            let account = known.ok_or_else(|| Error::InvalidArgument {
                name: "CanonicalUser/ID",
                value: id.clone(),
                message: "Invalid id".into(),
            })?;
            Ok(Grantee::Account(account.id))
        }
    }
}
