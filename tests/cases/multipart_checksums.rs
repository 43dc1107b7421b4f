//! Checksums of multipart uploads: of the parts as they come, of the parts as a completion names them, and of the whole.
//!
//! Always holds: a checksum that is sent is compared, or the request is refused; a refused completion leaves the upload as it was.

use trefoil_tests::{Payload, Suite, Test, case, checksum};

use super::pages;

const BODY: &[u8] = b"the only part";

/// An upload that names an algorithm, and a kind where it has one.
fn upload(t: &Test, algorithm: &str, kind: &str) -> String {
    let mut call = t.post("/{b}/k?uploads").with("x-amz-checksum-algorithm", algorithm);
    if !kind.is_empty() {
        call = call.with("x-amz-checksum-type", kind);
    }
    call.is(200).one("UploadId")
}

fn part_target(id: &str) -> String {
    format!("/{{b}}/k?partNumber=1&uploadId={id}")
}

/// Sends the only part with its checksum; its entity tag.
fn part(t: &Test, id: &str, name: &str) -> String {
    let value = checksum::value(name, BODY);
    let header = format!("x-amz-checksum-{name}");
    t.put(&part_target(id)).with(&header, &value).body(BODY).is(200).has(&header, &value).need("etag")
}

/// The document that completes an upload of the only part, with what else is said of it.
fn document(etag: &str, more: &str) -> String {
    format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag>{more}</Part></CompleteMultipartUpload>"
    )
}

fn none_is_made(t: &Test, id: &str) {
    t.head("/{b}/k").is(404);
    t.get(&format!("/{{b}}/k?uploadId={id}")).is(200).lists("Part/PartNumber", &["1"]);
}

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "UploadPart",
        cases: &[
            case("a_checksum_as_a_trailer", pages::SIGV4_TRAILERS, |t| {
                let id = upload(t, "CRC32C", "");
                let value = checksum::value("crc32c", BODY);
                for payload in [Payload::Chunks(8192), Payload::UnsignedChunks(8192)] {
                    t.put(&part_target(&id))
                        .payload(payload)
                        .trailer("x-amz-checksum-crc32c", &value)
                        .body(BODY)
                        .is(200)
                        .has("x-amz-checksum-crc32c", &value)
                        .has("etag", &checksum::etag(BODY));
                }
                let answer = t.get(&format!("/{{b}}/k?uploadId={id}")).is(200);
                answer.shows("Part/ChecksumCRC32C", &value).shows("Part/Size", "13");
            }),
            case("a_wrong_trailer_is_refused", pages::SIGV4_TRAILERS, |t| {
                for id in [upload(t, "CRC32C", ""), t.upload("k")] {
                    for payload in [Payload::Chunks(8192), Payload::UnsignedChunks(8192)] {
                        t.put(&part_target(&id))
                            .payload(payload)
                            .trailer("x-amz-checksum-crc32c", &checksum::value("crc32c", b"other"))
                            .body(BODY)
                            .fails(400, "BadDigest");
                    }
                    t.get(&format!("/{{b}}/k?uploadId={id}")).is(200).omits("Part");
                }
            }),
            case("a_wrong_checksum_is_refused", pages::CHECKSUMS, |t| {
                let id = upload(t, "SHA256", "");
                let call = || t.put(&part_target(&id)).body(BODY);
                call().with("x-amz-checksum-sha256", &checksum::value("sha256", b"other")).fails(400, "BadDigest");
                call().with("x-amz-checksum-sha256", "!!!").fails(400, "InvalidRequest");
                t.get(&format!("/{{b}}/k?uploadId={id}")).is(200).omits("Part");
            }),
            case("without_one_where_the_whole_is_composed_of_them", pages::CHECKSUMS, |t| {
                let id = upload(t, "SHA256", "");
                let answer = t.put(&part_target(&id)).body(BODY).fails(400, "InvalidRequest");
                answer.shows(
                    "Message",
                    "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: null",
                );
                t.get(&format!("/{{b}}/k?uploadId={id}")).is(200).omits("Part");
            }),
            case("without_one_where_the_whole_has_its_own", pages::CHECKSUMS, |t| {
                let id = upload(t, "CRC32", "FULL_OBJECT");
                let value = checksum::value("crc32", BODY);
                let etag = t.put(&part_target(&id)).body(BODY).is(200).has("x-amz-checksum-crc32", &value).need("etag");
                t.complete("k", &id, &[(1, &etag)]).is(200).shows("ChecksumCRC32", &value);
            }),
            case("of_an_upload_that_named_none", pages::CHECKSUMS, |t| {
                let id = t.upload("k");
                let value = checksum::value("sha1", BODY);
                // It is compared and answered, and not kept.
                let answer = t.put(&part_target(&id)).with("x-amz-checksum-sha1", &value).body(BODY).is(200);
                answer.has("x-amz-checksum-sha1", &value).lacks("x-amz-checksum-crc64nvme");
                t.put(&part_target(&id))
                    .with("x-amz-checksum-sha1", &checksum::value("sha1", b"other"))
                    .body(BODY)
                    .fails(400, "BadDigest");
                let answer = t.get(&format!("/{{b}}/k?uploadId={id}")).is(200);
                answer.omits("ChecksumAlgorithm").omits("Part/ChecksumSHA1").omits("Part/ChecksumCRC64NVME");
                let answer = t.put(&part_target(&id)).body(BODY).is(200);
                for name in checksum::NAMES {
                    answer.lacks(&format!("x-amz-checksum-{name}"));
                }
                // The whole has one all the same.
                let value = checksum::value("crc64nvme", BODY);
                t.complete("k", &id, &[(1, &answer.need("etag"))]).is(200).shows("ChecksumCRC64NVME", &value);
                let answer = t.head("/{b}/k").with("x-amz-checksum-mode", "ENABLED").is(200);
                answer.has("x-amz-checksum-crc64nvme", &value).has("x-amz-checksum-type", "FULL_OBJECT");
            }),
            case("a_mixture_in_an_upload_that_named_none", pages::CHECKSUMS, |t| {
                let id = t.upload("k");
                let first = vec![b'a'; 5 << 20];
                let one = t
                    .put(&part_target(&id))
                    .with("x-amz-checksum-sha256", &checksum::value("sha256", &first))
                    .body(&first)
                    .is(200)
                    .need("etag");
                let two = t.part("k", &id, 2, BODY);
                let value = checksum::value("crc64nvme", &[&first[..], BODY].concat());
                t.complete("k", &id, &[(1, &one), (2, &two)]).is(200).shows("ChecksumCRC64NVME", &value);
            }),
        ],
    },
    Suite {
        operation: "UploadPartCopy",
        cases: &[case("answers_the_checksum_that_the_upload_named", pages::UPLOAD_PART_COPY, |t| {
            t.put("/{b}/s").body(BODY).is(200);
            let value = checksum::value("crc32c", BODY);
            let copy = |id: &str| t.put(&part_target(id)).with("x-amz-copy-source", "/{b}/s").is(200);
            let id = upload(t, "CRC32C", "COMPOSITE");
            let answer = copy(&id);
            answer.shows("ChecksumCRC32C", &value);
            let named = format!("<ChecksumCRC32C>{value}</ChecksumCRC32C>");
            t.post(&format!("/{{b}}/k?uploadId={id}")).body(document(&answer.one("ETag"), &named)).is(200);
            let answer = copy(&t.upload("k"));
            for name in ["ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumCRC32"] {
                answer.omits(name);
            }
        })],
    },
    Suite {
        operation: "CompleteMultipartUpload",
        cases: &[
            case("a_checksum_of_each_part_where_the_whole_is_composed_of_them", pages::CHECKSUMS, |t| {
                let id = upload(t, "SHA256", "");
                let etag = part(t, &id, "sha256");
                let answer = t.complete("k", &id, &[(1, &etag)]).fails(400, "InvalidRequest");
                answer.shows(
                    "Message",
                    "The upload was created using a sha256 checksum. The complete request must include the checksum for each part. \
                     It was missing for part 1 in the request.",
                );
                none_is_made(t, &id);
            }),
            case("a_parts_checksum_of_another_algorithm", pages::CHECKSUMS, |t| {
                let id = upload(t, "SHA1", "");
                let etag = part(t, &id, "sha1");
                let more = format!("<ChecksumSHA256>{}</ChecksumSHA256>", checksum::value("sha256", BODY));
                let answer =
                    t.post(&format!("/{{b}}/k?uploadId={id}")).body(document(&etag, &more)).fails(400, "BadDigest");
                answer.shows("Message", "The sha256 you specified for part 1 did not match what we received.");
                none_is_made(t, &id);
            }),
            case("a_parts_checksum_in_an_upload_that_named_none", pages::CHECKSUMS, |t| {
                let id = t.upload("k");
                let etag = part(t, &id, "crc32c");
                let more = format!("<ChecksumCRC32C>{}</ChecksumCRC32C>", checksum::value("crc32c", BODY));
                let answer =
                    t.post(&format!("/{{b}}/k?uploadId={id}")).body(document(&etag, &more)).fails(400, "InvalidPart");
                answer.shows("PartNumber", "1").shows("UploadId", &id).shows("ETag", etag.trim_matches('"'));
                none_is_made(t, &id);
            }),
            case("a_checksum_of_the_whole_that_is_wrong", pages::CHECKSUMS, |t| {
                let id = upload(t, "CRC32C", "FULL_OBJECT");
                let etag = part(t, &id, "crc32c");
                let call = || t.complete("k", &id, &[(1, &etag)]).with("x-amz-checksum-type", "FULL_OBJECT");
                let wrong = "The crc32c you specified did not match the calculated checksum.";
                for (name, value) in [
                    ("crc32c", checksum::value("crc32c", b"other")),
                    ("crc32c", checksum::composite("crc32c", &[BODY])),
                    ("crc32c", "!!!".into()),
                    // Right, but not of the upload's algorithm.
                    ("crc64nvme", checksum::value("crc64nvme", BODY)),
                    ("crc32", checksum::value("crc32", BODY)),
                ] {
                    let header = format!("x-amz-checksum-{name}");
                    call().with(&header, &value).fails(400, "BadDigest").shows("Message", wrong);
                }
                none_is_made(t, &id);
                call().with("x-amz-checksum-crc32c", &checksum::value("crc32c", BODY)).is(200);
            }),
            case("a_composed_checksum_that_is_wrong", pages::CHECKSUMS, |t| {
                let id = upload(t, "SHA256", "");
                let etag = part(t, &id, "sha256");
                let named = format!("<ChecksumSHA256>{}</ChecksumSHA256>", checksum::value("sha256", BODY));
                let call = || t.post(&format!("/{{b}}/k?uploadId={id}")).body(document(&etag, &named));
                let right = checksum::composite("sha256", &[BODY]);
                let two = right.replace("-1", "-2");
                for value in [checksum::value("sha256", BODY), two, "bad".into()] {
                    call().with("x-amz-checksum-sha256", &value).fails(400, "BadDigest");
                }
                none_is_made(t, &id);
                call().with("x-amz-checksum-sha256", &right).is(200).shows("ChecksumSHA256", &right);
            }),
            case("a_checksum_of_the_whole_in_an_upload_that_named_none", pages::CHECKSUMS, |t| {
                let id = t.upload("k");
                let etag = t.part("k", &id, 1, BODY);
                let call = |name: &str, value: &str| {
                    t.complete("k", &id, &[(1, &etag)]).with(&format!("x-amz-checksum-{name}"), value)
                };
                // Nothing was kept that it could be compared with.
                call("sha256", &checksum::value("sha256", BODY)).fails(400, "InvalidRequest");
                call("sha256", "!!!").fails(400, "InvalidRequest");
                call("crc64nvme", &checksum::value("crc64nvme", b"other")).fails(400, "BadDigest");
                none_is_made(t, &id);
                call("crc64nvme", &checksum::value("crc64nvme", BODY)).is(200);
            }),
            case("a_checksum_type_that_is_not_the_uploads", pages::COMPLETE_MULTIPART_UPLOAD, |t| {
                for (algorithm, kind, others) in [
                    ("CRC32", "FULL_OBJECT", &["COMPOSITE"][..]),
                    ("CRC32", "COMPOSITE", &["FULL_OBJECT"]),
                    ("", "null", &["COMPOSITE", "FULL_OBJECT"]),
                ] {
                    let id = if algorithm.is_empty() { t.upload("k") } else { upload(t, algorithm, kind) };
                    let etag = part(t, &id, "crc32");
                    for other in others {
                        let call = t.complete("k", &id, &[(1, &etag)]).with("x-amz-checksum-type", other);
                        call.fails(400, "InvalidRequest").shows(
                            "Message",
                            &format!(
                                "The upload was created using the {kind} checksum mode. The complete request must use the same \
                                 checksum mode."
                            ),
                        );
                    }
                    none_is_made(t, &id);
                }
            }),
        ],
    },
];
