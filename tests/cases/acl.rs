//! ACLs of buckets and objects: as documents, as headers, and what they allow.
//!
//! Always holds: what an ACL allows is tried by the account or by nobody, not read from the document alone.

use trefoil_tests::{Call, Suite, Test, case};

use super::pages;

const ALL: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

fn grant(grantee: &str, permission: &str) -> String {
    format!(
        "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" {grantee}</Grantee>\
         <Permission>{permission}</Permission></Grant>"
    )
}

fn account(id: &str, permission: &str) -> String {
    grant(&format!("xsi:type=\"CanonicalUser\"><ID>{id}</ID>"), permission)
}

fn group(uri: &str, permission: &str) -> String {
    grant(&format!("xsi:type=\"Group\"><URI>{uri}</URI>"), permission)
}

fn email(address: &str, permission: &str) -> String {
    grant(&format!("xsi:type=\"AmazonCustomerByEmail\"><EmailAddress>{address}</EmailAddress>"), permission)
}

fn policy(owner: &str, grants: &str) -> String {
    format!(
        "<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>{owner}</ID></Owner>\
         <AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
    )
}

/// Puts an ACL document with full control for the owner and `more`.
fn put_acl<'a>(t: &'a Test, target: &str, more: &str) -> Call<'a> {
    let owner = t.main().id;
    t.put(target).body(policy(&owner, &(account(&owner, "FULL_CONTROL") + more)))
}

fn put_bucket(t: &Test, permission: &str) {
    put_acl(t, "/{b}?acl", &account(&t.alt().id, permission)).is(200);
}

fn put_object(t: &Test, permission: &str) {
    t.object("k", "x");
    put_acl(t, "/{b}/k?acl", &account(&t.alt().id, permission)).is(200);
}

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "GetBucketAcl",
        cases: &[
            case("is_the_owners_alone_at_first", pages::GET_BUCKET_ACL, |t| {
                let answer = t.get("/{b}?acl").is(200);
                let main = t.main();
                answer.root("AccessControlPolicy").shows("Owner/ID", &main.id);
                answer.shows("AccessControlList/Grant/Grantee/ID", &main.id);
                answer.shows("AccessControlList/Grant/Permission", "FULL_CONTROL");
                let root = answer.xml();
                let grantee = root.elements("AccessControlList/Grant/Grantee")[0];
                assert!(grantee.attributes.iter().any(|(name, value)| name == "xsi:type" && value == "CanonicalUser"));
            }),
            case("of_another_account", pages::GET_BUCKET_ACL, |t| {
                t.get("/{b}?acl").alt().fails(403, "AccessDenied");
                t.get("/{b}?acl").anonymous().fails(403, "AccessDenied");
            }),
            case("read_acp_lets_it_be_read", pages::ACL, |t| {
                put_bucket(t, "READ_ACP");
                t.get("/{b}?acl").alt().is(200);
                t.get("/{b}").alt().fails(403, "AccessDenied");
                t.put("/{b}?acl").alt().with("x-amz-acl", "private").fails(403, "AccessDenied");
            }),
            case("absent", pages::GET_BUCKET_ACL, |t| {
                t.get("/{c}?acl").fails(404, "NoSuchBucket");
            }),
        ],
    },
    Suite {
        operation: "PutBucketAcl",
        cases: &[
            case("canned_public_read_lets_anybody_list", pages::ACL, |t| {
                t.object("k", "x");
                t.put("/{b}?acl").with("x-amz-acl", "public-read").is(200);
                t.get("/{b}").anonymous().is(200).lists("Contents/Key", &["k"]);
                t.get("/{b}/k").anonymous().fails(403, "AccessDenied");
                t.put("/{b}/n").anonymous().body("x").fails(403, "AccessDenied");
                let answer = t.get("/{b}?acl").is(200);
                answer.shows("AccessControlList/Grant/Grantee/URI", ALL);
                t.put("/{b}?acl").with("x-amz-acl", "private").is(200);
                t.get("/{b}").anonymous().fails(403, "AccessDenied");
            }),
            case("canned_public_read_write_lets_anybody_write", pages::ACL, |t| {
                t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
                t.put("/{b}/n").anonymous().body("x").is(200);
                t.put("/{b}/n2").alt().body("x").is(200);
                t.delete("/{b}/n").anonymous().is(204);
            }),
            case("canned_authenticated_read_keeps_strangers_out", pages::ACL, |t| {
                t.put("/{b}?acl").with("x-amz-acl", "authenticated-read").is(200);
                t.get("/{b}").alt().is(200);
                t.get("/{b}").anonymous().fails(403, "AccessDenied");
            }),
            case("a_document_replaces_all_grants", pages::PUT_BUCKET_ACL, |t| {
                put_bucket(t, "READ");
                t.get("/{b}").alt().is(200);
                put_acl(t, "/{b}?acl", &group(AUTHENTICATED, "READ_ACP")).is(200);
                t.get("/{b}").alt().fails(403, "AccessDenied");
                t.get("/{b}?acl")
                    .alt()
                    .is(200)
                    .lists("AccessControlList/Grant/Permission", &["READ_ACP", "FULL_CONTROL"]);
            }),
            case("read_lists_and_does_not_read", pages::ACL, |t| {
                t.object("k", "x");
                put_bucket(t, "READ");
                t.get("/{b}").alt().is(200);
                t.head("/{b}").alt().is(200);
                t.get("/{b}?uploads").alt().is(200);
                t.get("/{b}/k").alt().fails(403, "AccessDenied");
                t.put("/{b}/n").alt().fails(403, "AccessDenied");
                t.get("/{b}/none").alt().fails(404, "NoSuchKey");
            }),
            case("write_writes_and_does_not_list", pages::ACL, |t| {
                put_bucket(t, "WRITE");
                t.put("/{b}/n").alt().body("x").is(200);
                t.get("/{b}").alt().fails(403, "AccessDenied");
                t.get("/{b}/n").alt().is(200).holds("x");
                t.delete("/{b}/n").alt().is(204);
            }),
            case("write_acp_changes_the_acl", pages::ACL, |t| {
                put_bucket(t, "WRITE_ACP");
                t.get("/{b}?acl").alt().fails(403, "AccessDenied");
                t.put("/{b}?acl").alt().with("x-amz-acl", "public-read").is(200);
                t.get("/{b}").anonymous().is(200);
            }),
            case("full_control_is_all_of_it", pages::ACL, |t| {
                put_bucket(t, "FULL_CONTROL");
                t.get("/{b}").alt().is(200);
                t.put("/{b}/n").alt().body("x").is(200);
                t.get("/{b}?acl").alt().is(200);
                t.put("/{b}?acl").alt().with("x-amz-acl", "private").is(200);
                t.get("/{b}").alt().fails(403, "AccessDenied");
            }),
            case("grants_in_headers", pages::PUT_BUCKET_ACL, |t| {
                let alt = t.alt();
                t.put("/{b}?acl")
                    .with("x-amz-grant-read", &format!("id=\"{}\"", alt.id))
                    .with("x-amz-grant-write", &format!("emailAddress=\"{}\"", alt.email))
                    .with("x-amz-grant-read-acp", &format!("uri=\"{ALL}\""))
                    .is(200);
                t.get("/{b}").alt().is(200);
                t.put("/{b}/n").alt().body("x").is(200);
                let answer = t.get("/{b}?acl").anonymous().is(200);
                // Groups first, then the order of the headers: read, write, read-acp, write-acp, full-control.
                answer.lists("AccessControlList/Grant/Permission", &["READ_ACP", "READ", "WRITE"]);
            }),
            case("several_grantees_in_one_header", pages::PUT_BUCKET_ACL, |t| {
                let value = format!("id={}, uri=\"{AUTHENTICATED}\"", t.main().id);
                t.put("/{b}?acl").with("x-amz-grant-full-control", &value).is(200);
                assert_eq!(t.get("/{b}?acl").is(200).all("AccessControlList/Grant").len(), 2);
            }),
            case("an_address_that_nobody_has", pages::PUT_BUCKET_ACL, |t| {
                put_acl(t, "/{b}?acl", &email("nobody@example.org", "READ"))
                    .fails(400, "UnresolvableGrantByEmailAddress");
                t.put("/{b}?acl")
                    .with("x-amz-grant-read", "emailAddress=\"nobody@example.org\"")
                    .fails(400, "UnresolvableGrantByEmailAddress");
            }),
            case("an_id_that_nobody_has", pages::PUT_BUCKET_ACL, |t| {
                put_acl(t, "/{b}?acl", &account(&"0".repeat(64), "READ")).fails(400, "InvalidArgument");
                put_acl(t, "/{b}?acl", &account("short", "READ")).fails(400, "InvalidArgument");
            }),
            case("a_group_that_is_none", pages::PUT_BUCKET_ACL, |t| {
                put_acl(t, "/{b}?acl", &group("http://acs.amazonaws.com/groups/global/Friends", "READ"))
                    .fails(400, "InvalidArgument");
            }),
            case("a_permission_that_is_none", pages::PUT_BUCKET_ACL, |t| {
                put_acl(t, "/{b}?acl", &group(ALL, "EXECUTE")).fails(400, "MalformedACLError");
            }),
            case("junk_is_refused", pages::PUT_BUCKET_ACL, |t| {
                t.put("/{b}?acl").body("<AccessControlPolicy>").fails(400, "MalformedACLError");
            }),
            case("nothing_at_all_is_refused", pages::PUT_BUCKET_ACL, |t| {
                t.put("/{b}?acl").fails(400, "MissingSecurityHeader");
            }),
            case("canned_and_grants_together_are_refused", pages::PUT_BUCKET_ACL, |t| {
                t.put("/{b}?acl")
                    .with("x-amz-acl", "private")
                    .with("x-amz-grant-read", &format!("uri=\"{ALL}\""))
                    .fails(400, "InvalidRequest");
            }),
            case("a_document_and_a_header_together_are_refused", pages::PUT_BUCKET_ACL, |t| {
                put_acl(t, "/{b}?acl", "").with("x-amz-acl", "public-read").fails(400, "UnexpectedContent");
                t.get("/{b}").anonymous().fails(403, "AccessDenied");
            }),
            case("the_owner_cannot_be_changed", pages::PUT_BUCKET_ACL, |t| {
                let alt = t.alt().id;
                t.put("/{b}?acl").body(policy(&alt, &account(&alt, "FULL_CONTROL"))).fails(403, "AccessDenied");
            }),
            case("more_than_a_hundred_grants_are_refused", pages::ACL, |t| {
                put_acl(t, "/{b}?acl", &group(ALL, "READ").repeat(99)).is(200);
                put_acl(t, "/{b}?acl", &group(ALL, "READ").repeat(100)).fails(400, "MalformedACLError");
                assert_eq!(t.get("/{b}?acl").is(200).all("AccessControlList/Grant").len(), 100);
            }),
            case("an_unknown_element_is_refused", pages::PUT_BUCKET_ACL, |t| {
                put_acl(t, "/{b}?acl", "<Deny></Deny>").fails(400, "MalformedACLError");
                t.get("/{b}?acl").is(200).lists("AccessControlList/Grant/Permission", &["FULL_CONTROL"]);
            }),
            case("absent", pages::PUT_BUCKET_ACL, |t| {
                t.put("/{c}?acl").with("x-amz-acl", "private").fails(404, "NoSuchBucket");
                put_acl(t, "/{c}?acl", "").fails(404, "NoSuchBucket");
            }),
        ],
    },
    Suite {
        operation: "GetObjectAcl",
        cases: &[
            case("is_the_owners_alone_at_first", pages::GET_OBJECT_ACL, |t| {
                t.object("k", "x");
                let answer = t.get("/{b}/k?acl").is(200);
                answer.root("AccessControlPolicy").shows("Owner/ID", &t.main().id);
                answer.shows("AccessControlList/Grant/Permission", "FULL_CONTROL");
            }),
            case("absent", pages::GET_OBJECT_ACL, |t| {
                t.get("/{b}/none?acl").fails(404, "NoSuchKey");
            }),
            case("of_another_account", pages::GET_OBJECT_ACL, |t| {
                t.object("k", "x");
                t.get("/{b}/k?acl").alt().fails(403, "AccessDenied");
            }),
            case("of_a_version", pages::GET_OBJECT_ACL, |t| {
                t.versioning("Enabled");
                let one = t.object("k", "1").need("x-amz-version-id");
                t.put("/{b}/k").with("x-amz-acl", "public-read").body("2").is(200);
                let answer = t.get(&format!("/{{b}}/k?acl&versionId={one}")).is(200);
                assert_eq!(answer.all("AccessControlList/Grant").len(), 1);
                assert_eq!(t.get("/{b}/k?acl").is(200).all("AccessControlList/Grant").len(), 2);
            }),
        ],
    },
    Suite {
        operation: "PutObjectAcl",
        cases: &[
            case("canned_public_read_lets_anybody_read", pages::ACL, |t| {
                t.object("k", "x");
                t.put("/{b}/k?acl").with("x-amz-acl", "public-read").is(200);
                t.get("/{b}/k").anonymous().is(200).holds("x");
                t.head("/{b}/k").anonymous().is(200);
                t.get("/{b}/k?tagging").anonymous().fails(403, "AccessDenied");
                t.put("/{b}/k").anonymous().body("y").fails(403, "AccessDenied");
            }),
            case("canned_authenticated_read_keeps_strangers_out", pages::ACL, |t| {
                t.object("k", "x");
                t.put("/{b}/k?acl").with("x-amz-acl", "authenticated-read").is(200);
                t.get("/{b}/k").alt().is(200);
                t.get("/{b}/k").anonymous().fails(403, "AccessDenied");
            }),
            case("canned_for_the_buckets_owner", pages::ACL, |t| {
                t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
                t.put("/{b}/mine").alt().body("x").is(200);
                t.get("/{b}/mine").fails(403, "AccessDenied");
                t.put("/{b}/read").alt().with("x-amz-acl", "bucket-owner-read").body("x").is(200);
                t.get("/{b}/read").is(200);
                t.get("/{b}/read?acl").fails(403, "AccessDenied");
                t.put("/{b}/full").alt().with("x-amz-acl", "bucket-owner-full-control").body("x").is(200);
                t.get("/{b}/full?acl").is(200).shows("Owner/ID", &t.alt().id);
            }),
            case("a_delete_marker_has_none", pages::PUT_OBJECT_ACL, |t| {
                t.versioning("Enabled");
                let version = t.object("k", "x").need("x-amz-version-id");
                let marker = t.delete("/{b}/k").is(204).need("x-amz-version-id");
                for target in ["/{b}/k?acl".to_owned(), format!("/{{b}}/k?acl&versionId={marker}")] {
                    let answer = t.put(&target).with("x-amz-acl", "public-read").fails(405, "MethodNotAllowed");
                    answer.shows("Method", "PUT").shows("ResourceType", "DeleteMarker").has("allow", "DELETE");
                    answer.has("x-amz-delete-marker", "true").has("x-amz-version-id", &marker);
                }
                t.get("/{b}/k?acl").fails(404, "NoSuchKey").has("x-amz-delete-marker", "true");
                let answer = t.get(&format!("/{{b}}/k?acl&versionId={marker}")).fails(405, "MethodNotAllowed");
                answer.shows("Method", "GET");
                t.put("/{b}/none?acl").with("x-amz-acl", "public-read").fails(404, "NoSuchKey");
                t.get(&format!("/{{b}}/k?versionId={version}")).anonymous().fails(403, "AccessDenied");
            }),
            case("read_reads", pages::ACL, |t| {
                put_object(t, "READ");
                t.get("/{b}/k").alt().is(200).holds("x");
                t.get("/{b}/k?acl").alt().fails(403, "AccessDenied");
            }),
            case("read_acp_and_write_acp", pages::ACL, |t| {
                put_object(t, "READ_ACP");
                t.get("/{b}/k?acl").alt().is(200);
                t.get("/{b}/k").alt().fails(403, "AccessDenied");
                put_acl(t, "/{b}/k?acl", &account(&t.alt().id, "WRITE_ACP")).is(200);
                t.get("/{b}/k?acl").alt().fails(403, "AccessDenied");
                t.put("/{b}/k?acl").alt().with("x-amz-acl", "public-read").is(200);
                t.get("/{b}/k").anonymous().is(200);
            }),
            case("full_control_does_not_write_the_object", pages::ACL, |t| {
                put_object(t, "FULL_CONTROL");
                t.get("/{b}/k").alt().is(200);
                t.put("/{b}/k").alt().body("y").fails(403, "AccessDenied");
                t.get("/{b}/k").is(200).holds("x");
            }),
            case("grants_in_a_puts_headers", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k").with("x-amz-grant-read", &format!("id={}", t.alt().id)).body("x").is(200);
                t.get("/{b}/k").alt().is(200).holds("x");
                t.get("/{b}/k").anonymous().fails(403, "AccessDenied");
            }),
            case("a_put_makes_it_private_again", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k").with("x-amz-acl", "public-read").body("x").is(200);
                t.get("/{b}/k").anonymous().is(200);
                t.object("k", "y");
                t.get("/{b}/k").anonymous().fails(403, "AccessDenied");
            }),
            case("absent", pages::PUT_OBJECT_ACL, |t| {
                t.put("/{b}/none?acl").with("x-amz-acl", "private").fails(404, "NoSuchKey");
            }),
            case("an_unknown_canned_acl_is_refused", pages::PUT_OBJECT_ACL, |t| {
                t.object("k", "x");
                t.put("/{b}/k?acl").with("x-amz-acl", "public-ish").fails(400, "InvalidArgument");
            }),
            case("in_a_bucket_that_is_not_there", pages::PUT_OBJECT_ACL, |t| {
                t.put("/{c}/k?acl").with("x-amz-acl", "private").fails(404, "NoSuchBucket");
            }),
            case("of_a_version_that_is_not_there", pages::PUT_OBJECT_ACL, |t| {
                t.versioning("Enabled");
                let version = t.object("k", "x").need("x-amz-version-id");
                let gone = t.object("k", "y").need("x-amz-version-id");
                t.delete(&format!("/{{b}}/k?versionId={gone}")).is(204);
                t.put(&format!("/{{b}}/k?acl&versionId={gone}"))
                    .with("x-amz-acl", "public-read")
                    .fails(404, "NoSuchVersion");
                t.get("/{b}/k").anonymous().fails(403, "AccessDenied");
                t.put(&format!("/{{b}}/k?acl&versionId={version}")).with("x-amz-acl", "public-read").is(200);
                t.get("/{b}/k").anonymous().is(200).holds("x");
            }),
            case("a_document_that_can_not_be", pages::PUT_OBJECT_ACL, |t| {
                t.object("k", "x");
                put_acl(t, "/{b}/k?acl", &group(ALL, "EXECUTE")).fails(400, "MalformedACLError");
                t.put("/{b}/k?acl").body("<AccessControlPolicy>").fails(400, "MalformedACLError");
                put_acl(t, "/{b}/k?acl", &email("nobody@example.org", "READ"))
                    .fails(400, "UnresolvableGrantByEmailAddress");
                t.get("/{b}/k?acl").is(200).lists("AccessControlList/Grant/Permission", &["FULL_CONTROL"]);
            }),
        ],
    },
];
