//! CreateMultipartUpload, UploadPart, CompleteMultipartUpload, AbortMultipartUpload.
//!
//! Always holds: parts but for the last are of the smallest size allowed, so that cases stay quick.

use trefoil_tests::{Payload, Suite, Test, case, checksum};

use super::pages;

const MIN: usize = 5 << 20;

fn big(byte: u8) -> Vec<u8> {
    vec![byte; MIN]
}

/// An upload of two parts; its id and the tags of the parts.
fn two(t: &Test, key: &str) -> (String, String, String) {
    let id = t.upload(key);
    let one = t.part(key, &id, 1, &big(b'a'));
    let two = t.part(key, &id, 2, b"end");
    (id, one, two)
}

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "CreateMultipartUpload",
        cases: &[
            case("names_bucket_key_and_id", pages::CREATE_MULTIPART_UPLOAD, |t| {
                let answer = t.post("/{b}/d/k?uploads").is(200);
                answer.root("InitiateMultipartUploadResult").shows("Bucket", &t.bucket).shows("Key", "d/k");
                assert!(!answer.one("UploadId").is_empty());
                t.head("/{b}/d/k").is(404);
                t.get("/{b}").is(200).omits("Contents");
            }),
            case("each_has_its_own_id", pages::CREATE_MULTIPART_UPLOAD, |t| {
                assert_ne!(t.upload("k"), t.upload("k"));
            }),
            case("headers_metadata_and_tags_are_the_objects", pages::CREATE_MULTIPART_UPLOAD, |t| {
                let answer = t
                    .post("/{b}/k?uploads")
                    .with("content-type", "text/x")
                    .with("x-amz-meta-a", "1")
                    .with("x-amz-tagging", "t=1")
                    .with("x-amz-acl", "public-read")
                    .is(200);
                let id = answer.one("UploadId");
                let etag = t.part("k", &id, 1, b"x");
                t.complete("k", &id, &[(1, &etag)]).is(200);
                let answer = t.get("/{b}/k").is(200);
                answer.has("content-type", "text/x").has("x-amz-meta-a", "1").has("x-amz-tagging-count", "1");
                t.get("/{b}/k").anonymous().is(200).holds("x");
            }),
            case("absent_bucket", pages::CREATE_MULTIPART_UPLOAD, |t| {
                t.post("/{c}/k?uploads").fails(404, "NoSuchBucket");
            }),
            case("by_another_account", pages::CREATE_MULTIPART_UPLOAD, |t| {
                t.post("/{b}/k?uploads").alt().fails(403, "AccessDenied");
            }),
            case("encryption_is_not_ignored", pages::CREATE_MULTIPART_UPLOAD, |t| {
                t.post("/{b}/k?uploads").with("x-amz-server-side-encryption", "AES256").fails(501, "NotImplemented");
            }),
            case("an_algorithm_that_is_none_is_refused", pages::CHECKSUMS, |t| {
                t.post("/{b}/k?uploads").with("x-amz-checksum-algorithm", "CRC16").fails(400, "InvalidRequest");
            }),
            case("a_kind_that_the_algorithm_lacks_is_refused", pages::CHECKSUMS, |t| {
                t.post("/{b}/k?uploads")
                    .with("x-amz-checksum-algorithm", "SHA256")
                    .with("x-amz-checksum-type", "FULL_OBJECT")
                    .fails(400, "InvalidRequest");
                t.post("/{b}/k?uploads")
                    .with("x-amz-checksum-algorithm", "CRC64NVME")
                    .with("x-amz-checksum-type", "COMPOSITE")
                    .fails(400, "InvalidRequest");
            }),
            case("never_by_the_anonymous", pages::CREATE_MULTIPART_UPLOAD, |t| {
                t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
                t.post("/{b}/k?uploads").anonymous().fails(403, "AccessDenied");
                t.get("/{b}?uploads").is(200).omits("Upload");
                t.post("/{b}/k?uploads").alt().is(200);
            }),
            case("a_key_that_is_too_long_is_refused", pages::KEYS, |t| {
                t.post(&format!("/{{b}}/{}?uploads", "k".repeat(1025))).fails(400, "KeyTooLongError");
            }),
        ],
    },
    Suite {
        operation: "UploadPart",
        cases: &[
            case("the_etag_is_the_parts_md5", pages::UPLOAD_PART, |t| {
                let id = t.upload("k");
                assert_eq!(t.part("k", &id, 1, b"hello"), checksum::etag(b"hello"));
            }),
            case("replaces_the_part_of_that_number", pages::UPLOAD_PART, |t| {
                let id = t.upload("k");
                t.part("k", &id, 1, b"first");
                let etag = t.part("k", &id, 1, b"second");
                t.complete("k", &id, &[(1, &etag)]).is(200);
                t.get("/{b}/k").is(200).holds("second");
            }),
            case("numbers_go_from_1_to_10000", pages::UPLOAD_PART, |t| {
                let id = t.upload("k");
                for number in ["0", "10001", "-1", "one"] {
                    t.put(&format!("/{{b}}/k?partNumber={number}&uploadId={id}"))
                        .body("x")
                        .fails(400, "InvalidArgument");
                }
                let etag = t.part("k", &id, 10_000, b"last");
                t.complete("k", &id, &[(10_000, &etag)]).is(200);
                t.get("/{b}/k").is(200).holds("last");
            }),
            case("an_upload_that_is_none", pages::UPLOAD_PART, |t| {
                t.put("/{b}/k?partNumber=1&uploadId=nonsense").body("x").fails(404, "NoSuchUpload");
                let id = t.upload("k");
                t.put(&format!("/{{b}}/other?partNumber=1&uploadId={id}")).body("x").fails(404, "NoSuchUpload");
            }),
            case("content_md5_is_compared", pages::UPLOAD_PART, |t| {
                let id = t.upload("k");
                let target = format!("/{{b}}/k?partNumber=1&uploadId={id}");
                let answer =
                    t.put(&target).body("x").with("content-md5", &checksum::content_md5(b"y")).fails(400, "BadDigest");
                answer.shows("ExpectedDigest", checksum::etag(b"y").trim_matches('"'));
                answer.shows("CalculatedDigest", &checksum::content_md5(b"x"));
                let answer = t.put(&target).body("x").with("content-md5", "zzz").fails(400, "InvalidDigest");
                answer.shows("Content-MD5", "zzz");
                t.get(&format!("/{{b}}/k?uploadId={id}")).is(200).omits("Part");
            }),
            case("another_checksum_than_the_uploads_is_refused", pages::CHECKSUMS, |t| {
                let id = t.post("/{b}/k?uploads").with("x-amz-checksum-algorithm", "SHA256").is(200).one("UploadId");
                t.put(&format!("/{{b}}/k?partNumber=1&uploadId={id}"))
                    .body("x")
                    .with("x-amz-checksum-crc32", &checksum::value("crc32", b"x"))
                    .fails(400, "InvalidRequest");
            }),
            case("neither_by_the_anonymous_nor_by_who_did_not_begin_it", pages::UPLOAD_PART, |t| {
                t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
                t.object("s", "source");
                let id = t.upload("k");
                let target = format!("/{{b}}/k?partNumber=1&uploadId={id}");
                t.put(&target).anonymous().body("x").fails(403, "AccessDenied");
                t.put(&target).alt().body("x").fails(403, "AccessDenied");
                t.put(&target).anonymous().with("x-amz-copy-source", "/{b}/s").fails(403, "AccessDenied");
                t.get(&format!("/{{b}}/k?uploadId={id}")).is(200).omits("Part");
            }),
            case("more_than_five_gibibytes_are_refused_before_they_come", pages::LIMITS, |t| {
                let id = t.upload("k");
                t.put(&format!("/{{b}}/k?partNumber=1&uploadId={id}"))
                    .payload(Payload::Unsigned)
                    .with("content-length", "5368709121")
                    .fails(400, "EntityTooLarge")
                    .shows("MaxSizeAllowed", "5368709120");
                t.get(&format!("/{{b}}/k?uploadId={id}")).is(200).omits("Part");
            }),
            case("by_another_account", pages::UPLOAD_PART, |t| {
                let id = t.upload("k");
                t.put(&format!("/{{b}}/k?partNumber=1&uploadId={id}")).alt().body("x").fails(403, "AccessDenied");
            }),
        ],
    },
    Suite {
        operation: "CompleteMultipartUpload",
        cases: &[
            case("joins_the_parts", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let (id, one, two) = two(t, "d/k");
                let answer = t.complete("d/k", &id, &[(1, &one), (2, &two)]).is(200);
                let etag = checksum::etag_of_parts(&[&big(b'a'), b"end"]);
                answer.root("CompleteMultipartUploadResult").shows("Bucket", &t.bucket).shows("Key", "d/k");
                answer.shows("ETag", &etag);
                assert_eq!(answer.one("Location"), format!("http://{}/{}/d/k", t.target.address, t.bucket));
                let answer = t.get("/{b}/d/k").is(200);
                answer.has("etag", &etag);
                assert!(answer.body.len() == MIN + 3 && answer.body.ends_with(b"aend"));
                t.get("/{b}?uploads").is(200).omits("Upload");
            }),
            case("the_location_leads_there_where_the_bucket_is_in_the_host", pages::VIRTUAL_HOSTS, |t| {
                let id = t.upload("d/%C3%A9");
                let etag = t.part("d/%C3%A9", &id, 1, b"x");
                let host = format!("{}.s3.trefoil.test", t.bucket);
                let answer = t
                    .post(&format!("/d/%C3%A9?uploadId={id}"))
                    .body(trefoil_tests::case::complete_xml(&[(1, &etag)]))
                    .change(|request| request.host = Some(host.clone()))
                    .is(200);
                answer.shows("Location", &format!("http://{host}/d/%C3%A9")).shows("Key", "d/\u{e9}");
                t.get("/d/%C3%A9").change(|request| request.host = Some(host.clone())).is(200).holds("x");
            }),
            case("uses_the_parts_that_are_named", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let id = t.upload("k");
                t.part("k", &id, 1, b"one");
                let seven = t.part("k", &id, 7, b"seven");
                t.complete("k", &id, &[(7, &seven)]).is(200);
                t.get("/{b}/k").is(200).holds("seven");
            }),
            case("etags_without_quotes_are_understood", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"x");
                t.complete("k", &id, &[(1, etag.trim_matches('"'))]).is(200);
            }),
            case("again_with_the_same_parts", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"x");
                let first = t.complete("k", &id, &[(1, &etag)]).is(200);
                t.complete("k", &id, &[(1, &etag)]).is(200).shows("ETag", &first.one("ETag"));
                t.get("/{b}/k").is(200).holds("x");
            }),
            case("again_after_the_key_has_changed", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"x");
                let complete = || t.complete("k", &id, &[(1, &etag)]).with("if-none-match", "*");
                let first = complete().is(200);
                t.object("k", "newer");
                complete().is(200).holds(&first.body);
                t.delete("/{b}/k").is(204);
                complete().is(200).holds(&first.body);
                t.head("/{b}/k").is(404);
                // Another request is no repetition.
                t.complete("k", &id, &[(1, &etag)]).fails(404, "NoSuchUpload");
                t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
                complete().alt().fails(403, "AccessDenied");
                complete().anonymous().fails(403, "AccessDenied");
            }),
            case("again_names_the_version_that_it_made", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                t.versioning("Enabled");
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"x");
                let version = t.complete("k", &id, &[(1, &etag)]).is(200).need("x-amz-version-id");
                t.object("k", "newer");
                t.complete("k", &id, &[(1, &etag)]).is(200).has("x-amz-version-id", &version);
                t.get("/{b}/k").is(200).holds("newer");
                t.get(&format!("/{{b}}/k?versionId={version}")).is(200).holds("x");
            }),
            case("neither_by_the_anonymous_nor_by_who_did_not_begin_it", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"x");
                t.complete("k", &id, &[(1, &etag)]).anonymous().fails(403, "AccessDenied");
                t.complete("k", &id, &[(1, &etag)]).alt().fails(403, "AccessDenied");
                t.head("/{b}/k").is(404);
                let theirs = t.post("/{b}/k?uploads").alt().is(200).one("UploadId");
                let target = format!("/{{b}}/k?partNumber=1&uploadId={theirs}");
                let etag = t.put(&target).alt().body("theirs").is(200).need("etag");
                t.complete("k", &theirs, &[(1, &etag)]).alt().is(200);
                t.get("/{b}/k").alt().is(200).holds("theirs");
            }),
            case("parts_must_ascend", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let (id, one, two) = two(t, "k");
                let answer = t.complete("k", &id, &[(2, &two), (1, &one)]).fails(400, "InvalidPartOrder");
                answer.shows("UploadId", &id);
                t.head("/{b}/k").is(404);
                t.complete("k", &id, &[(1, &one), (2, &two)]).is(200);
            }),
            case("parts_must_be_there", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let (id, one, two) = two(t, "k");
                let answer = t.complete("k", &id, &[(1, &one), (3, &two)]).fails(400, "InvalidPart");
                answer.shows("UploadId", &id).shows("PartNumber", "3").shows("ETag", two.trim_matches('"'));
                t.head("/{b}/k").is(404);
            }),
            case("etags_must_be_the_parts", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let (id, one, _) = two(t, "k");
                t.complete("k", &id, &[(1, &one), (2, "\"0123456789abcdef0123456789abcdef\"")])
                    .fails(400, "InvalidPart");
                t.head("/{b}/k").is(404);
            }),
            case("parts_but_the_last_must_be_large", pages::LIMITS, |t| {
                let id = t.upload("k");
                let one = t.part("k", &id, 1, b"small");
                let two = t.part("k", &id, 2, b"last");
                let answer = t.complete("k", &id, &[(1, &one), (2, &two)]).fails(400, "EntityTooSmall");
                answer.shows("PartNumber", "1").shows("ProposedSize", "5").shows("MinSizeAllowed", "5242880");
                answer.shows("ETag", one.trim_matches('"'));
                t.head("/{b}/k").is(404);
            }),
            case("no_parts_are_refused", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let id = t.upload("k");
                t.part("k", &id, 1, b"x");
                t.complete("k", &id, &[]).fails(400, "MalformedXML");
                t.post(&format!("/{{b}}/k?uploadId={id}")).body("<Complete").fails(400, "MalformedXML");
                t.get(&format!("/{{b}}/k?uploadId={id}")).is(200).lists("Part/PartNumber", &["1"]);
            }),
            case("an_upload_that_is_none", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                t.complete("k", "nonsense", &[(1, "\"x\"")]).fails(404, "NoSuchUpload");
            }),
            case("after_an_abort", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"x");
                t.delete(&format!("/{{b}}/k?uploadId={id}")).is(204);
                t.complete("k", &id, &[(1, &etag)]).fails(404, "NoSuchUpload");
                t.head("/{b}/k").is(404);
            }),
            case("if_none_match", pages::CONDITIONAL_WRITES, |t| {
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"mine");
                t.object("k", "theirs");
                t.complete("k", &id, &[(1, &etag)]).with("if-none-match", "*").fails(412, "PreconditionFailed");
                t.get("/{b}/k").is(200).holds("theirs");
                t.delete("/{b}/k").is(204);
                t.complete("k", &id, &[(1, &etag)]).with("if-none-match", "*").is(200);
            }),
            case("a_delete_marker_counts_as_absent", pages::CONDITIONAL_WRITES, |t| {
                t.versioning("Enabled");
                t.object("k", "theirs");
                t.delete("/{b}/k").is(204);
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"mine");
                let seen = checksum::etag(b"theirs");
                t.complete("k", &id, &[(1, &etag)]).with("if-match", &seen).fails(404, "NoSuchKey");
                t.head("/{b}/k").is(404);
                t.complete("k", &id, &[(1, &etag)]).with("if-none-match", "*").is(200);
                t.get("/{b}/k").is(200).holds("mine");
            }),
            case("one_of_many_that_race_wins", pages::CONDITIONAL_WRITES, |t| {
                const RACERS: u8 = 8;
                let address = t.target.address;
                let racers: Vec<_> = (0..RACERS)
                    .map(|racer| {
                        let id = t.upload("k");
                        let etag = t.part("k", &id, 1, &[racer]);
                        let request = t.complete("k", &id, &[(1, &etag)]).with("if-none-match", "*").request;
                        std::thread::spawn(move || {
                            let answer = request.send(address).expect("an answer");
                            (answer.status, answer.code())
                        })
                    })
                    .collect();
                let outcomes: Vec<(u16, String)> =
                    racers.into_iter().map(|racer| racer.join().expect("a racer ends")).collect();
                let won: Vec<usize> = (0..outcomes.len()).filter(|racer| outcomes[*racer].0 == 200).collect();
                assert_eq!(won.len(), 1, "{outcomes:?}");
                for (status, code) in &outcomes {
                    assert!(*status == 200 || (*status, code.as_str()) == (412, "PreconditionFailed"), "{outcomes:?}");
                }
                t.get("/{b}/k").is(200).holds([u8::try_from(won[0]).expect("few racers")]);
            }),
            case("if_match", pages::CONDITIONAL_WRITES, |t| {
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"mine");
                let seen = t.object("k", "theirs").need("etag");
                t.complete("k", &id, &[(1, &etag)]).with("if-match", "\"x\"").fails(412, "PreconditionFailed");
                t.complete("k", &id, &[(1, &etag)]).with("if-match", &seen).is(200);
                t.get("/{b}/k").is(200).holds("mine");
            }),
            case("the_objects_size_is_compared", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"four");
                t.complete("k", &id, &[(1, &etag)]).with("x-amz-mp-object-size", "5").fails(400, "InvalidRequest");
                t.complete("k", &id, &[(1, &etag)]).with("x-amz-mp-object-size", "4").is(200);
            }),
            case("a_composite_checksum", pages::CHECKSUMS, |t| {
                let answer = t.post("/{b}/k?uploads").with("x-amz-checksum-algorithm", "SHA256").is(200);
                answer.has("x-amz-checksum-algorithm", "SHA256").has("x-amz-checksum-type", "COMPOSITE");
                let id = answer.one("UploadId");
                let (a, b) = (big(b'a'), b"end".to_vec());
                let mut parts = String::new();
                for (number, body) in [(1, &a), (2, &b)] {
                    let value = checksum::value("sha256", body);
                    let answer = t
                        .put(&format!("/{{b}}/k?partNumber={number}&uploadId={id}"))
                        .with("x-amz-checksum-sha256", &value)
                        .body(body)
                        .is(200);
                    answer.has("x-amz-checksum-sha256", &value);
                    parts.push_str(&format!(
                        "<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag><ChecksumSHA256>{value}</ChecksumSHA256></Part>",
                        answer.need("etag")
                    ));
                }
                let composite = checksum::composite("sha256", &[&a, &b]);
                let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
                let answer = t.post(&format!("/{{b}}/k?uploadId={id}")).body(body).is(200);
                answer.shows("ChecksumSHA256", &composite).shows("ChecksumType", "COMPOSITE");
                let answer = t.head("/{b}/k").with("x-amz-checksum-mode", "ENABLED").is(200);
                answer.has("x-amz-checksum-sha256", &composite).has("x-amz-checksum-type", "COMPOSITE");
            }),
            case("a_full_checksum_is_joined_from_the_parts", pages::CHECKSUMS, |t| {
                let answer = t
                    .post("/{b}/k?uploads")
                    .with("x-amz-checksum-algorithm", "CRC32C")
                    .with("x-amz-checksum-type", "FULL_OBJECT")
                    .is(200);
                let id = answer.one("UploadId");
                let one = t.part("k", &id, 1, &big(b'a'));
                let two = t.part("k", &id, 2, b"end");
                let whole = [big(b'a'), b"end".to_vec()].concat();
                let value = checksum::value("crc32c", &whole);
                let complete = || t.complete("k", &id, &[(1, &one), (2, &two)]);
                complete().with("x-amz-checksum-crc32c", &checksum::value("crc32c", b"x")).fails(400, "BadDigest");
                let answer =
                    t.complete("k", &id, &[(1, &one), (2, &two)]).with("x-amz-checksum-crc32c", &value).is(200);
                answer.shows("ChecksumCRC32C", &value).shows("ChecksumType", "FULL_OBJECT");
                let answer = t.get("/{b}/k").with("x-amz-checksum-mode", "ENABLED").is(200);
                answer.has("x-amz-checksum-crc32c", &value).has("x-amz-checksum-type", "FULL_OBJECT");
            }),
            case("a_parts_checksum_is_compared", pages::CHECKSUMS, |t| {
                let id = t.post("/{b}/k?uploads").with("x-amz-checksum-algorithm", "SHA1").is(200).one("UploadId");
                let target = format!("/{{b}}/k?partNumber=1&uploadId={id}");
                let etag = t
                    .put(&target)
                    .with("x-amz-checksum-sha1", &checksum::value("sha1", b"x"))
                    .body("x")
                    .is(200)
                    .need("etag");
                let part = |value: &str| {
                    format!(
                        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag><ChecksumSHA1>{value}\
                         </ChecksumSHA1></Part></CompleteMultipartUpload>"
                    )
                };
                let target = format!("/{{b}}/k?uploadId={id}");
                t.post(&target).body(part(&checksum::value("sha1", b"y"))).fails(400, "InvalidPart");
                t.post(&target).body(part(&checksum::value("sha1", b"x"))).is(200);
            }),
            case("a_version_where_versioning_is_on", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                t.versioning("Enabled");
                t.object("k", "old");
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, b"new");
                let version = t.complete("k", &id, &[(1, &etag)]).is(200).need("x-amz-version-id");
                t.get("/{b}/k").is(200).holds("new").has("x-amz-version-id", &version);
                assert_eq!(t.get("/{b}?versions").is(200).all("Version").len(), 2);
            }),
        ],
    },
    Suite {
        operation: "AbortMultipartUpload",
        cases: &[
            case("forgets_upload_and_parts", pages::ABORT_MULTIPART_UPLOAD, |t| {
                let id = t.upload("k");
                t.part("k", &id, 1, b"x");
                t.delete(&format!("/{{b}}/k?uploadId={id}")).is(204).holds("");
                t.get(&format!("/{{b}}/k?uploadId={id}")).fails(404, "NoSuchUpload");
                t.put(&format!("/{{b}}/k?partNumber=2&uploadId={id}")).body("x").fails(404, "NoSuchUpload");
                t.get("/{b}?uploads").is(200).omits("Upload");
            }),
            case("an_upload_that_is_none", pages::ABORT_MULTIPART_UPLOAD, |t| {
                t.delete("/{b}/k?uploadId=nonsense").fails(404, "NoSuchUpload");
            }),
            case("a_condition_of_directory_buckets_is_not_ignored", pages::ABORT_MULTIPART_UPLOAD, |t| {
                let id = t.upload("k");
                let target = format!("/{{b}}/k?uploadId={id}");
                t.delete(&target)
                    .with("x-amz-if-match-initiated-time", "Sun, 06 Nov 1994 08:49:37 GMT")
                    .fails(501, "NotImplemented");
                t.get(&target).is(200);
            }),
            case("leaves_the_object_alone", pages::ABORT_MULTIPART_UPLOAD, |t| {
                t.object("k", "there");
                let id = t.upload("k");
                t.delete(&format!("/{{b}}/k?uploadId={id}")).is(204);
                t.get("/{b}/k").is(200).holds("there");
            }),
            case("neither_by_the_anonymous_nor_by_who_did_not_begin_it", pages::ABORT_MULTIPART_UPLOAD, |t| {
                t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
                let id = t.upload("k");
                let target = format!("/{{b}}/k?uploadId={id}");
                t.get(&target).anonymous().fails(403, "AccessDenied");
                t.delete(&target).anonymous().fails(403, "AccessDenied");
                t.delete(&target).alt().fails(403, "AccessDenied");
                t.get(&target).is(200);
                let theirs = t.post("/{b}/k?uploads").alt().is(200).one("UploadId");
                t.delete(&format!("/{{b}}/k?uploadId={theirs}")).alt().is(204);
            }),
            case("by_another_account", pages::ABORT_MULTIPART_UPLOAD, |t| {
                let id = t.upload("k");
                t.delete(&format!("/{{b}}/k?uploadId={id}")).alt().fails(403, "AccessDenied");
                t.get(&format!("/{{b}}/k?uploadId={id}")).is(200);
            }),
        ],
    },
];
