//! DeleteObject and DeleteObjects.
//!
//! Always holds: what is left after a delete is looked at.

use trefoil_tests::{Call, Suite, Test, case, checksum};

use super::pages;

fn delete_many<'a>(t: &'a Test, objects: &str) -> Call<'a> {
    t.post("/{b}?delete").body(format!("<Delete>{objects}</Delete>")).md5()
}

fn names(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect()
}

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "DeleteObject",
        cases: &[
            case("removes_it", pages::DELETE_OBJECT, |t| {
                t.object("k", "x");
                let answer = t.delete("/{b}/k").is(204);
                answer.holds("").lacks("x-amz-delete-marker").lacks("x-amz-version-id");
                t.get("/{b}/k").fails(404, "NoSuchKey");
            }),
            case("what_is_not_there_is_deleted", pages::DELETE_OBJECT, |t| {
                t.delete("/{b}/none").is(204);
                t.delete("/{b}/no/such/depth").is(204);
            }),
            case("absent_bucket", pages::DELETE_OBJECT, |t| {
                t.delete("/{c}/k").fails(404, "NoSuchBucket");
            }),
            case("by_another_account", pages::DELETE_OBJECT, |t| {
                t.object("k", "x");
                t.delete("/{b}/k").alt().fails(403, "AccessDenied");
                t.delete("/{b}/k").anonymous().fails(403, "AccessDenied");
                t.get("/{b}/k").is(200);
            }),
            case("no_grant_lets_others_delete_a_version", pages::ACL, |t| {
                t.versioning("Enabled");
                t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
                let version = t.object("k", "x").need("x-amz-version-id");
                let target = format!("/{{b}}/k?versionId={version}");
                t.delete(&target).alt().fails(403, "AccessDenied");
                t.delete(&target).anonymous().fails(403, "AccessDenied");
                let object = format!("<Object><Key>k</Key><VersionId>{version}</VersionId></Object>");
                let answer = delete_many(t, &object).alt().is(200);
                answer.lists("Error/Code", &["AccessDenied"]).omits("Deleted");
                t.get(&target).is(200).holds("x");
                // What a grant does stand for: a marker on top.
                t.delete("/{b}/k").alt().is(204).has("x-amz-delete-marker", "true");
                t.delete(&target).is(204);
                t.get(&target).fails(404, "NoSuchVersion");
            }),
            case("the_null_version_of_a_plain_bucket_is_a_version_too", pages::ACL, |t| {
                t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
                t.object("k", "x");
                t.delete("/{b}/k?versionId=null").anonymous().fails(403, "AccessDenied");
                t.get("/{b}/k").is(200).holds("x");
                t.delete("/{b}/k").anonymous().is(204);
                t.head("/{b}/k").is(404);
            }),
            case("what_lies_below_stays", pages::KEYS, |t| {
                t.objects(&["a", "a/", "a/b"]);
                t.delete("/{b}/a").is(204);
                t.delete("/{b}/a/").is(204);
                t.get("/{b}").is(200).lists("Contents/Key", &["a/b"]);
            }),
            case("a_delete_marker_where_versioning_is_on", pages::DELETE_MARKERS, |t| {
                t.versioning("Enabled");
                let version = t.object("k", "x").need("x-amz-version-id");
                let answer = t.delete("/{b}/k").is(204);
                answer.has("x-amz-delete-marker", "true");
                assert_ne!(answer.need("x-amz-version-id"), version);
                t.get(&format!("/{{b}}/k?versionId={version}")).is(200).holds("x");
            }),
            case("a_marker_for_what_never_was", pages::DELETE_MARKERS, |t| {
                t.versioning("Enabled");
                let marker = t.delete("/{b}/never").is(204).has("x-amz-delete-marker", "true").need("x-amz-version-id");
                t.get("/{b}?versions").is(200).shows("DeleteMarker/VersionId", &marker);
            }),
            case("a_version_for_good", pages::DELETE_OBJECT, |t| {
                t.versioning("Enabled");
                let one = t.object("k", "1").need("x-amz-version-id");
                let two = t.object("k", "2").need("x-amz-version-id");
                let answer = t.delete(&format!("/{{b}}/k?versionId={two}")).is(204);
                answer.has("x-amz-version-id", &two).lacks("x-amz-delete-marker");
                t.get("/{b}/k").is(200).holds("1").has("x-amz-version-id", &one);
            }),
            case("without_its_marker_a_key_is_back", pages::DELETE_MARKERS, |t| {
                t.versioning("Enabled");
                t.object("d/k", "1");
                let marker = t.delete("/{b}/d/k").is(204).need("x-amz-version-id");
                let answer = t.delete(&format!("/{{b}}/d/k?versionId={marker}")).is(204);
                answer.has("x-amz-delete-marker", "true").has("x-amz-version-id", &marker);
                t.get("/{b}/d/k").is(200).holds("1");
                t.get("/{b}").is(200).lists("Contents/Key", &["d/k"]);
            }),
            case("suspended_a_null_marker_replaces_the_null_version", pages::SUSPENDED, |t| {
                t.versioning("Enabled");
                let kept = t.object("k", "kept").need("x-amz-version-id");
                t.versioning("Suspended");
                t.object("k", "null");
                let answer = t.delete("/{b}/k").is(204);
                answer.has("x-amz-delete-marker", "true").has("x-amz-version-id", "null");
                let answer = t.get("/{b}?versions").is(200);
                answer.lists("Version/VersionId", &[&kept]).lists("DeleteMarker/VersionId", &["null"]);
            }),
            case("a_version_that_is_none", pages::DELETE_OBJECT, |t| {
                t.versioning("Enabled");
                t.object("k", "x");
                t.delete("/{b}/k?versionId=nonsense").fails(400, "InvalidArgument");
                t.get("/{b}/k").is(200);
            }),
            case("if_match_deletes_what_was_seen", pages::CONDITIONAL_DELETES, |t| {
                let etag = t.object("k", "1").need("etag");
                t.object("k", "2");
                t.delete("/{b}/k").with("if-match", &etag).fails(412, "PreconditionFailed");
                t.get("/{b}/k").is(200).holds("2");
                t.delete("/{b}/k").with("if-match", &checksum::etag(b"2")).is(204);
                t.head("/{b}/k").is(404);
            }),
            case("a_lock_that_is_not_there_can_not_be_passed_by", pages::DELETE_OBJECT, |t| {
                const NAME: &str = "x-amz-bypass-governance-retention";
                t.object("k", "x");
                for value in ["true", "false"] {
                    let answer = t.delete("/{b}/k").with(NAME, value).fails(400, "InvalidArgument");
                    answer.shows("ArgumentName", NAME);
                }
                t.get("/{b}/k").is(200);
                delete_many(t, &names(&["k"])).with(NAME, "true").is(200).shows("Deleted/Key", "k");
                t.head("/{b}/k").is(404);
            }),
            case("a_delete_marker_counts_as_absent", pages::CONDITIONAL_DELETES, |t| {
                t.versioning("Enabled");
                t.object("k", "1");
                let marker = t.delete("/{b}/k").is(204).need("x-amz-version-id");
                t.delete("/{b}/k").with("if-match", "*").fails(404, "NoSuchKey");
                t.delete("/{b}/k").with("if-match", &checksum::etag(b"1")).fails(404, "NoSuchKey");
                t.get("/{b}?versions").is(200).lists("DeleteMarker/VersionId", &[&marker]);
            }),
            case("if_match_star_needs_a_key", pages::CONDITIONAL_DELETES, |t| {
                t.object("k", "1");
                t.delete("/{b}/k").with("if-match", "*").is(204);
                t.delete("/{b}/k").with("if-match", "*").fails(404, "NoSuchKey");
            }),
        ],
    },
    Suite {
        operation: "DeleteObjects",
        cases: &[
            case("tells_each_key", pages::DELETE_OBJECTS, |t| {
                t.objects(&["a", "b/c", "keep"]);
                let answer = delete_many(t, &names(&["a", "b/c", "never"])).is(200);
                answer.root("DeleteResult").lists("Deleted/Key", &["a", "b/c", "never"]).omits("Error");
                t.get("/{b}").is(200).lists("Contents/Key", &["keep"]);
            }),
            case("quietly_tells_nothing", pages::DELETE_OBJECTS, |t| {
                t.objects(&["a", "b"]);
                let answer = delete_many(t, &format!("<Quiet>true</Quiet>{}", names(&["a", "b"]))).is(200);
                answer.omits("Deleted").omits("Error");
                t.get("/{b}").is(200).omits("Contents");
            }),
            case("markers_and_versions", pages::DELETE_OBJECTS, |t| {
                t.versioning("Enabled");
                let version = t.object("k", "1").need("x-amz-version-id");
                let answer = delete_many(t, &names(&["k"])).is(200);
                answer.shows("Deleted/DeleteMarker", "true");
                let marker = answer.one("Deleted/DeleteMarkerVersionId");
                let object = |id: &str| format!("<Object><Key>k</Key><VersionId>{id}</VersionId></Object>");
                let answer = delete_many(t, &(object(&version) + &object(&marker))).is(200);
                answer.lists("Deleted/VersionId", &[&version, &marker]).lists("Deleted/DeleteMarker", &["true"]);
                t.get("/{b}?versions").is(200).omits("Version").omits("DeleteMarker");
            }),
            case("each_has_conditions_of_its_own", pages::DELETE_OBJECTS, |t| {
                let etag = t.object("k", "x").need("etag");
                let time = t.head("/{b}/k").is(200).need("last-modified");
                let with = |conditions: &str| delete_many(t, &format!("<Object><Key>k</Key>{conditions}</Object>"));
                let modified = |time: &str| format!("<LastModifiedTime>{time}</LastModifiedTime>");
                for other in ["<ETag>other</ETag>", "<Size>2</Size>", &modified("Mon, 23 Nov 2020 08:00:00 GMT")] {
                    with(other).is(200).lists("Error/Code", &["PreconditionFailed"]).omits("Deleted");
                }
                // No object is that old: it is no condition that may be left out.
                with(&modified("Wed, 31 Dec 1969 23:59:59 GMT"))
                    .is(200)
                    .lists("Error/Code", &["MalformedXML"])
                    .omits("Deleted");
                with("<Size>-1</Size>").is(200).lists("Error/Code", &["MalformedXML"]).omits("Deleted");
                t.get("/{b}/k").is(200).holds("x");
                let held = format!("<ETag>{etag}</ETag><Size>1</Size>{}", modified(&time));
                with(&held).is(200).lists("Deleted/Key", &["k"]).omits("Error");
            }),
            case("a_thousand_are_allowed_and_one_more_not", pages::DELETE_OBJECTS, |t| {
                t.object("k0", "x");
                let keys: Vec<String> = (0..1001).map(|n| format!("k{n}")).collect();
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                delete_many(t, &names(&keys)).fails(400, "MalformedXML");
                t.head("/{b}/k0").is(200);
                let answer = delete_many(t, &names(&keys[..1000])).is(200);
                assert_eq!(answer.all("Deleted/Key").len(), 1000);
            }),
            case("nothing_to_delete_is_refused", pages::DELETE_OBJECTS, |t| {
                delete_many(t, "").fails(400, "MalformedXML");
            }),
            case("junk_is_refused", pages::DELETE_OBJECTS, |t| {
                t.post("/{b}?delete").body("<Delete><Object>").md5().fails(400, "MalformedXML");
                t.post("/{b}?delete").body("").md5().fails(400, "MissingRequestBodyError");
            }),
            case("a_digest_is_needed", pages::DELETE_OBJECTS, |t| {
                t.object("k", "x");
                let body = format!("<Delete>{}</Delete>", names(&["k"]));
                t.post("/{b}?delete").body(&body).fails(400, "InvalidRequest");
                t.head("/{b}/k").is(200);
                t.post("/{b}?delete")
                    .body(&body)
                    .with("x-amz-checksum-crc32c", &checksum::value("crc32c", body.as_bytes()))
                    .is(200);
                t.head("/{b}/k").is(404);
            }),
            case("a_wrong_digest_is_refused", pages::DELETE_OBJECTS, |t| {
                t.object("k", "x");
                let body = format!("<Delete>{}</Delete>", names(&["k"]));
                t.post("/{b}?delete")
                    .body(&body)
                    .with("content-md5", &checksum::content_md5(b""))
                    .fails(400, "BadDigest");
                t.post("/{b}?delete")
                    .body(&body)
                    .with("x-amz-checksum-sha256", &checksum::value("sha256", b""))
                    .fails(400, "BadDigest");
                t.head("/{b}/k").is(200);
            }),
            case("one_that_fails_does_not_stop_the_others", pages::DELETE_OBJECTS, |t| {
                t.versioning("Enabled");
                t.objects(&["a", "b"]);
                let objects =
                    "<Object><Key>a</Key><VersionId>nonsense</VersionId></Object><Object><Key>b</Key></Object>";
                let answer = delete_many(t, objects).is(200);
                answer.lists("Error/Key", &["a"]).lists("Deleted/Key", &["b"]);
                assert!(!answer.one("Error/Code").is_empty() && !answer.one("Error/Message").is_empty());
                t.get("/{b}").is(200).lists("Contents/Key", &["a"]);
            }),
            case("by_another_account_each_key_is_denied", pages::DELETE_OBJECTS, |t| {
                t.objects(&["a", "b"]);
                let answer = delete_many(t, &names(&["a", "b"])).alt().is(200);
                answer.lists("Error/Code", &["AccessDenied", "AccessDenied"]).omits("Deleted");
                t.get("/{b}").is(200).lists("Contents/Key", &["a", "b"]);
            }),
            case("absent_bucket", pages::DELETE_OBJECTS, |t| {
                let body = format!("<Delete>{}</Delete>", names(&["k"]));
                t.post("/{c}?delete").body(body).md5().fails(404, "NoSuchBucket");
            }),
            case("keys_with_entities_and_other_scripts", pages::DELETE_OBJECTS, |t| {
                t.objects(&["a%26b%3C", "%C3%A9"]);
                let answer = delete_many(t, &names(&["a&amp;b&lt;", "&#233;"])).is(200);
                answer.lists("Deleted/Key", &["a&b<", "\u{e9}"]);
                t.get("/{b}").is(200).omits("Contents");
            }),
            case("an_etag_is_compared", pages::CONDITIONAL_DELETES, |t| {
                t.object("a", "1");
                t.object("b", "2");
                let wrong = "<Object><Key>a</Key><ETag>\"0123\"</ETag></Object>".to_owned();
                let right = format!("<Object><Key>b</Key><ETag>{}</ETag></Object>", checksum::etag(b"2"));
                let answer = delete_many(t, &(wrong + &right)).is(200);
                answer.lists("Error/Code", &["PreconditionFailed"]).lists("Deleted/Key", &["b"]);
                t.get("/{b}").is(200).lists("Contents/Key", &["a"]);
            }),
        ],
    },
];
