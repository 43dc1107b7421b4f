//! PutObject.
//!
//! Always holds: what a put stored, or did not store, is looked at by a second request.

use std::sync::Barrier;

use trefoil_tests::{Payload, Suite, case, checksum};

use super::pages;

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "PutObject",
        cases: &[
            case("the_etag_is_the_md5_in_quotes", pages::PUT_OBJECT, |t| {
                let answer = t.object("k", "hello");
                answer.has("etag", "\"5d41402abc4b2a76b9719d911017c592\"").holds("").lacks("x-amz-version-id");
                t.get("/{b}/k").is(200).holds("hello").has("etag", "\"5d41402abc4b2a76b9719d911017c592\"");
            }),
            case("nothing_is_an_object_too", pages::PUT_OBJECT, |t| {
                t.object("k", "").has("etag", "\"d41d8cd98f00b204e9800998ecf8427e\"");
                t.get("/{b}/k").is(200).holds("").has("content-length", "0");
            }),
            case("replaces_all_of_what_was_there", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k")
                    .with("x-amz-meta-a", "1")
                    .with("content-type", "text/plain")
                    .with("x-amz-tagging", "a=b")
                    .body("long enough")
                    .is(200);
                t.object("k", "x");
                let answer = t.get("/{b}/k").is(200);
                answer.holds("x").lacks("x-amz-meta-a").has("content-type", "binary/octet-stream");
                answer.lacks("x-amz-tagging-count");
            }),
            case("sizes_on_either_side_of_every_bound", pages::PUT_OBJECT, |t| {
                for size in [1, 4095, 4096, 65535, 65536, 65537, 1 << 20, (8 << 20) - 1, 8 << 20, (8 << 20) + 1] {
                    let body: Vec<u8> = (0..size).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
                    t.put("/{b}/k").body(&body).payload(Payload::Unsigned).is(200).has("etag", &checksum::etag(&body));
                    t.get("/{b}/k").is(200).holds(&body);
                }
            }),
            case("headers_come_back_as_sent", pages::PUT_OBJECT, |t| {
                let sent = [
                    ("content-type", "text/html; charset=utf-8"),
                    ("cache-control", "max-age=60, private"),
                    ("content-disposition", "attachment; filename=\"a b.txt\""),
                    ("content-encoding", "gzip"),
                    ("content-language", "de, en"),
                    ("expires", "Thu, 01 Dec 2030 16:00:00 GMT"),
                ];
                let mut call = t.put("/{b}/k").body("x");
                for (name, value) in sent {
                    call = call.with(name, value);
                }
                call.is(200);
                let answer = t.get("/{b}/k").is(200);
                for (name, value) in sent {
                    answer.has(name, value);
                }
            }),
            case("user_metadata_comes_back_in_lower_case", pages::METADATA, |t| {
                t.put("/{b}/k").with("X-Amz-Meta-Colour", "Dark Blue").with("x-amz-meta-empty", "").is(200);
                t.head("/{b}/k").is(200).has("x-amz-meta-colour", "Dark Blue").has("x-amz-meta-empty", "");
            }),
            case("two_kilobytes_of_metadata_are_allowed_and_more_not", pages::METADATA, |t| {
                t.put("/{b}/k").with("x-amz-meta-abc", &"v".repeat(2045)).is(200);
                t.put("/{b}/k2").with("x-amz-meta-abc", &"v".repeat(2046)).fails(400, "MetadataTooLarge");
                t.head("/{b}/k2").is(404);
            }),
            case("as_many_metadata_as_fit_into_the_head", pages::METADATA, |t| {
                let put = |count: usize| {
                    (0..count).fold(t.put("/{b}/k"), |call, n| call.with(&format!("x-amz-meta-{n:03}"), "v"))
                };
                // The signature names each once more; that of a URL does not count.
                for call in [put(200), put(380).presigned(60)] {
                    let count = call.request.headers.len();
                    call.body("x").is(200);
                    let answer = t.get("/{b}/k").is(200);
                    assert!((0..count).all(|n| answer.header(&format!("x-amz-meta-{n:03}")) == Some("v")), "{count}");
                }
                put(450).body("y").fails(400, "RequestHeaderSectionTooLarge");
                t.get("/{b}/k").is(200).holds("x");
            }),
            case("the_default_type_is_binary", pages::PUT_OBJECT, |t| {
                t.object("k", "x");
                t.head("/{b}/k").is(200).has("content-type", "binary/octet-stream");
            }),
            case("a_redirect_location_is_kept", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k").with("x-amz-website-redirect-location", "/other").is(200);
                t.head("/{b}/k").is(200).has("x-amz-website-redirect-location", "/other");
            }),
            case("a_redirect_location_is_an_address", pages::PUT_OBJECT, |t| {
                let put = t.put("/{b}/k").with("x-amz-website-redirect-location", "elsewhere").body("x");
                put.fails(400, "InvalidRedirectLocation");
                t.get("/{b}/k").fails(404, "NoSuchKey");
            }),
            case("keys_are_any_text", pages::KEYS, |t| {
                let keys =
                    ["a b", "a+b", "a%b", "ü/ß", "..", "a/../b", "./c", "\\", "?&=#", "\u{1}", "e\u{301}", "\u{e9}"];
                for (n, key) in keys.iter().enumerate() {
                    let path = trefoil_tests::sign::encode(key.as_bytes(), true);
                    t.put(&format!("/{{b}}/{path}")).body(n.to_string()).is(200);
                }
                for (n, key) in keys.iter().enumerate() {
                    let path = trefoil_tests::sign::encode(key.as_bytes(), true);
                    t.get(&format!("/{{b}}/{path}")).is(200).holds(n.to_string());
                }
            }),
            case("a_key_and_the_same_with_a_slash_are_two", pages::KEYS, |t| {
                t.object("a", "file");
                t.object("a/", "marker");
                t.object("a/b", "below");
                t.get("/{b}/a").is(200).holds("file");
                t.get("/{b}/a/").is(200).holds("marker");
                t.get("/{b}/a/b").is(200).holds("below");
            }),
            case("keys_of_1024_bytes_are_allowed_and_longer_not", pages::KEYS, |t| {
                let key = "k".repeat(1024);
                t.object(&key, "x");
                t.get(&format!("/{{b}}/{key}")).is(200).holds("x");
                let answer = t.put(&format!("/{{b}}/{key}k")).body("x").fails(400, "KeyTooLongError");
                answer.shows("Size", "1025").shows("MaxSizeAllowed", "1024");
            }),
            case("a_key_of_512_levels", pages::KEYS, |t| {
                let key = "a/".repeat(511) + "bc";
                t.object(&key, "deep");
                t.get(&format!("/{{b}}/{key}")).is(200).holds("deep");
                t.delete(&format!("/{{b}}/{key}")).is(204);
                t.get("/{b}").is(200).omits("Contents");
            }),
            case("content_md5_is_compared", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k").body("hello").md5().is(200);
                t.put("/{b}/k2")
                    .body("hello")
                    .with("content-md5", &checksum::content_md5(b"x"))
                    .fails(400, "BadDigest");
                t.head("/{b}/k2").is(404);
            }),
            case("content_md5_must_be_a_digest", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k").body("x").with("content-md5", "short").fails(400, "InvalidDigest");
                t.put("/{b}/k").body("x").with("content-md5", "").fails(400, "InvalidDigest");
                t.head("/{b}/k").is(404);
            }),
            case("the_payloads_hash_is_compared", pages::SIGV4_HEADER, |t| {
                t.put("/{b}/k")
                    .body("hello")
                    .with("x-amz-content-sha256", trefoil_tests::sign::EMPTY_SHA256)
                    .fails(400, "XAmzContentSHA256Mismatch");
                t.head("/{b}/k").is(404);
            }),
            case("a_failed_put_leaves_the_old_object", pages::PUT_OBJECT, |t| {
                t.object("k", "old");
                t.put("/{b}/k").body("new").with("content-md5", &checksum::content_md5(b"x")).fails(400, "BadDigest");
                t.get("/{b}/k").is(200).holds("old");
            }),
            case("a_length_is_needed", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k")
                    .payload(Payload::Unsigned)
                    .with("transfer-encoding", "chunked")
                    .change(|request| {
                        request.no_length = true;
                        request.body = b"1\r\nx\r\n0\r\n\r\n".to_vec();
                    })
                    .fails(411, "MissingContentLength");
                t.head("/{b}/k").is(404);
            }),
            case("a_stream_in_chunks_of_http_needs_only_its_decoded_length", pages::SIGV4_STREAMING, |t| {
                let body = vec![b'a'; 20_000];
                for payload in [Payload::Chunks(8192), Payload::UnsignedChunks(8192)] {
                    t.put("/{b}/k")
                        .payload(payload)
                        .with("transfer-encoding", "chunked")
                        .change(|request| request.no_length = true)
                        .body(&body)
                        .trailer("x-amz-checksum-crc32", &checksum::value("crc32", &body))
                        .broken(|wire| {
                            let inner = wire.body_bytes();
                            wire.framing = None;
                            wire.body = format!("{:x}\r\n", inner.len()).into_bytes();
                            wire.body.extend(inner);
                            wire.body.extend(b"\r\n0\r\n\r\n");
                        })
                        .is(200);
                    t.get("/{b}/k").is(200).holds(&body).lacks("content-encoding");
                    t.delete("/{b}/k").is(204);
                }
            }),
            case("a_stream_that_nobody_signs_is_known_by_its_coding", pages::SIGV4_TRAILERS, |t| {
                t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
                let body = vec![b'a'; 20_000];
                let value = checksum::value("crc32", &body);
                let put = |anonymous: bool| {
                    let call = t.put("/{b}/k").payload(Payload::UnsignedChunks(8192)).body(&body);
                    let call = call.trailer("x-amz-checksum-crc32", &value);
                    if anonymous { call.anonymous() } else { call.with("x-amz-content-sha256", "UNSIGNED-PAYLOAD") }
                };
                for anonymous in [true, false] {
                    put(anonymous)
                        .broken(|wire| {
                            if anonymous {
                                wire.remove("x-amz-content-sha256");
                            }
                            let inner = wire.body_bytes();
                            wire.framing = None;
                            wire.body = format!("{:x}\r\n", inner.len()).into_bytes();
                            wire.body.extend(inner);
                            wire.body.extend(b"\r\n0\r\n\r\n");
                            wire.remove("content-length").set("Transfer-Encoding", "chunked");
                        })
                        .is(200);
                }
                t.get("/{b}/k").is(200).holds(&body).lacks("content-encoding");
            }),
            case("metadata_in_utf_8_is_read_byte_by_byte", pages::METADATA, |t| {
                // AWS's own example: what comes back is the UTF-8 of the UTF-8.
                t.put("/{b}/k")
                    .with("x-amz-meta-nonascii", "\u{c4}M\u{c4}Z\u{d5}\u{d1} S3")
                    .with("x-amz-meta-ascii", "AMAZONS3")
                    .body("x")
                    .is(200);
                let answer = t.head("/{b}/k").is(200);
                answer.has("x-amz-meta-nonascii", "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=");
                answer.has("x-amz-meta-ascii", "AMAZONS3").lacks("x-amz-missing-meta");
            }),
            case("metadata_by_rfc_2047_is_decoded_and_encoded_again", pages::METADATA, |t| {
                t.put("/{b}/k")
                    .with("x-amz-meta-b", "=?UTF-8?B?Y2Fmw6k=?=")
                    .with("x-amz-meta-q", "=?iso-8859-1?Q?caf=E9_au?= =?utf-8?q?_lait?=")
                    .with("x-amz-meta-plain", "=?UTF-8?B?YWJj?=")
                    .with("x-amz-meta-none", "=?what?is?it?=")
                    .body("x")
                    .is(200);
                for answer in [t.head("/{b}/k").is(200), t.get("/{b}/k").is(200)] {
                    answer.has("x-amz-meta-b", "=?UTF-8?B?Y2Fmw6k=?=");
                    answer.has("x-amz-meta-q", "=?UTF-8?B?Y2Fmw6kgYXUgbGFpdA==?=");
                    answer.has("x-amz-meta-plain", "abc").has("x-amz-meta-none", "=?what?is?it?=");
                }
            }),
            case("a_hundred_and_twenty_entries_of_metadata", pages::METADATA, |t| {
                let names: Vec<String> = (0..120).map(|n| format!("x-amz-meta-m{n}")).collect();
                let call = names.iter().fold(t.put("/{b}/k").body("x"), |call, name| call.with(name, "v"));
                call.is(200);
                let answer = t.head("/{b}/k").is(200);
                names.iter().for_each(|name| assert_eq!(answer.header(name), Some("v"), "{name}"));
            }),
            case("a_list_in_several_headers_is_one_list", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k")
                    .with("content-encoding", "gzip")
                    .with("content-encoding", "br")
                    .with("x-amz-meta-a", "1")
                    .with("x-amz-meta-a", "2")
                    .body("x")
                    .is(200);
                t.head("/{b}/k").is(200).has("content-encoding", "gzip, br").has("x-amz-meta-a", "1,2");
                t.put("/{b}/k2")
                    .with("content-type", "text/a")
                    .with("content-type", "text/b")
                    .body("x")
                    .fails(400, "InvalidRequest");
                t.head("/{b}/k2").is(404);
            }),
            case("headers_beyond_eight_kilobytes_are_refused", pages::LIMITS, |t| {
                t.put("/{b}/k")
                    .with("content-type", &"t".repeat(8 << 10))
                    .body("x")
                    .fails(400, "RequestHeaderSectionTooLarge")
                    .shows("MaxSizeAllowed", "8192");
                t.put("/{b}/k").with("content-type", &"t".repeat(6 << 10)).body("x").is(200);
            }),
            case("more_than_five_gibibytes_are_refused_before_they_come", pages::LIMITS, |t| {
                t.put("/{b}/k")
                    .payload(Payload::Unsigned)
                    .with("content-length", "5368709121")
                    .fails(400, "EntityTooLarge");
                t.head("/{b}/k").is(404);
            }),
            case("an_unknown_storage_class_is_refused", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k").with("x-amz-storage-class", "STANDARD").is(200);
                t.put("/{b}/k2").with("x-amz-storage-class", "MARBLE").fails(400, "InvalidStorageClass");
                t.head("/{b}/k2").is(404);
            }),
            case("encryption_is_not_ignored", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k").with("x-amz-server-side-encryption", "AES256").fails(501, "NotImplemented");
                t.put("/{b}/k").with("x-amz-server-side-encryption", "aws:kms").fails(501, "NotImplemented");
                t.head("/{b}/k").is(404);
            }),
            case("a_customers_key_is_not_ignored", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k")
                    .with("x-amz-server-side-encryption-customer-algorithm", "AES256")
                    .with("x-amz-server-side-encryption-customer-key", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=")
                    .with("x-amz-server-side-encryption-customer-key-md5", "dnF5x6K/8ZZRzpfSlMMM+w==")
                    .fails(501, "NotImplemented");
                t.head("/{b}/k").is(404);
            }),
            case("object_lock_needs_a_bucket_with_it", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k")
                    .body("x")
                    .md5()
                    .with("x-amz-object-lock-mode", "GOVERNANCE")
                    .with("x-amz-object-lock-retain-until-date", "2035-01-01T00:00:00.000Z")
                    .fails(400, "InvalidRequest");
                t.head("/{b}/k").is(404);
            }),
            case("tags_come_with_it", pages::TAGGING, |t| {
                t.put("/{b}/k").with("x-amz-tagging", "a=1&b=two%20words&c=").is(200);
                t.head("/{b}/k").is(200).has("x-amz-tagging-count", "3");
                let answer = t.get("/{b}/k?tagging").is(200);
                answer.lists("TagSet/Tag/Key", &["a", "b", "c"]).lists("TagSet/Tag/Value", &["1", "two words", ""]);
            }),
            case("a_tag_twice_is_refused", pages::TAGGING, |t| {
                let answer = t.put("/{b}/k").with("x-amz-tagging", "a=1&a=2").fails(400, "InvalidArgument");
                answer.shows("ArgumentName", "x-amz-tagging").shows("ArgumentValue", "a=1&a=2");
                t.head("/{b}/k").is(404);
            }),
            case("a_version_each_where_versioning_is_on", pages::VERSIONING, |t| {
                t.versioning("Enabled");
                let one = t.object("k", "1").need("x-amz-version-id");
                let two = t.object("k", "2").need("x-amz-version-id");
                assert_ne!(one, two);
                t.get(&format!("/{{b}}/k?versionId={one}")).is(200).holds("1").has("x-amz-version-id", &one);
                t.get("/{b}/k").is(200).holds("2").has("x-amz-version-id", &two);
            }),
            case("a_stream_that_ends_early_or_oddly_is_refused", pages::SIGV4_TRAILERS, |t| {
                let put = || {
                    let call = t.put("/{b}/k").payload(Payload::UnsignedChunks(8192)).body("x");
                    call.trailer("x-amz-checksum-crc32", &checksum::value("crc32", b"x"))
                };
                let cut = |wire: &mut trefoil_tests::request::Wire| {
                    wire.frame().last = None;
                    wire.frame().trailers.clear();
                    wire.measure();
                };
                put().broken(cut).fails(400, "IncompleteBody");
                let untrailed = |wire: &mut trefoil_tests::request::Wire| {
                    wire.frame().trailers.clear();
                    wire.measure();
                };
                put().broken(untrailed).fails(400, "MalformedTrailerError");
                t.head("/{b}/k").is(404);
            }),
            case("a_version_can_not_be_written", pages::PUT_OBJECT, |t| {
                t.versioning("Enabled");
                let version = t.object("k", "old").need("x-amz-version-id");
                let target = format!("/{{b}}/k?versionId={version}");
                let answer = t.put(&target).body("new").fails(400, "InvalidArgument");
                answer.shows("ArgumentName", "versionId").shows("ArgumentValue", &version);
                t.put(&target).with("x-amz-copy-source", "/{b}/k").fails(400, "InvalidArgument");
                t.get("/{b}/k").is(200).holds("old").has("x-amz-version-id", &version);
                assert_eq!(t.get("/{b}?versions").is(200).all("Version").len(), 1);
            }),
            case("a_part_without_its_upload_is_not_the_whole", pages::UPLOAD_PART, |t| {
                t.object("k", "whole");
                let answer = t.put("/{b}/k?partNumber=1").body("part").fails(400, "InvalidArgument");
                answer.shows("ArgumentName", "partNumber");
                answer.shows("Message", "This operation does not accept partNumber without uploadId");
                t.get("/{b}/k").is(200).holds("whole");
            }),
            case("absent_bucket", pages::PUT_OBJECT, |t| {
                t.put("/{c}/k").body("x").fails(404, "NoSuchBucket").shows("BucketName", &t.fill("{c}"));
            }),
            case("by_another_account", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k").alt().body("x").fails(403, "AccessDenied");
                t.put("/{b}/k").anonymous().body("x").fails(403, "AccessDenied");
                t.head("/{b}/k").is(404);
            }),
            case("the_expected_owner_is_compared", pages::EXPECTED_OWNER, |t| {
                t.put("/{b}/k").with("x-amz-expected-bucket-owner", &t.alt().id).fails(403, "AccessDenied");
                t.head("/{b}/k").is(404);
            }),
            case("an_unknown_canned_acl_is_refused", pages::PUT_OBJECT, |t| {
                t.put("/{b}/k").with("x-amz-acl", "public-ish").fails(400, "InvalidArgument");
                t.head("/{b}/k").is(404);
            }),
            case("continue_is_said_once_and_only_to_who_may", pages::COMMON_REQUEST_HEADERS, |t| {
                let answer = t.put("/{b}/k").with("expect", "100-continue").body("x").is(200);
                assert_eq!(answer.interim, 1);
                let answer = t.put("/{b}/k").alt().with("expect", "100-continue").body("y").fails(403, "AccessDenied");
                assert_eq!(answer.interim, 0);
                t.get("/{b}/k").is(200).holds("x");
            }),
        ],
    },
    Suite {
        operation: "Conditional writes",
        cases: &[
            case("if_none_match_star_creates_once", pages::CONDITIONAL_WRITES, |t| {
                t.put("/{b}/k").with("if-none-match", "*").body("1").is(200);
                let answer = t.put("/{b}/k").with("if-none-match", "*").body("2").fails(412, "PreconditionFailed");
                answer.shows("Condition", "If-None-Match");
                t.get("/{b}/k").is(200).holds("1");
            }),
            case("if_none_match_star_after_a_delete", pages::CONDITIONAL_WRITES, |t| {
                t.object("k", "1");
                t.delete("/{b}/k").is(204);
                t.put("/{b}/k").with("if-none-match", "*").body("2").is(200);
            }),
            case("a_delete_marker_counts_as_absent", pages::CONDITIONAL_WRITES, |t| {
                t.versioning("Enabled");
                t.object("k", "1");
                t.delete("/{b}/k").is(204);
                t.put("/{b}/k").with("if-none-match", "*").body("2").is(200);
                t.put("/{b}/k").with("if-none-match", "*").body("3").fails(412, "PreconditionFailed");
            }),
            case("if_none_match_takes_only_a_star", pages::CONDITIONAL_WRITES, |t| {
                t.object("k", "1");
                t.put("/{b}/k").with("if-none-match", "\"abc\"").body("2").fails(501, "NotImplemented");
                t.get("/{b}/k").is(200).holds("1");
            }),
            case("if_match_replaces_what_was_seen", pages::CONDITIONAL_WRITES, |t| {
                let etag = t.object("k", "1").need("etag");
                t.put("/{b}/k").with("if-match", &etag).body("2").is(200);
                t.put("/{b}/k").with("if-match", &etag).body("3").fails(412, "PreconditionFailed");
                t.get("/{b}/k").is(200).holds("2");
            }),
            case("if_match_on_an_absent_key", pages::CONDITIONAL_WRITES, |t| {
                t.put("/{b}/k").with("if-match", "\"5d41402abc4b2a76b9719d911017c592\"").fails(404, "NoSuchKey");
                t.head("/{b}/k").is(404);
            }),
            case("of_racing_creators_one_wins", pages::CONDITIONAL_WRITES, |t| {
                let barrier = Barrier::new(8);
                let call = |n: usize| t.put("/{b}/k").with("if-none-match", "*").body(n.to_string()).request;
                let requests: Vec<_> = (0..8).map(call).collect();
                let address = t.target.address;
                let statuses: Vec<(usize, u16)> = std::thread::scope(|scope| {
                    let runs: Vec<_> = requests
                        .iter()
                        .enumerate()
                        .map(|(n, request)| {
                            let barrier = &barrier;
                            scope.spawn(move || {
                                barrier.wait();
                                (n, request.send(address).expect("an answer").status)
                            })
                        })
                        .collect();
                    runs.into_iter().map(|run| run.join().expect("no panic")).collect()
                });
                let winners: Vec<usize> =
                    statuses.iter().filter(|(_, status)| *status == 200).map(|(n, _)| *n).collect();
                assert_eq!(winners.len(), 1, "{statuses:?}");
                assert!(statuses.iter().all(|(_, status)| [200, 409, 412].contains(status)), "{statuses:?}");
                t.get("/{b}/k").is(200).holds(winners[0].to_string());
            }),
        ],
    },
];
