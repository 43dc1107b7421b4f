//! The table of who may do what by an ACL.

use std::sync::Arc;

use super::*;
use crate::types::{Account, CannedAcl};

fn account(byte: u8, is_root: bool) -> Principal {
    Principal::Account(Arc::new(Account {
        id: AccountId([byte; 32]),
        name: format!("a{byte}"),
        display_name: String::new(),
        email: None,
        is_root,
    }))
}

/// What owner, another account and an anonymous requester may do under a canned ACL: read, write, read the ACL, write the ACL.
#[test]
fn canned_acls_give_exactly_what_they_say() {
    let wanted = [Permission::Read, Permission::Write, Permission::ReadAcp, Permission::WriteAcp];
    let rows = [
        (CannedAcl::Private, [true, true, true, true], [false; 4], [false; 4]),
        (CannedAcl::PublicRead, [true; 4], [true, false, false, false], [true, false, false, false]),
        (CannedAcl::PublicReadWrite, [true; 4], [true, true, false, false], [true, true, false, false]),
        (CannedAcl::AuthenticatedRead, [true; 4], [true, false, false, false], [false; 4]),
        (CannedAcl::LogDeliveryWrite, [true; 4], [false; 4], [false; 4]),
    ];
    let owner = AccountId([1; 32]);
    for (canned, of_owner, of_other, of_anonymous) in rows {
        let acl = canned.expand(owner, owner);
        for (index, permission) in wanted.into_iter().enumerate() {
            let may = |principal: &Principal| allows(principal, owner, Some(&acl), permission);
            assert_eq!(may(&account(1, false)), of_owner[index], "owner {canned:?} {permission:?}");
            assert_eq!(may(&account(2, false)), of_other[index], "other {canned:?} {permission:?}");
            assert_eq!(may(&Principal::Anonymous), of_anonymous[index], "anonymous {canned:?} {permission:?}");
            assert!(may(&account(3, true)), "root");
        }
    }
}

#[test]
fn no_acl_is_private() {
    let owner = AccountId([1; 32]);
    assert!(allows(&account(1, false), owner, None, Permission::Write));
    assert!(!allows(&account(2, false), owner, None, Permission::Read));
    assert!(!allows(&Principal::Anonymous, owner, None, Permission::Read));
}

#[test]
fn an_owner_is_not_bound_by_an_acl() {
    let owner = AccountId([1; 32]);
    let empty = Acl::default();
    for permission in [Permission::Read, Permission::Write, Permission::ReadAcp, Permission::WriteAcp] {
        assert!(allows(&account(1, false), owner, Some(&empty), permission));
        assert!(!allows(&account(2, false), owner, Some(&empty), permission));
    }
}
