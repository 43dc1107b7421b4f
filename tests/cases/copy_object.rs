//! CopyObject.
//!
//! Always holds: source and copy are both read after a copy.

use trefoil_tests::{Call, Suite, Test, case, checksum};

use super::pages;

const OLD: &str = "Sat, 01 Jan 2000 00:00:00 GMT";
const FAR: &str = "Tue, 01 Jan 2099 00:00:00 GMT";

/// A source with everything that can be copied.
fn source(t: &Test) {
    t.put("/{b}/s")
        .with("content-type", "text/x")
        .with("cache-control", "no-store")
        .with("x-amz-meta-a", "1")
        .with("x-amz-tagging", "t=1")
        .body("source")
        .is(200);
}

fn copy<'a>(t: &'a Test, target: &str) -> Call<'a> {
    t.put(target).with("x-amz-copy-source", "/{b}/s")
}

pub const SUITES: &[Suite] = &[Suite {
    operation: "CopyObject",
    cases: &[
        case("copies_content_metadata_and_tags", pages::COPY_OBJECT, |t| {
            source(t);
            let answer = copy(t, "/{b}/d").is(200);
            answer.root("CopyObjectResult").shows("ETag", &checksum::etag(b"source"));
            assert!(answer.one("LastModified").ends_with('Z'));
            let answer = t.get("/{b}/d").is(200);
            answer.holds("source").has("content-type", "text/x").has("cache-control", "no-store");
            answer.has("x-amz-meta-a", "1").has("x-amz-tagging-count", "1").has("etag", &checksum::etag(b"source"));
        }),
        case("into_another_bucket", pages::COPY_OBJECT, |t| {
            source(t);
            t.put("/{c}").is(200);
            copy(t, "/{c}/x/y").is(200);
            t.delete("/{b}/s").is(204);
            t.get("/{c}/x/y").is(200).holds("source");
        }),
        case("the_source_without_a_slash_in_front", pages::COPY_OBJECT, |t| {
            source(t);
            t.put("/{b}/d").with("x-amz-copy-source", "{b}/s").is(200);
            t.get("/{b}/d").is(200).holds("source");
        }),
        case("the_source_is_url_encoded", pages::COPY_OBJECT, |t| {
            t.object("a%20b%2Bc%3F/%C3%A9", "odd");
            t.put("/{b}/d").with("x-amz-copy-source", "/{b}/a%20b%2Bc%3F/%C3%A9").is(200);
            t.get("/{b}/d").is(200).holds("odd");
        }),
        case("replaces_metadata_on_request", pages::COPY_OBJECT, |t| {
            source(t);
            copy(t, "/{b}/d").with("x-amz-metadata-directive", "REPLACE").with("x-amz-meta-b", "2").is(200);
            let answer = t.head("/{b}/d").is(200);
            answer.has("x-amz-meta-b", "2").lacks("x-amz-meta-a").has("content-type", "binary/octet-stream");
            answer.lacks("cache-control").has("x-amz-tagging-count", "1");
        }),
        case("ignores_metadata_where_it_copies", pages::COPY_OBJECT, |t| {
            source(t);
            copy(t, "/{b}/d").with("x-amz-meta-b", "2").is(200);
            t.head("/{b}/d").is(200).has("x-amz-meta-a", "1").lacks("x-amz-meta-b");
        }),
        case("replaces_tags_on_request", pages::COPY_OBJECT, |t| {
            source(t);
            copy(t, "/{b}/d").with("x-amz-tagging-directive", "REPLACE").with("x-amz-tagging", "m=2&n=3").is(200);
            t.get("/{b}/d?tagging").is(200).lists("TagSet/Tag/Key", &["m", "n"]);
            copy(t, "/{b}/e").with("x-amz-tagging-directive", "REPLACE").is(200);
            t.head("/{b}/e").is(200).lacks("x-amz-tagging-count").has("x-amz-meta-a", "1");
        }),
        case("a_directive_that_is_none_is_refused", pages::COPY_OBJECT, |t| {
            source(t);
            copy(t, "/{b}/d").with("x-amz-metadata-directive", "MERGE").fails(400, "InvalidArgument");
            copy(t, "/{b}/d").with("x-amz-tagging-directive", "MERGE").fails(400, "InvalidArgument");
            t.head("/{b}/d").is(404);
        }),
        case("onto_itself_without_a_change_is_refused", pages::COPY_OBJECT, |t| {
            source(t);
            copy(t, "/{b}/s").fails(400, "InvalidRequest");
        }),
        case("onto_itself_with_new_metadata", pages::COPY_OBJECT, |t| {
            source(t);
            copy(t, "/{b}/s").with("x-amz-metadata-directive", "REPLACE").with("x-amz-meta-n", "3").is(200);
            t.get("/{b}/s").is(200).holds("source").has("x-amz-meta-n", "3").lacks("x-amz-meta-a");
        }),
        case("source_key_absent", pages::COPY_OBJECT, |t| {
            t.put("/{b}/d").with("x-amz-copy-source", "/{b}/none").fails(404, "NoSuchKey");
            t.head("/{b}/d").is(404);
        }),
        case("source_bucket_absent", pages::COPY_OBJECT, |t| {
            t.put("/{b}/d").with("x-amz-copy-source", "/{c}/none").fails(404, "NoSuchBucket");
        }),
        case("target_bucket_absent", pages::COPY_OBJECT, |t| {
            source(t);
            copy(t, "/{c}/d").fails(404, "NoSuchBucket");
        }),
        case("source_conditions_that_hold", pages::COPY_OBJECT, |t| {
            source(t);
            let etag = checksum::etag(b"source");
            copy(t, "/{b}/1").with("x-amz-copy-source-if-match", &etag).is(200);
            copy(t, "/{b}/2").with("x-amz-copy-source-if-none-match", "\"x\"").is(200);
            copy(t, "/{b}/3").with("x-amz-copy-source-if-modified-since", OLD).is(200);
            copy(t, "/{b}/4").with("x-amz-copy-source-if-unmodified-since", FAR).is(200);
        }),
        case("source_conditions_that_do_not", pages::COPY_OBJECT, |t| {
            source(t);
            let etag = checksum::etag(b"source");
            copy(t, "/{b}/d").with("x-amz-copy-source-if-match", "\"x\"").fails(412, "PreconditionFailed");
            copy(t, "/{b}/d").with("x-amz-copy-source-if-none-match", &etag).fails(412, "PreconditionFailed");
            copy(t, "/{b}/d").with("x-amz-copy-source-if-unmodified-since", OLD).fails(412, "PreconditionFailed");
            t.head("/{b}/d").is(404);
        }),
        case("the_target_must_be_absent_on_request", pages::CONDITIONAL_WRITES, |t| {
            source(t);
            copy(t, "/{b}/d").with("if-none-match", "*").is(200);
            t.object("d", "mine");
            copy(t, "/{b}/d").with("if-none-match", "*").fails(412, "PreconditionFailed");
            t.get("/{b}/d").is(200).holds("mine");
        }),
        case("a_version_of_the_source", pages::COPY_OBJECT, |t| {
            t.versioning("Enabled");
            let one = t.object("s", "1").need("x-amz-version-id");
            t.object("s", "2");
            let answer = t.put("/{b}/d").with("x-amz-copy-source", &format!("/{{b}}/s?versionId={one}")).is(200);
            answer.has("x-amz-copy-source-version-id", &one).need("x-amz-version-id");
            t.get("/{b}/d").is(200).holds("1");
        }),
        case("an_old_version_over_the_new", pages::COPY_OBJECT, |t| {
            t.versioning("Enabled");
            let one = t.object("s", "1").need("x-amz-version-id");
            t.object("s", "2");
            t.put("/{b}/s").with("x-amz-copy-source", &format!("/{{b}}/s?versionId={one}")).is(200);
            t.get("/{b}/s").is(200).holds("1");
            assert_eq!(t.get("/{b}?versions").is(200).all("Version").len(), 3);
        }),
        case("a_deleted_source", pages::COPY_OBJECT, |t| {
            t.versioning("Enabled");
            source(t);
            let marker = t.delete("/{b}/s").is(204).need("x-amz-version-id");
            copy(t, "/{b}/d").fails(404, "NoSuchKey");
            t.put("/{b}/d")
                .with("x-amz-copy-source", &format!("/{{b}}/s?versionId={marker}"))
                .fails(400, "InvalidRequest");
            let id = t.upload("d");
            t.put(&format!("/{{b}}/d?partNumber=1&uploadId={id}"))
                .with("x-amz-copy-source", &format!("/{{b}}/s?versionId={marker}"))
                .fails(400, "InvalidRequest");
        }),
        case("a_source_that_may_not_be_read", pages::COPY_OBJECT, |t| {
            source(t);
            t.put("/{c}").alt().is(200);
            copy(t, "/{c}/d").alt().fails(403, "AccessDenied");
            t.put("/{b}/s?acl").with("x-amz-acl", "authenticated-read").is(200);
            copy(t, "/{c}/d").alt().is(200);
            t.get("/{c}/d").alt().is(200).holds("source");
        }),
        case("the_acl_is_not_copied", pages::COPY_OBJECT, |t| {
            t.put("/{b}/s").with("x-amz-acl", "public-read").body("x").is(200);
            copy(t, "/{b}/d").is(200);
            t.get("/{b}/d").anonymous().fails(403, "AccessDenied");
            copy(t, "/{b}/e").with("x-amz-acl", "public-read").is(200);
            t.get("/{b}/e").anonymous().is(200);
        }),
        case("checksums_are_copied", pages::CHECKSUMS, |t| {
            let value = checksum::value("sha256", b"source");
            t.put("/{b}/s").with("x-amz-checksum-sha256", &value).body("source").is(200);
            copy(t, "/{b}/d").is(200).shows("ChecksumSHA256", &value);
            t.head("/{b}/d").with("x-amz-checksum-mode", "ENABLED").is(200).has("x-amz-checksum-sha256", &value);
        }),
        case("another_checksum_is_computed", pages::CHECKSUMS, |t| {
            source(t);
            let value = checksum::value("crc32c", b"source");
            copy(t, "/{b}/d").with("x-amz-checksum-algorithm", "CRC32C").is(200).shows("ChecksumCRC32C", &value);
            t.head("/{b}/d").with("x-amz-checksum-mode", "ENABLED").is(200).has("x-amz-checksum-crc32c", &value);
        }),
        case("an_odd_source_is_refused", pages::COPY_OBJECT, |t| {
            for source in ["", "/", "//", "{b}", "/{b}", "/{b}/", "nobucket"] {
                let answer = t.put("/{b}/d").with("x-amz-copy-source", source).go();
                assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidArgument"), "{source:?}");
            }
            t.head("/{b}/d").is(404);
        }),
        case("the_sources_owner_is_compared", pages::EXPECTED_OWNER, |t| {
            source(t);
            copy(t, "/{b}/d").with("x-amz-source-expected-bucket-owner", &t.alt().id).fails(403, "AccessDenied");
            copy(t, "/{b}/d").with("x-amz-source-expected-bucket-owner", &t.main().id).is(200);
        }),
        case("a_large_object", pages::COPY_OBJECT, |t| {
            let body: Vec<u8> = (0..9_500_000_u32).map(|n| (n % 253) as u8).collect();
            t.put("/{b}/s").body(&body).is(200);
            copy(t, "/{b}/d").is(200);
            t.delete("/{b}/s").is(204);
            t.get("/{b}/d").is(200).holds(&body);
        }),
    ],
}];
