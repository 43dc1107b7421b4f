//! CopyObject.
//!
//! Always holds: source and copy are both read after a copy.

use std::sync::Barrier;

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

/// A source of two parts with a composite CRC32C; its entity tag and its bytes.
fn composite(t: &Test) -> (String, Vec<u8>) {
    let id = t.post("/{b}/s?uploads").with("x-amz-checksum-algorithm", "CRC32C").is(200).one("UploadId");
    let bodies = [vec![b'a'; 5 << 20], b"bb".to_vec()];
    let mut parts = String::new();
    for (number, body) in (1..).zip(&bodies) {
        let value = checksum::value("crc32c", body);
        t.put(&format!("/{{b}}/s?partNumber={number}&uploadId={id}"))
            .with("x-amz-checksum-crc32c", &value)
            .body(body)
            .is(200);
        let etag = checksum::etag(body);
        parts.push_str(&format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag><ChecksumCRC32C>{value}</ChecksumCRC32C></Part>"
        ));
    }
    let answer = t
        .post(&format!("/{{b}}/s?uploadId={id}"))
        .body(format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"))
        .is(200);
    (answer.one("ETag"), bodies.concat())
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
            copy(t, "/{c}/d").alt().with("x-amz-tagging-directive", "REPLACE").is(200);
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
        case("the_same_checksum_is_kept", pages::CHECKSUMS, |t| {
            let value = checksum::value("crc32c", b"source");
            t.put("/{b}/s").with("x-amz-checksum-crc32c", &value).body("source").is(200);
            let answer = copy(t, "/{b}/d").with("x-amz-checksum-algorithm", "CRC32C").is(200);
            answer.shows("ChecksumCRC32C", &value).shows("ChecksumType", "FULL_OBJECT");
        }),
        case("of_a_multipart_object_keeps_what_was_computed_of_it", pages::COPY_OBJECT, |t| {
            let (etag, _) = composite(t);
            let answer = copy(t, "/{b}/d").is(200);
            answer.shows("ETag", &etag).shows("ChecksumType", "COMPOSITE");
            t.get("/{b}/d?partNumber=2").is(206).holds("bb").has("x-amz-mp-parts-count", "2").has("etag", &etag);
        }),
        case("of_a_multipart_object_with_a_checksum_of_the_whole", pages::CHECKSUMS, |t| {
            // Neither a composite one nor none is a checksum of the whole: the copy is an object of one piece.
            let (_, whole) = composite(t);
            for (key, name) in [("same", "crc32c"), ("other", "sha256")] {
                let value = checksum::value(name, &whole);
                let field = format!("Checksum{}", name.to_uppercase());
                let target = format!("/{{b}}/{key}");
                let answer = copy(t, &target).with("x-amz-checksum-algorithm", &name.to_uppercase()).is(200);
                answer.shows(&field, &value).shows("ChecksumType", "FULL_OBJECT");
                answer.shows("ETag", &checksum::etag(&whole));
                let answer = t.get(&target).with("x-amz-checksum-mode", "ENABLED").is(200);
                answer
                    .holds(&whole)
                    .has(&format!("x-amz-checksum-{name}"), &value)
                    .has("etag", &checksum::etag(&whole));
                t.get(&format!("{target}?partNumber=2")).fails(416, "InvalidPartNumber");
            }
        }),
        case("of_racing_creators_one_wins", pages::CONDITIONAL_WRITES, |t| {
            for n in 0..8 {
                t.object(&format!("s{n}"), &n.to_string());
            }
            let barrier = Barrier::new(8);
            let call = |n: usize| {
                let call = if n.is_multiple_of(2) {
                    t.put("/{b}/k").with("x-amz-copy-source", &format!("/{{b}}/s{n}"))
                } else {
                    t.put("/{b}/k").body(n.to_string())
                };
                call.with("if-none-match", "*").request
            };
            let requests: Vec<_> = (0..8).map(call).collect();
            let address = t.target.address;
            let statuses: Vec<u16> = std::thread::scope(|scope| {
                let run = |request: trefoil_tests::Request| {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        request.send(address).expect("an answer").status
                    })
                };
                let runs: Vec<_> = requests.into_iter().map(run).collect();
                runs.into_iter().map(|run| run.join().expect("no panic")).collect()
            });
            let winners: Vec<usize> = (0..8).filter(|n| statuses[*n] == 200).collect();
            assert_eq!(winners.len(), 1, "{statuses:?}");
            assert!(statuses.iter().all(|status| [200, 409, 412].contains(status)), "{statuses:?}");
            t.get("/{b}/k").is(200).holds(winners[0].to_string());
        }),
        case("a_delete_marker_counts_as_absent", pages::CONDITIONAL_WRITES, |t| {
            t.versioning("Enabled");
            source(t);
            t.object("d", "1");
            t.delete("/{b}/d").is(204);
            copy(t, "/{b}/d").with("if-match", "*").fails(404, "NoSuchKey");
            copy(t, "/{b}/d").with("if-none-match", "*").is(200);
            copy(t, "/{b}/d").with("if-none-match", "*").fails(412, "PreconditionFailed");
            t.get("/{b}/d").is(200).holds("source");
        }),
        case("the_target_must_be_as_seen_on_request", pages::CONDITIONAL_WRITES, |t| {
            source(t);
            t.object("d", "mine");
            copy(t, "/{b}/d").with("if-match", "\"x\"").fails(412, "PreconditionFailed").shows("Condition", "If-Match");
            t.get("/{b}/d").is(200).holds("mine");
            copy(t, "/{b}/d").with("if-match", &checksum::etag(b"mine")).is(200);
            t.get("/{b}/d").is(200).holds("source");
            copy(t, "/{b}/none").with("if-match", "\"x\"").fails(404, "NoSuchKey");
            t.head("/{b}/none").is(404);
        }),
        case("is_found_while_it_is_replaced", pages::COPY_OBJECT, |t| {
            let (a, b) = (vec![b'a'; 300_000], vec![b'b'; 300_000]);
            t.put("/{b}/s").body(&a).is(200);
            let puts: Vec<_> =
                (0..20).map(|n| t.put("/{b}/s").body(if n % 2 == 0 { &b } else { &a }).request).collect();
            let address = t.target.address;
            std::thread::scope(|scope| {
                let writer = scope.spawn(move || {
                    for put in puts {
                        assert_eq!(put.send(address).expect("an answer").status, 200);
                    }
                });
                while !writer.is_finished() {
                    let etag = copy(t, "/{b}/d").is(200).one("ETag");
                    let answer = t.get("/{b}/d").is(200);
                    assert!(answer.body == a || answer.body == b, "a mixture");
                    assert_eq!(etag, checksum::etag(&answer.body));
                }
            });
        }),
        case("nobody_copies_anonymously", pages::COPY_OBJECT, |t| {
            t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
            t.put("/{b}/s").with("x-amz-acl", "public-read").body("x").is(200);
            copy(t, "/{b}/d").anonymous().fails(403, "AccessDenied");
            t.head("/{b}/d").is(404);
        }),
        case("tags_are_for_their_owner", pages::GET_OBJECT_TAGGING, |t| {
            source(t);
            t.put("/{b}/s?acl").with("x-amz-acl", "public-read").is(200);
            t.put("/{c}").alt().is(200);
            copy(t, "/{c}/d").alt().fails(403, "AccessDenied");
            t.head("/{c}/d").alt().is(404);
            copy(t, "/{c}/d").alt().with("x-amz-tagging-directive", "REPLACE").is(200);
            t.get("/{c}/d?tagging").alt().is(200).omits("TagSet/Tag");
            t.get("/{b}/s").alt().is(200).lacks("x-amz-tagging-count");
            t.head("/{b}/s").anonymous().is(200).lacks("x-amz-tagging-count");
            t.head("/{b}/s").is(200).has("x-amz-tagging-count", "1");
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
