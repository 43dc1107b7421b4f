//! PutObjectTagging, GetObjectTagging, DeleteObjectTagging.
//!
//! Always holds: tags are read back after each change.

use trefoil_tests::{Call, Suite, Test, case};

use super::pages;

fn put_tags<'a>(t: &'a Test, target: &str, tags: &[(&str, &str)]) -> Call<'a> {
    let tags: String =
        tags.iter().map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>")).collect();
    t.put(target).body(format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")).md5()
}

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "PutObjectTagging",
        cases: &[
            case("replaces_the_set", pages::PUT_OBJECT_TAGGING, |t| {
                t.put("/{b}/k").with("x-amz-tagging", "old=1").body("x").is(200);
                put_tags(t, "/{b}/k?tagging", &[("a", "1"), ("b&#32;@ ü", "2/+-=._:")]).is(200);
                let answer = t.get("/{b}/k?tagging").is(200);
                answer.lists("TagSet/Tag/Key", &["a", "b @ ü"]).lists("TagSet/Tag/Value", &["1", "2/+-=._:"]);
                t.head("/{b}/k").is(200).has("x-amz-tagging-count", "2");
            }),
            case("leaves_content_and_time_alone", pages::PUT_OBJECT_TAGGING, |t| {
                t.object("k", "x");
                let before = t.head("/{b}/k").is(200);
                put_tags(t, "/{b}/k?tagging", &[("a", "1")]).is(200);
                let after = t.head("/{b}/k").is(200);
                after.has("etag", &before.need("etag")).has("last-modified", &before.need("last-modified"));
            }),
            case("ten_are_allowed_and_eleven_not", pages::TAGGING, |t| {
                t.object("k", "x");
                let names: Vec<String> = (0..11).map(|n| format!("k{n}")).collect();
                let tags: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
                put_tags(t, "/{b}/k?tagging", &tags[..10]).is(200);
                put_tags(t, "/{b}/k?tagging", &tags).fails(400, "InvalidTag");
                t.head("/{b}/k").is(200).has("x-amz-tagging-count", "10");
            }),
            case("longest_names_and_values", pages::TAGGING, |t| {
                t.object("k", "x");
                put_tags(t, "/{b}/k?tagging", &[(&"k".repeat(128), &"v".repeat(256))]).is(200);
                put_tags(t, "/{b}/k?tagging", &[(&"k".repeat(129), "v")]).fails(400, "InvalidTag");
                put_tags(t, "/{b}/k?tagging", &[("k", &"v".repeat(257))]).fails(400, "InvalidTag");
            }),
            case("a_name_twice_is_refused", pages::TAGGING, |t| {
                t.object("k", "x");
                put_tags(t, "/{b}/k?tagging", &[("a", "1"), ("a", "2")]).fails(400, "InvalidTag");
            }),
            case("names_of_aws_are_refused", pages::TAGGING, |t| {
                t.object("k", "x");
                put_tags(t, "/{b}/k?tagging", &[("aws:x", "1")]).fails(400, "InvalidTag");
            }),
            case("characters_that_aws_does_not_allow_are_refused", pages::TAGGING, |t| {
                t.object("k", "x");
                for (key, value) in [("a", "1,2"), ("(a)", "1"), ("a &amp; b", "1"), ("a", "1&#9;2")] {
                    put_tags(t, "/{b}/k?tagging", &[(key, value)]).fails(400, "InvalidTag");
                }
                t.put("/{b}/k").with("x-amz-tagging", "a=1%2C2").body("y").fails(400, "InvalidTag");
                t.get("/{b}/k").is(200).holds("x").lacks("x-amz-tagging-count");
            }),
            case("an_empty_name_is_refused", pages::TAGGING, |t| {
                t.object("k", "x");
                put_tags(t, "/{b}/k?tagging", &[("", "1")]).fails(400, "InvalidTag");
            }),
            case("junk_is_refused", pages::PUT_OBJECT_TAGGING, |t| {
                t.object("k", "x");
                t.put("/{b}/k?tagging").body("<Tagging>").md5().fails(400, "MalformedXML");
                t.put("/{b}/k?tagging").body("").md5().fails(400, "MissingRequestBodyError");
            }),
            case("absent", pages::PUT_OBJECT_TAGGING, |t| {
                put_tags(t, "/{b}/none?tagging", &[("a", "1")]).fails(404, "NoSuchKey");
                put_tags(t, "/{c}/none?tagging", &[("a", "1")]).fails(404, "NoSuchBucket");
            }),
            case("of_a_version", pages::PUT_OBJECT_TAGGING, |t| {
                t.versioning("Enabled");
                let one = t.object("k", "1").need("x-amz-version-id");
                t.object("k", "2");
                let target = format!("/{{b}}/k?tagging&versionId={one}");
                put_tags(t, &target, &[("a", "1")]).is(200).has("x-amz-version-id", &one);
                t.get(&target).is(200).lists("TagSet/Tag/Key", &["a"]).has("x-amz-version-id", &one);
                t.get("/{b}/k?tagging").is(200).omits("TagSet/Tag");
            }),
            case("by_another_account", pages::PUT_OBJECT_TAGGING, |t| {
                t.object("k", "x");
                put_tags(t, "/{b}/k?tagging", &[("a", "1")]).alt().fails(403, "AccessDenied");
            }),
        ],
    },
    Suite {
        operation: "GetObjectTagging",
        cases: &[
            case("is_an_empty_set_where_there_are_none", pages::GET_OBJECT_TAGGING, |t| {
                t.object("k", "x");
                t.get("/{b}/k?tagging").is(200).root("Tagging").lists("TagSet", &[""]).omits("TagSet/Tag");
            }),
            case("absent", pages::GET_OBJECT_TAGGING, |t| {
                t.get("/{b}/none?tagging").fails(404, "NoSuchKey");
            }),
            case("of_a_delete_marker", pages::GET_OBJECT_TAGGING, |t| {
                t.versioning("Enabled");
                t.object("k", "x");
                let marker = t.delete("/{b}/k").is(204).need("x-amz-version-id");
                t.get(&format!("/{{b}}/k?tagging&versionId={marker}")).fails(405, "MethodNotAllowed");
            }),
            case("of_another_account", pages::GET_OBJECT_TAGGING, |t| {
                t.object("k", "x");
                t.get("/{b}/k?tagging").alt().fails(403, "AccessDenied");
            }),
            case("no_grant_gives_it", pages::GET_OBJECT_TAGGING, |t| {
                t.put("/{b}/k").with("x-amz-acl", "public-read-write").body("x").is(200);
                t.get("/{b}/k").alt().is(200).holds("x");
                t.get("/{b}/k?tagging").alt().fails(403, "AccessDenied");
                t.get("/{b}/k?tagging").anonymous().fails(403, "AccessDenied");
                put_tags(t, "/{b}/k?tagging", &[("a", "1")]).alt().fails(403, "AccessDenied");
                t.delete("/{b}/k?tagging").alt().fails(403, "AccessDenied");
                t.get("/{b}/k?tagging").is(200).omits("TagSet/Tag");
            }),
        ],
    },
    Suite {
        operation: "DeleteObjectTagging",
        cases: &[
            case("removes_the_set_and_succeeds_again", pages::DELETE_OBJECT_TAGGING, |t| {
                t.put("/{b}/k").with("x-amz-tagging", "a=1").body("x").is(200);
                t.delete("/{b}/k?tagging").is(204);
                t.get("/{b}/k?tagging").is(200).omits("TagSet/Tag");
                t.delete("/{b}/k?tagging").is(204);
                t.get("/{b}/k").is(200).holds("x").lacks("x-amz-tagging-count");
            }),
            case("absent", pages::DELETE_OBJECT_TAGGING, |t| {
                t.delete("/{b}/none?tagging").fails(404, "NoSuchKey");
            }),
        ],
    },
];
