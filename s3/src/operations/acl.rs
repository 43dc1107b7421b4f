//! ACLs as headers and documents give them, and as documents show them
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>).
//!
//! Always holds: a request says its ACL in one way only: a canned name, grants in headers, or a document.

use http::{HeaderMap, StatusCode};
use s3s::dto;
use trefoil_core::access::Accounts;
use trefoil_core::error::Error;
use trefoil_core::objects::{AccessControl, AclChange, GrantSpec, GranteeSpec};
use trefoil_core::types::{AccountId, CannedAcl, Grant, Grantee, Group, Permission};

use super::call::one;
use super::listing::Owners;
use super::xml::Xml;
use crate::error::Failure;

#[cfg(test)]
mod tests;

const GRANT_HEADERS: [(&str, Permission); 5] = [
    ("x-amz-grant-read", Permission::Read),
    ("x-amz-grant-write", Permission::Write),
    ("x-amz-grant-read-acp", Permission::ReadAcp),
    ("x-amz-grant-write-acp", Permission::WriteAcp),
    ("x-amz-grant-full-control", Permission::FullControl),
];

const fn uri_of(group: Group) -> &'static str {
    match group {
        Group::AllUsers => "http://acs.amazonaws.com/groups/global/AllUsers",
        Group::AuthenticatedUsers => "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
        Group::LogDelivery => "http://acs.amazonaws.com/groups/s3/LogDelivery",
    }
}

fn group(uri: &str) -> Result<Group, Failure> {
    [Group::AllUsers, Group::AuthenticatedUsers, Group::LogDelivery]
        .into_iter()
        .find(|group| uri_of(*group) == uri)
        .ok_or_else(|| Failure::invalid_argument("Group/URI", uri, "Invalid group uri"))
}

/// `x-amz-acl` or the `x-amz-grant-*` headers; `Default` where there is neither.
pub fn from_headers(headers: &HeaderMap) -> Result<AclChange, Failure> {
    let canned = one(headers, "x-amz-acl")?;
    let mut grants = Vec::new();
    for (name, permission) in GRANT_HEADERS {
        if let Some(text) = one(headers, name)? {
            grants.extend(grantees(name, text)?.into_iter().map(|grantee| GrantSpec { grantee, permission }));
        }
    }
    match (canned, grants.is_empty()) {
        (None, true) => Ok(AclChange::Default),
        (None, false) => Ok(AclChange::Grants(grants)),
        (Some(_), false) => {
            Err(Failure::invalid_request("Specifying both Canned ACLs and Header Grants is not allowed"))
        }
        (Some(name), true) => match CannedAcl::parse(name) {
            Some(canned) => Ok(AclChange::Canned(canned)),
            None => Err(Failure::invalid_argument("x-amz-acl", name, "The canned ACL you provided is not valid")),
        },
    }
}

/// `id="..", uri="..", emailAddress=".."`: commas between, quotes optional.
fn grantees(name: &str, text: &str) -> Result<Vec<GranteeSpec>, Failure> {
    let malformed = || Failure::invalid_argument(name, text, "Argument format not recognized");
    let mut found = Vec::new();
    for part in text.split(',') {
        let (kind, value) = part.trim().split_once('=').ok_or_else(malformed)?;
        let value = value.trim();
        let value = value.strip_prefix('"').map_or(Some(value), |open| open.strip_suffix('"')).ok_or_else(malformed)?;
        let kind = kind.trim();
        found.push(if kind.eq_ignore_ascii_case("id") {
            GranteeSpec::Id(value.to_owned())
        } else if kind.eq_ignore_ascii_case("uri") {
            GranteeSpec::Group(group(value)?)
        } else if kind.eq_ignore_ascii_case("emailAddress") {
            GranteeSpec::Email(value.to_owned())
        } else {
            return Err(malformed());
        });
    }
    Ok(found)
}

fn malformed() -> Failure {
    Error::MalformedAcl(
        "The XML you provided was not well-formed or did not validate against our published schema".to_owned(),
    )
    .into()
}

fn permission(name: &str) -> Option<Permission> {
    Some(match name {
        "FULL_CONTROL" => Permission::FullControl,
        "READ" => Permission::Read,
        "WRITE" => Permission::Write,
        "READ_ACP" => Permission::ReadAcp,
        "WRITE_ACP" => Permission::WriteAcp,
        _ => return None,
    })
}

const fn permission_name(permission: Permission) -> &'static str {
    match permission {
        Permission::FullControl => "FULL_CONTROL",
        Permission::Read => "READ",
        Permission::Write => "WRITE",
        Permission::ReadAcp => "READ_ACP",
        Permission::WriteAcp => "WRITE_ACP",
    }
}

fn from_document(policy: dto::AccessControlPolicy) -> Result<AclChange, Failure> {
    let owner = policy.owner.ok_or_else(malformed)?.id.filter(|id| !id.is_empty()).ok_or_else(malformed)?;
    let mut grants = Vec::new();
    for grant in policy.grants.ok_or_else(malformed)? {
        let grantee = grant.grantee.ok_or_else(malformed)?;
        let permission = grant.permission.ok_or_else(malformed)?;
        let permission = self::permission(permission.as_str()).ok_or_else(malformed)?;
        let grantee = match grantee.type_.as_str() {
            "CanonicalUser" => GranteeSpec::Id(grantee.id.ok_or_else(malformed)?),
            "AmazonCustomerByEmail" => GranteeSpec::Email(grantee.email_address.ok_or_else(malformed)?),
            "Group" => GranteeSpec::Group(group(&grantee.uri.ok_or_else(malformed)?)?),
            _ => return Err(malformed()),
        };
        grants.push(GrantSpec { grantee, permission });
    }
    Ok(AclChange::Policy { owner: Some(owner), grants })
}

/// Of PutBucketAcl and PutObjectAcl: exactly one of headers and document.
pub fn replacement(headers: &HeaderMap, policy: Option<dto::AccessControlPolicy>) -> Result<AclChange, Failure> {
    match (from_headers(headers)?, policy) {
        (AclChange::Default, None) => Err(Failure::new(
            StatusCode::BAD_REQUEST,
            "MissingSecurityHeader",
            "Your request was missing a required header",
        )
        .with("MissingHeaderName", "x-amz-acl")),
        (AclChange::Default, Some(policy)) => from_document(policy),
        (change, None) => Ok(change),
        (_, Some(_)) => {
            Err(Failure::new(StatusCode::BAD_REQUEST, "UnexpectedContent", "This request does not support content"))
        }
    }
}

/// An account with its display name, which is empty once the account is gone.
pub fn owner(accounts: &Accounts, id: AccountId) -> dto::Owner {
    let name = accounts.by_id(id).map(|account| account.display_name.clone());
    dto::Owner { display_name: name, id: Some(id.to_string()) }
}

/// The document by which an ACL is shown, and can be put back. The order of grants means nothing; groups come first, as some
/// clients expect.
pub fn document(accounts: &Accounts, acl: &AccessControl) -> bytes::Bytes {
    const ROOT: &str = "AccessControlPolicy";
    let mut owners = Owners::new(accounts);
    let mut xml = Xml::new(ROOT, 1024);
    owners.write("Owner", acl.owner, &mut xml);
    xml.open("AccessControlList");
    let is_group = |grant: &&Grant| matches!(grant.grantee, Grantee::Group(_));
    let groups = acl.grants.iter().filter(is_group);
    for grant in groups.chain(acl.grants.iter().filter(|grant| !is_group(grant))) {
        xml.open("Grant");
        match grant.grantee {
            Grantee::Account(id) => {
                xml.open(&grantee_element("CanonicalUser"));
                owners.write_inner(id, &mut xml);
            }
            Grantee::Group(group) => {
                xml.open(&grantee_element("Group"));
                xml.text("URI", uri_of(group));
            }
        }
        xml.close("Grantee");
        xml.text("Permission", permission_name(grant.permission));
        xml.close("Grant");
    }
    xml.close("AccessControlList");
    xml.finish(ROOT)
}

fn grantee_element(kind: &str) -> String {
    format!("Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\"")
}

/// What s3s calls malformed XML has a code of its own here.
pub fn malformed_document() -> Failure {
    malformed()
}
