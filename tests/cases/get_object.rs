//! GetObject and HeadObject.
//!
//! Always holds: both answer alike but for the body; what is asked of one is asked of the other where it can differ.

use trefoil_tests::{Call, Suite, Test, case, checksum};

use super::pages;

const OLD: &str = "Sat, 01 Jan 2000 00:00:00 GMT";
const FAR: &str = "Tue, 01 Jan 2099 00:00:00 GMT";

/// An object of ten bytes; its entity tag.
fn ten(t: &Test) -> String {
    t.object("k", "0123456789").need("etag")
}

fn range(t: &Test, value: &str, content_range: &str, body: &str) {
    let answer = t.get("/{b}/k").with("range", value).is(206);
    answer.holds(body).has("content-range", content_range).has("content-length", &body.len().to_string());
    t.head("/{b}/k").with("range", value).is(206).has("content-range", content_range);
}

/// A multipart object of two parts, 5 MiB of `a` and `bb`.
fn two_parts(t: &Test) {
    let id = t.upload("m");
    let one = t.part("m", &id, 1, &vec![b'a'; 5 << 20]);
    let two = t.part("m", &id, 2, b"bb");
    t.complete("m", &id, &[(1, &one), (2, &two)]).is(200);
}

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "GetObject",
        cases: &[
            case("has_the_headers_of_an_object", pages::GET_OBJECT, |t| {
                let etag = ten(t);
                let answer = t.get("/{b}/k").is(200);
                answer.has("etag", &etag).has("accept-ranges", "bytes").has("content-length", "10");
                let modified = answer.need("last-modified");
                assert!(modified.ends_with(" GMT") && modified.len() == 29, "{modified}");
                answer.lacks("x-amz-storage-class").lacks("content-range").lacks("x-amz-delete-marker");
            }),
            case("ranges_from_to", pages::RANGES, |t| {
                ten(t);
                range(t, "bytes=0-0", "bytes 0-0/10", "0");
                range(t, "bytes=2-5", "bytes 2-5/10", "2345");
                range(t, "bytes=9-9", "bytes 9-9/10", "9");
            }),
            case("ranges_with_an_open_end", pages::RANGES, |t| {
                ten(t);
                range(t, "bytes=7-", "bytes 7-9/10", "789");
                range(t, "bytes=0-", "bytes 0-9/10", "0123456789");
                range(t, "bytes=5-99999999999999999999", "bytes 5-9/10", "56789");
            }),
            case("ranges_from_the_end", pages::RANGES, |t| {
                ten(t);
                range(t, "bytes=-3", "bytes 7-9/10", "789");
                range(t, "bytes=-100", "bytes 0-9/10", "0123456789");
            }),
            case("a_range_behind_the_end", pages::RANGES, |t| {
                ten(t);
                let answer = t.get("/{b}/k").with("range", "bytes=10-").fails(416, "InvalidRange");
                answer.shows("ActualObjectSize", "10").shows("RangeRequested", "bytes=10-");
                t.get("/{b}/k").with("range", "bytes=-0").fails(416, "InvalidRange");
            }),
            case("a_range_of_an_empty_object", pages::RANGES, |t| {
                t.object("k", "");
                t.get("/{b}/k").with("range", "bytes=0-0").fails(416, "InvalidRange");
                t.get("/{b}/k").with("range", "bytes=-0").fails(416, "InvalidRange");
                t.get("/{b}/k").with("range", "bytes=-5").is(200).holds("").lacks("content-range");
                t.head("/{b}/k").with("range", "bytes=-5").is(200).has("content-length", "0").lacks("content-range");
            }),
            case("what_is_no_range_is_ignored", pages::RANGES, |t| {
                ten(t);
                for value in ["bytes=5-2", "lines=1-2", "bytes=a-b", "bytes=1-2,4-5", "bytes", "bytes="] {
                    t.get("/{b}/k").with("range", value).is(200).holds("0123456789").lacks("content-range");
                }
            }),
            case("ranges_of_a_large_object", pages::RANGES, |t| {
                let body: Vec<u8> = (0..9_000_000_u32).map(|n| (n % 251) as u8).collect();
                t.put("/{b}/k").body(&body).is(200);
                for (first, last) in [(0, 0), (65_535, 65_537), (1 << 20, 3 << 20), (8_388_600, 8_999_999)] {
                    let answer = t.get("/{b}/k").with("range", &format!("bytes={first}-{last}")).is(206);
                    answer.holds(&body[first..=last]);
                }
            }),
            case("if_match", pages::CONDITIONAL_READS, |t| {
                let etag = ten(t);
                t.get("/{b}/k").with("if-match", &etag).is(200);
                t.get("/{b}/k").with("if-match", "*").is(200);
                t.get("/{b}/k").with("if-match", &format!("\"x\", {etag}")).is(200);
                t.get("/{b}/k")
                    .with("if-match", "\"other\"")
                    .fails(412, "PreconditionFailed")
                    .shows("Condition", "If-Match");
            }),
            case("if_none_match", pages::CONDITIONAL_READS, |t| {
                let etag = ten(t);
                t.get("/{b}/k").with("if-none-match", "\"other\"").is(200).holds("0123456789");
                t.get("/{b}/k").with("if-none-match", &etag).is(304).holds("").has("etag", &etag);
                t.get("/{b}/k").with("if-none-match", "*").is(304);
            }),
            case("if_modified_since", pages::CONDITIONAL_READS, |t| {
                ten(t);
                t.get("/{b}/k").with("if-modified-since", OLD).is(200);
                let modified = t.head("/{b}/k").is(200).need("last-modified");
                t.get("/{b}/k").with("if-modified-since", &modified).is(304).holds("");
            }),
            case("if_unmodified_since", pages::CONDITIONAL_READS, |t| {
                ten(t);
                t.get("/{b}/k").with("if-unmodified-since", FAR).is(200);
                t.get("/{b}/k").with("if-unmodified-since", OLD).fails(412, "PreconditionFailed");
            }),
            case("if_match_outranks_if_unmodified_since", pages::GET_OBJECT, |t| {
                let etag = ten(t);
                t.get("/{b}/k").with("if-match", &etag).with("if-unmodified-since", OLD).is(200);
            }),
            case("if_none_match_outranks_if_modified_since", pages::GET_OBJECT, |t| {
                let etag = ten(t);
                t.get("/{b}/k").with("if-none-match", &etag).with("if-modified-since", OLD).is(304);
            }),
            case("if_range_asks_for_the_rest_of_the_same", pages::RANGES, |t| {
                let etag = ten(t);
                let modified = t.head("/{b}/k").is(200).need("last-modified");
                for held in [&etag, &modified] {
                    for call in [t.get("/{b}/k"), t.head("/{b}/k")] {
                        let answer = call.with("range", "bytes=5-").with("if-range", held).is(206);
                        answer.has("content-range", "bytes 5-9/10");
                    }
                }
                for other in ["\"other\"", &format!("W/{etag}"), OLD, FAR, "nonsense"] {
                    let call = |call: Call<'_>| call.with("range", "bytes=5-").with("if-range", other).is(200);
                    call(t.get("/{b}/k")).holds("0123456789").lacks("content-range");
                    call(t.head("/{b}/k")).has("content-length", "10").lacks("content-range");
                }
                // What comes first decides first, and what can't be had of the whole is not asked for.
                t.get("/{b}/k")
                    .with("range", "bytes=5-")
                    .with("if-range", &etag)
                    .with("if-match", "\"other\"")
                    .fails(412, "PreconditionFailed");
                t.get("/{b}/k").with("range", "bytes=99-").with("if-range", "\"other\"").is(200);
                t.get("/{b}/k").with("range", "bytes=99-").with("if-range", &etag).fails(416, "InvalidRange");
            }),
            case("what_has_not_changed_is_told_in_full", pages::CONDITIONAL_READS, |t| {
                t.versioning("Enabled");
                let answer = t
                    .put("/{b}/k")
                    .with("cache-control", "max-age=5")
                    .with("expires", "Thu, 01 Dec 2033 16:00:00 GMT")
                    .body("x")
                    .is(200);
                let (etag, version) = (answer.need("etag"), answer.need("x-amz-version-id"));
                for call in [t.get("/{b}/k"), t.head("/{b}/k")] {
                    let answer = call.with("if-none-match", &etag).is(304);
                    answer.holds("").has("etag", &etag).has("x-amz-version-id", &version);
                    answer.has("cache-control", "max-age=5").has("expires", "Thu, 01 Dec 2033 16:00:00 GMT");
                    answer.need("last-modified");
                }
            }),
            case("the_answers_headers_can_be_chosen", pages::GET_OBJECT, |t| {
                t.put("/{b}/k").with("content-type", "text/plain").body("x").is(200);
                let answer = t
                    .get(
                        "/{b}/k?response-content-type=text/css&response-content-language=fr&response-expires=never&\
                         response-cache-control=no-cache&response-content-disposition=attachment%3B%20filename%3D%22a%22&\
                         response-content-encoding=identity",
                    )
                    .is(200);
                answer.has("content-type", "text/css").has("content-language", "fr").has("expires", "never");
                answer.has("cache-control", "no-cache").has("content-disposition", "attachment; filename=\"a\"");
                answer.has("content-encoding", "identity");
                t.get("/{b}/k").is(200).has("content-type", "text/plain").lacks("content-language");
            }),
            case("only_the_signed_choose_headers", pages::GET_OBJECT, |t| {
                t.put("/{b}/k").with("x-amz-acl", "public-read").body("x").is(200);
                t.get("/{b}/k").anonymous().is(200);
                t.get("/{b}/k?response-content-type=text/css").anonymous().fails(400, "InvalidRequest");
            }),
            case("one_part_of_a_multipart_object", pages::GET_OBJECT, |t| {
                two_parts(t);
                let answer = t.get("/{b}/m?partNumber=2").is(206);
                answer
                    .holds("bb")
                    .has("x-amz-mp-parts-count", "2")
                    .has("content-range", "bytes 5242880-5242881/5242882");
                assert_eq!(t.get("/{b}/m?partNumber=1").is(206).body.len(), 5 << 20);
            }),
            case("a_part_that_is_not_there", pages::GET_OBJECT, |t| {
                two_parts(t);
                t.get("/{b}/m?partNumber=3").fails(416, "InvalidPartNumber");
            }),
            case("the_first_part_of_an_object_of_one_piece", pages::GET_OBJECT, |t| {
                ten(t);
                t.get("/{b}/k?partNumber=1").is(206).holds("0123456789");
                t.get("/{b}/k?partNumber=2").fails(416, "InvalidPartNumber");
            }),
            case("the_first_part_of_an_empty_object", pages::GET_OBJECT, |t| {
                t.object("k", "");
                t.get("/{b}/k?partNumber=1").is(200).holds("").has("content-length", "0").lacks("content-range");
                t.head("/{b}/k?partNumber=1").is(200).has("content-length", "0").lacks("content-range");
                t.get("/{b}/k?partNumber=2").fails(416, "InvalidPartNumber");
            }),
            case("a_part_without_bytes", pages::GET_OBJECT, |t| {
                let id = t.upload("alone");
                let one = t.part("alone", &id, 1, b"");
                t.complete("alone", &id, &[(1, &one)]).is(200);
                let id = t.upload("last");
                let one = t.part("last", &id, 1, &vec![b'a'; 5 << 20]);
                let two = t.part("last", &id, 2, b"");
                t.complete("last", &id, &[(1, &one), (2, &two)]).is(200);
                for (target, count) in [("/{b}/alone?partNumber=1", "1"), ("/{b}/last?partNumber=2", "2")] {
                    let answer = t.get(target).is(200);
                    answer.holds("").has("content-length", "0").has("x-amz-mp-parts-count", count);
                    answer.lacks("content-range");
                    let answer = t.head(target).is(200);
                    answer.has("content-length", "0").has("x-amz-mp-parts-count", count).lacks("content-range");
                }
                assert_eq!(t.get("/{b}/last?partNumber=1").is(206).body.len(), 5 << 20);
            }),
            case("a_part_comes_with_its_own_checksum", pages::CHECKSUMS, |t| {
                let answer = t.post("/{b}/m?uploads").with("x-amz-checksum-algorithm", "CRC32C").is(200);
                let id = answer.one("UploadId");
                let bodies = [vec![b'a'; 5 << 20], b"bb".to_vec()];
                let values = bodies.each_ref().map(|body| checksum::value("crc32c", body));
                let part = |number: usize| {
                    format!(
                        "<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag><ChecksumCRC32C>{}</ChecksumCRC32C></Part>",
                        checksum::etag(&bodies[number - 1]),
                        values[number - 1]
                    )
                };
                for number in [1, 2] {
                    t.put(&format!("/{{b}}/m?partNumber={number}&uploadId={id}"))
                        .with("x-amz-checksum-crc32c", &values[number - 1])
                        .body(&bodies[number - 1])
                        .is(200);
                }
                let parts = part(1) + &part(2);
                t.post(&format!("/{{b}}/m?uploadId={id}"))
                    .body(format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"))
                    .is(200);
                for number in [1, 2] {
                    let target = format!("/{{b}}/m?partNumber={number}");
                    for call in [t.get(&target), t.head(&target)] {
                        let answer = call.with("x-amz-checksum-mode", "ENABLED").is(206);
                        answer
                            .has("x-amz-checksum-crc32c", &values[number - 1])
                            .has("x-amz-checksum-type", "COMPOSITE");
                    }
                }
                t.get("/{b}/m?partNumber=2").is(206).lacks("x-amz-checksum-crc32c");
            }),
            case("a_part_and_a_range_are_too_much", pages::GET_OBJECT, |t| {
                ten(t);
                t.get("/{b}/k?partNumber=1").with("range", "bytes=0-1").fails(400, "InvalidRequest");
            }),
            case("a_part_number_must_be_one", pages::GET_OBJECT, |t| {
                ten(t);
                for number in ["0", "10001", "first", "-1"] {
                    t.get(&format!("/{{b}}/k?partNumber={number}")).fails(400, "InvalidArgument");
                }
            }),
            case("absent", pages::GET_OBJECT, |t| {
                let answer = t.get("/{b}/no/such").fails(404, "NoSuchKey");
                answer.shows("Key", "no/such").has("content-type", "application/xml");
                t.object("no/such/thing", "");
                t.get("/{b}/no/such").fails(404, "NoSuchKey");
                t.get("/{b}/no/such/").fails(404, "NoSuchKey");
            }),
            case("absent_and_not_to_be_known", pages::GET_OBJECT, |t| {
                t.get("/{b}/none").alt().fails(403, "AccessDenied");
                t.get("/{b}/none").anonymous().fails(403, "AccessDenied");
            }),
            case("absent_bucket", pages::GET_OBJECT, |t| {
                t.get("/{c}/k").fails(404, "NoSuchBucket").shows("BucketName", &t.fill("{c}"));
            }),
            case("of_another_account", pages::GET_OBJECT, |t| {
                ten(t);
                t.get("/{b}/k").alt().fails(403, "AccessDenied");
                t.get("/{b}/k").anonymous().fails(403, "AccessDenied");
            }),
            case("a_version_that_is_none", pages::GET_OBJECT, |t| {
                t.versioning("Enabled");
                ten(t);
                t.get("/{b}/k?versionId=nonsense").fails(400, "InvalidArgument").shows("ArgumentName", "versionId");
                t.get("/{b}/k?versionId=").fails(400, "InvalidArgument");
            }),
            case("a_version_that_is_gone", pages::GET_OBJECT, |t| {
                t.versioning("Enabled");
                let version = t.object("k", "1").need("x-amz-version-id");
                t.object("k", "2");
                t.delete(&format!("/{{b}}/k?versionId={version}")).is(204);
                let answer = t.get(&format!("/{{b}}/k?versionId={version}")).fails(404, "NoSuchVersion");
                answer.shows("Key", "k").shows("VersionId", &version);
            }),
            case("a_deleted_key", pages::DELETE_MARKERS, |t| {
                t.versioning("Enabled");
                t.object("k", "1");
                let marker = t.delete("/{b}/k").is(204).need("x-amz-version-id");
                let answer = t.get("/{b}/k").fails(404, "NoSuchKey");
                answer.has("x-amz-delete-marker", "true").has("x-amz-version-id", &marker);
            }),
            case("a_delete_marker_by_its_id", pages::DELETE_MARKERS, |t| {
                t.versioning("Enabled");
                t.object("k", "1");
                let marker = t.delete("/{b}/k").is(204).need("x-amz-version-id");
                let answer = t.get(&format!("/{{b}}/k?versionId={marker}")).fails(405, "MethodNotAllowed");
                answer.has("x-amz-delete-marker", "true").has("allow", "DELETE").need("last-modified");
            }),
            case("null_names_the_unversioned", pages::VERSIONING, |t| {
                t.object("k", "old");
                t.versioning("Enabled");
                t.object("k", "new");
                t.get("/{b}/k?versionId=null").is(200).holds("old").has("x-amz-version-id", "null");
                t.get("/{b}/k").is(200).holds("new");
            }),
            case("a_get_sees_one_version_whole", pages::GET_OBJECT, |t| {
                // Two contents of one size, replaced again and again while they are read: never a mixture.
                let (a, b) = (vec![b'a'; 300_000], vec![b'b'; 300_000]);
                t.put("/{b}/k").body(&a).is(200);
                let puts: Vec<_> =
                    (0..20).map(|n| t.put("/{b}/k").body(if n % 2 == 0 { &b } else { &a }).request).collect();
                let address = t.target.address;
                std::thread::scope(|scope| {
                    let writer = scope.spawn(move || {
                        for put in puts {
                            assert_eq!(put.send(address).expect("an answer").status, 200);
                        }
                    });
                    while !writer.is_finished() {
                        let answer = t.get("/{b}/k").is(200);
                        assert!(answer.body == a || answer.body == b, "a mixture");
                        answer.has("etag", &checksum::etag(&answer.body));
                    }
                });
            }),
        ],
    },
    Suite {
        operation: "HeadObject",
        cases: &[
            case("is_get_without_the_body", pages::HEAD_OBJECT, |t| {
                t.put("/{b}/k").with("content-type", "text/x").with("x-amz-meta-a", "b").body("0123456789").is(200);
                let (get, head) = (t.get("/{b}/k").is(200), t.head("/{b}/k").is(200));
                head.holds("");
                for name in ["etag", "content-length", "content-type", "last-modified", "x-amz-meta-a", "accept-ranges"]
                {
                    head.has(name, &get.need(name));
                }
            }),
            case("absent", pages::HEAD_OBJECT, |t| {
                t.head("/{b}/none").fails(404, "NoSuchKey");
                t.head("/{c}/none").fails(404, "NoSuchBucket");
            }),
            case("of_another_account", pages::HEAD_OBJECT, |t| {
                ten(t);
                t.head("/{b}/k").alt().fails(403, "AccessDenied");
                t.head("/{b}/none").anonymous().fails(403, "AccessDenied");
            }),
            case("conditions", pages::CONDITIONAL_READS, |t| {
                let etag = ten(t);
                t.head("/{b}/k").with("if-none-match", &etag).is(304).has("etag", &etag);
                t.head("/{b}/k").with("if-match", "\"x\"").fails(412, "PreconditionFailed");
                t.head("/{b}/k").with("if-unmodified-since", OLD).fails(412, "PreconditionFailed");
            }),
            case("parts", pages::HEAD_OBJECT, |t| {
                two_parts(t);
                let answer = t.head("/{b}/m?partNumber=2").is(206);
                answer.has("content-length", "2").has("x-amz-mp-parts-count", "2");
                t.head("/{b}/m").is(200).has("content-length", "5242882").lacks("x-amz-mp-parts-count");
                t.head("/{b}/m?partNumber=3").fails(416, "InvalidPartNumber");
            }),
            case("a_range_behind_the_end", pages::HEAD_OBJECT, |t| {
                ten(t);
                t.head("/{b}/k").with("range", "bytes=10-").fails(416, "InvalidRange");
            }),
            case("a_delete_marker", pages::DELETE_MARKERS, |t| {
                t.versioning("Enabled");
                t.object("k", "1");
                let marker = t.delete("/{b}/k").is(204).need("x-amz-version-id");
                t.head("/{b}/k").fails(404, "NoSuchKey").has("x-amz-delete-marker", "true");
                t.head(&format!("/{{b}}/k?versionId={marker}")).fails(405, "MethodNotAllowed").has("allow", "DELETE");
            }),
            case("a_version", pages::HEAD_OBJECT, |t| {
                t.versioning("Enabled");
                let one = t.object("k", "1").need("x-amz-version-id");
                t.object("k", "22");
                t.head(&format!("/{{b}}/k?versionId={one}")).is(200).has("content-length", "1");
                t.head("/{b}/k?versionId=nonsense").fails(400, "InvalidArgument");
            }),
            case("the_answers_headers_can_be_chosen", pages::HEAD_OBJECT, |t| {
                ten(t);
                t.head("/{b}/k?response-content-type=text/css").is(200).has("content-type", "text/css");
            }),
        ],
    },
];
