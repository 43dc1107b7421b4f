//! ACLs in headers and documents.

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::dto;
use trefoil_core::objects::{AclChange, GrantSpec, GranteeSpec};
use trefoil_core::types::{CannedAcl, Group, Permission};

use super::{from_headers, replacement};

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

#[test]
fn canned_names_and_grants() {
    let canned = from_headers(&headers(&[("x-amz-acl", "public-read")])).expect("known");
    assert_eq!(canned, AclChange::Canned(CannedAcl::PublicRead));
    assert_eq!(from_headers(&HeaderMap::new()).expect("absent"), AclChange::Default);
    let text = "id=\"abc\", emailAddress=a@b.c,uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"";
    let grant = |grantee| GrantSpec { grantee, permission: Permission::ReadAcp };
    let expected = vec![
        grant(GranteeSpec::Id("abc".into())),
        grant(GranteeSpec::Email("a@b.c".into())),
        grant(GranteeSpec::Group(Group::AllUsers)),
    ];
    assert_eq!(from_headers(&headers(&[("x-amz-grant-read-acp", text)])).expect("valid"), AclChange::Grants(expected));
}

#[test]
fn headers_that_can_not_be() {
    for (pairs, code) in [
        (vec![("x-amz-acl", "public")], "InvalidArgument"),
        (vec![("x-amz-grant-read", "abc")], "InvalidArgument"),
        (vec![("x-amz-grant-read", "id=\"abc")], "InvalidArgument"),
        (vec![("x-amz-grant-read", "name=abc")], "InvalidArgument"),
        (vec![("x-amz-grant-read", "uri=http://example.com/")], "InvalidArgument"),
        (vec![("x-amz-acl", "private"), ("x-amz-grant-read", "id=abc")], "InvalidRequest"),
        (vec![("x-amz-acl", "private"), ("x-amz-acl", "private")], "InvalidRequest"),
    ] {
        let map = pairs.iter().fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            map
        });
        assert_eq!(from_headers(&map).expect_err("must be refused").code, code, "{pairs:?}");
    }
}

fn policy(owner: Option<&str>, permission: &str) -> dto::AccessControlPolicy {
    let grantee = dto::Grantee {
        display_name: None,
        email_address: None,
        id: Some("abc".into()),
        type_: dto::Type::from_static(dto::Type::CANONICAL_USER),
        uri: None,
    };
    let grant = dto::Grant { grantee: Some(grantee), permission: Some(permission.to_owned().into()) };
    dto::AccessControlPolicy {
        grants: Some(vec![grant]),
        owner: owner.map(|id| dto::Owner { display_name: None, id: Some(id.to_owned()) }),
    }
}

#[test]
fn a_replacement_comes_from_headers_or_a_document_not_both() {
    let document = || Some(policy(Some("me"), "READ"));
    let acl = replacement(&HeaderMap::new(), document()).expect("valid");
    let grants = vec![GrantSpec { grantee: GranteeSpec::Id("abc".into()), permission: Permission::Read }];
    assert_eq!(acl, AclChange::Policy { owner: Some("me".into()), grants });
    let code = |headers: HeaderMap, document| replacement(&headers, document).expect_err("must be refused").code;
    assert_eq!(code(HeaderMap::new(), None), "MissingSecurityHeader");
    assert_eq!(code(headers(&[("x-amz-acl", "private")]), document()), "UnexpectedContent");
    assert_eq!(code(HeaderMap::new(), Some(policy(None, "READ"))), "MalformedACLError");
    assert_eq!(code(HeaderMap::new(), Some(policy(Some("me"), "OWN"))), "MalformedACLError");
}
