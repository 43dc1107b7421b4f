//! UploadPartCopy, ListParts, ListMultipartUploads, GetObjectAttributes.
//!
//! Always holds: parts and uploads are listed in the order that their pages give.

use trefoil_tests::{Call, Suite, Test, case, checksum};

use super::pages;

fn part_copy<'a>(t: &'a Test, id: &str, source: &str) -> Call<'a> {
    t.put(&format!("/{{b}}/k?partNumber=1&uploadId={id}")).with("x-amz-copy-source", source)
}

/// Uploads of `keys`, in this order; their ids.
fn uploads(t: &Test, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| t.upload(key)).collect()
}

fn attributes<'a>(t: &'a Test, key: &str, which: &str) -> Call<'a> {
    t.get(&format!("/{{b}}/{key}?attributes")).with("x-amz-object-attributes", which)
}

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "UploadPartCopy",
        cases: &[
            case("takes_the_whole_source", pages::UPLOAD_PART_COPY, |t| {
                t.object("s", "source");
                let id = t.upload("k");
                let answer = part_copy(t, &id, "/{b}/s").is(200);
                answer.root("CopyPartResult").shows("ETag", &checksum::etag(b"source"));
                t.complete("k", &id, &[(1, &answer.one("ETag"))]).is(200);
                t.get("/{b}/k").is(200).holds("source");
            }),
            case("takes_a_range_of_the_source", pages::UPLOAD_PART_COPY, |t| {
                let body: Vec<u8> = (0..6_000_000_u32).map(|n| (n % 241) as u8).collect();
                t.put("/{b}/s").body(&body).is(200);
                let id = t.upload("k");
                let range = "bytes=100-5300099";
                let etag = part_copy(t, &id, "/{b}/s").with("x-amz-copy-source-range", range).is(200).one("ETag");
                assert_eq!(etag, checksum::etag(&body[100..5_300_100]));
                t.complete("k", &id, &[(1, &etag)]).is(200);
                t.get("/{b}/k").is(200).holds(&body[100..5_300_100]);
            }),
            case("a_range_beyond_the_source", pages::UPLOAD_PART_COPY, |t| {
                t.object("s", "source");
                let id = t.upload("k");
                let range = |range: &str| part_copy(t, &id, "/{b}/s").with("x-amz-copy-source-range", range);
                let answer = range("bytes=0-6").fails(400, "InvalidArgument");
                answer.shows("ArgumentName", "x-amz-copy-source-range").shows("ArgumentValue", "bytes=0-6");
                answer.shows("Message", "Range specified is not valid for source object of size: 6");
                let answer = range("bytes=6-7").fails(400, "InvalidRequest");
                answer.shows("Message", "The specified copy range is invalid for the source object size");
                t.get(&format!("/{{b}}/k?uploadId={id}")).is(200).omits("Part");
            }),
            case("a_range_that_is_none", pages::UPLOAD_PART_COPY, |t| {
                t.object("s", "source");
                let id = t.upload("k");
                for range in ["0-2", "bytes=0", "bytes=hello-world", "bytes=0-bar", "bytes=0-2,3-5", "bytes=3-1"] {
                    part_copy(t, &id, "/{b}/s").with("x-amz-copy-source-range", range).fails(400, "InvalidArgument");
                }
            }),
            case("an_odd_source_is_refused", pages::UPLOAD_PART_COPY, |t| {
                let id = t.upload("k");
                for source in ["", "/", "//", "/{b}", "/{b}/"] {
                    part_copy(t, &id, source).fails(400, "InvalidArgument");
                }
            }),
            case("source_absent", pages::UPLOAD_PART_COPY, |t| {
                let id = t.upload("k");
                part_copy(t, &id, "/{b}/none").fails(404, "NoSuchKey");
                part_copy(t, &id, "/{c}/none").fails(404, "NoSuchBucket");
            }),
            case("upload_absent", pages::UPLOAD_PART_COPY, |t| {
                t.object("s", "source");
                part_copy(t, "nonsense", "/{b}/s").fails(404, "NoSuchUpload");
            }),
            case("a_source_that_may_not_be_read", pages::UPLOAD_PART_COPY, |t| {
                t.object("s", "source");
                t.put("/{c}").alt().is(200);
                let id = t.post("/{c}/k?uploads").alt().is(200).one("UploadId");
                let target = format!("/{{c}}/k?partNumber=1&uploadId={id}");
                t.put(&target).alt().with("x-amz-copy-source", "/{b}/s").fails(403, "AccessDenied");
            }),
            case("source_conditions", pages::UPLOAD_PART_COPY, |t| {
                t.object("s", "source");
                let id = t.upload("k");
                let copy = || part_copy(t, &id, "/{b}/s");
                copy().with("x-amz-copy-source-if-match", "\"x\"").fails(412, "PreconditionFailed");
                copy().with("x-amz-copy-source-if-match", &checksum::etag(b"source")).is(200);
            }),
            case("a_version_of_the_source", pages::UPLOAD_PART_COPY, |t| {
                t.versioning("Enabled");
                let one = t.object("s", "1").need("x-amz-version-id");
                t.object("s", "2");
                let id = t.upload("k");
                let answer = part_copy(t, &id, &format!("/{{b}}/s?versionId={one}")).is(200);
                answer.has("x-amz-copy-source-version-id", &one).shows("ETag", &checksum::etag(b"1"));
            }),
        ],
    },
    Suite {
        operation: "ListParts",
        cases: &[
            case("describes_upload_and_parts", pages::LIST_PARTS, |t| {
                let id = t.upload("k");
                t.part("k", &id, 5, b"five!");
                t.part("k", &id, 2, b"two");
                let answer = t.get(&format!("/{{b}}/k?uploadId={id}")).is(200);
                answer.root("ListPartsResult").shows("Bucket", &t.bucket).shows("Key", "k").shows("UploadId", &id);
                answer.lists("Part/PartNumber", &["2", "5"]).lists("Part/Size", &["3", "5"]);
                answer.lists("Part/ETag", &[&checksum::etag(b"two"), &checksum::etag(b"five!")]);
                answer.shows("IsTruncated", "false").shows("MaxParts", "1000").shows("StorageClass", "STANDARD");
                answer.shows("Owner/ID", &t.main().id).shows("Initiator/ID", &t.main().id);
                assert_eq!(answer.all("Part/LastModified").len(), 2);
            }),
            case("pages_by_marker", pages::LIST_PARTS, |t| {
                let id = t.upload("k");
                for number in 1..=5 {
                    t.part("k", &id, number, b"x");
                }
                let answer = t.get(&format!("/{{b}}/k?uploadId={id}&max-parts=2")).is(200);
                answer.lists("Part/PartNumber", &["1", "2"]).shows("IsTruncated", "true");
                answer.shows("NextPartNumberMarker", "2").shows("MaxParts", "2");
                let answer = t.get(&format!("/{{b}}/k?uploadId={id}&part-number-marker=2")).is(200);
                answer.lists("Part/PartNumber", &["3", "4", "5"]).shows("PartNumberMarker", "2");
                let answer = t.get(&format!("/{{b}}/k?uploadId={id}&part-number-marker=5")).is(200);
                answer.omits("Part").shows("NextPartNumberMarker", "0").shows("IsTruncated", "false");
            }),
            case("a_page_of_none_ends", pages::LIST_PARTS, |t| {
                let id = t.upload("k");
                t.part("k", &id, 1, b"x");
                let answer = t.get(&format!("/{{b}}/k?uploadId={id}&max-parts=0")).is(200);
                answer.omits("Part").shows("IsTruncated", "false").shows("MaxParts", "0");
            }),
            case("max_parts_must_be_a_number", pages::LIST_PARTS, |t| {
                let id = t.upload("k");
                t.get(&format!("/{{b}}/k?uploadId={id}&max-parts=x")).fails(400, "InvalidArgument");
                t.get(&format!("/{{b}}/k?uploadId={id}&part-number-marker=x")).fails(400, "InvalidArgument");
            }),
            case("an_upload_that_is_none", pages::LIST_PARTS, |t| {
                t.get("/{b}/k?uploadId=nonsense").fails(404, "NoSuchUpload");
            }),
            case("by_another_account", pages::LIST_PARTS, |t| {
                let id = t.upload("k");
                t.get(&format!("/{{b}}/k?uploadId={id}")).alt().fails(403, "AccessDenied");
            }),
            case("shows_checksums", pages::CHECKSUMS, |t| {
                let id = t.post("/{b}/k?uploads").with("x-amz-checksum-algorithm", "CRC32").is(200).one("UploadId");
                t.put(&format!("/{{b}}/k?partNumber=1&uploadId={id}"))
                    .with("x-amz-checksum-crc32", &checksum::value("crc32", b"x"))
                    .body("x")
                    .is(200);
                let answer = t.get(&format!("/{{b}}/k?uploadId={id}")).is(200);
                answer.shows("ChecksumAlgorithm", "CRC32").shows("ChecksumType", "COMPOSITE");
                answer.shows("Part/ChecksumCRC32", &checksum::value("crc32", b"x"));
            }),
        ],
    },
    Suite {
        operation: "ListMultipartUploads",
        cases: &[
            case("describes_each_upload", pages::LIST_MULTIPART_UPLOADS, |t| {
                let id = t.upload("k");
                let answer = t.get("/{b}?uploads").is(200);
                answer.root("ListMultipartUploadsResult").shows("Bucket", &t.bucket).shows("MaxUploads", "1000");
                answer.shows("IsTruncated", "false").shows("Upload/Key", "k").shows("Upload/UploadId", &id);
                answer.shows("Upload/Initiator/ID", &t.main().id).shows("Upload/Owner/ID", &t.main().id);
                answer.shows("Upload/StorageClass", "STANDARD");
                answer.shows("NextKeyMarker", "k").shows("NextUploadIdMarker", &id);
                assert!(answer.one("Upload/Initiated").ends_with('Z'));
            }),
            case("by_key_and_then_by_time", pages::LIST_MULTIPART_UPLOADS, |t| {
                let ids = uploads(t, &["b", "a", "b", "a/c"]);
                let answer = t.get("/{b}?uploads").is(200);
                answer.lists("Upload/Key", &["a", "a/c", "b", "b"]);
                answer.lists("Upload/UploadId", &[&ids[1], &ids[3], &ids[0], &ids[2]]);
            }),
            case("pages_by_markers", pages::LIST_MULTIPART_UPLOADS, |t| {
                let ids = uploads(t, &["a", "b", "b", "b", "c"]);
                let first = t.get("/{b}?uploads&max-uploads=2").is(200);
                first.lists("Upload/UploadId", &[&ids[0], &ids[1]]).shows("IsTruncated", "true");
                first.shows("NextKeyMarker", "b").shows("NextUploadIdMarker", &ids[1]);
                let second =
                    t.get(&format!("/{{b}}?uploads&max-uploads=3&key-marker=b&upload-id-marker={}", ids[1])).is(200);
                second.lists("Upload/UploadId", &[&ids[2], &ids[3], &ids[4]]).shows("IsTruncated", "false");
                second.shows("KeyMarker", "b").shows("UploadIdMarker", &ids[1]);
            }),
            case("a_key_marker_alone_begins_behind_the_key", pages::LIST_MULTIPART_UPLOADS, |t| {
                uploads(t, &["a", "b", "b", "c"]);
                t.get("/{b}?uploads&key-marker=b").is(200).lists("Upload/Key", &["c"]);
            }),
            case("prefix_and_delimiter", pages::LIST_MULTIPART_UPLOADS, |t| {
                uploads(t, &["d/1", "d/2", "d/e/3", "f"]);
                let answer = t.get("/{b}?uploads&delimiter=/").is(200);
                answer.lists("CommonPrefixes/Prefix", &["d/"]).lists("Upload/Key", &["f"]).shows("Delimiter", "/");
                let answer = t.get("/{b}?uploads&delimiter=/&prefix=d/").is(200);
                answer.lists("CommonPrefixes/Prefix", &["d/e/"]).lists("Upload/Key", &["d/1", "d/2"]);
                answer.shows("Prefix", "d/");
            }),
            case("names_can_be_url_encoded", pages::LIST_MULTIPART_UPLOADS, |t| {
                uploads(t, &["%C3%A9%01"]);
                let answer = t.get("/{b}?uploads&encoding-type=url").is(200);
                answer.shows("EncodingType", "url").shows("Upload/Key", "%C3%A9%01");
            }),
            case("max_uploads_must_be_a_number", pages::LIST_MULTIPART_UPLOADS, |t| {
                t.get("/{b}?uploads&max-uploads=x").fails(400, "InvalidArgument");
                t.get("/{b}?uploads&encoding-type=x").fails(400, "InvalidArgument");
            }),
            case("absent_and_of_another_account", pages::LIST_MULTIPART_UPLOADS, |t| {
                t.get("/{c}?uploads").fails(404, "NoSuchBucket");
                t.get("/{b}?uploads").alt().fails(403, "AccessDenied");
            }),
        ],
    },
    Suite {
        operation: "GetObjectAttributes",
        cases: &[
            case("tells_what_is_asked", pages::GET_OBJECT_ATTRIBUTES, |t| {
                t.object("k", "hello");
                let answer = attributes(t, "k", "ETag,ObjectSize,StorageClass").is(200);
                answer.shows("ETag", "5d41402abc4b2a76b9719d911017c592").shows("ObjectSize", "5");
                answer.shows("StorageClass", "STANDARD").omits("Checksum").omits("ObjectParts");
                answer.need("last-modified");
                attributes(t, "k", "ObjectSize").is(200).omits("ETag").shows("ObjectSize", "5");
            }),
            case("a_checksum", pages::GET_OBJECT_ATTRIBUTES, |t| {
                let value = checksum::value("sha1", b"x");
                t.put("/{b}/k").with("x-amz-checksum-sha1", &value).body("x").is(200);
                let answer = attributes(t, "k", "Checksum").is(200);
                answer.shows("Checksum/ChecksumSHA1", &value).shows("Checksum/ChecksumType", "FULL_OBJECT");
            }),
            case("parts_with_their_checksums", pages::GET_OBJECT_ATTRIBUTES, |t| {
                let id = t.post("/{b}/k?uploads").with("x-amz-checksum-algorithm", "SHA256").is(200).one("UploadId");
                let sums = [checksum::value("sha256", &vec![b'a'; 5 << 20]), checksum::value("sha256", b"bb")];
                let part = |number: usize, body: &[u8]| {
                    t.put(&format!("/{{b}}/k?partNumber={number}&uploadId={id}"))
                        .with("x-amz-checksum-sha256", &sums[number - 1])
                        .body(body)
                        .is(200)
                        .need("etag")
                };
                let (one, two) = (part(1, &vec![b'a'; 5 << 20]), part(2, b"bb"));
                let parts: String = [(1, &one, &sums[0]), (2, &two, &sums[1])]
                    .iter()
                    .map(|(n, etag, sum)| {
                        format!("<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag><ChecksumSHA256>{sum}</ChecksumSHA256></Part>")
                    })
                    .collect();
                let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
                t.post(&format!("/{{b}}/k?uploadId={id}")).body(body).is(200);
                let answer = attributes(t, "k", "ObjectParts").is(200);
                answer.shows("ObjectParts/PartsCount", "2").lists("ObjectParts/Part/Size", &["5242880", "2"]);
                answer.lists("ObjectParts/Part/PartNumber", &["1", "2"]);
                assert_eq!(answer.all("ObjectParts/Part/ChecksumSHA256")[1], checksum::value("sha256", b"bb"));
                let answer = attributes(t, "k", "ObjectParts").with("x-amz-max-parts", "1").is(200);
                answer.lists("ObjectParts/Part/PartNumber", &["1"]).shows("ObjectParts/IsTruncated", "true");
                answer.shows("ObjectParts/NextPartNumberMarker", "1");
                let answer = attributes(t, "k", "ObjectParts").with("x-amz-max-parts", "0").is(200);
                answer.shows("ObjectParts/PartsCount", "2").omits("ObjectParts/Part");
                assert!(answer.all("ObjectParts/IsTruncated").iter().all(|truncated| truncated == "false"));
                let answer = attributes(t, "k", "ObjectParts").with("x-amz-part-number-marker", "1").is(200);
                answer.lists("ObjectParts/Part/PartNumber", &["2"]).shows("ObjectParts/IsTruncated", "false");
                let answer = attributes(t, "k", "ObjectParts").with("x-amz-max-parts", "0").is(200);
                answer.omits("ObjectParts/Part").shows("ObjectParts/IsTruncated", "false");
                let answer = attributes(t, "k", "ObjectParts").with("x-amz-part-number-marker", "2").is(200);
                answer.omits("ObjectParts/Part").shows("ObjectParts/NextPartNumberMarker", "0");
            }),
            case("parts_whose_checksums_make_no_whole_are_only_counted", pages::GET_OBJECT_ATTRIBUTES, |t| {
                let full = t
                    .post("/{b}/k?uploads")
                    .with("x-amz-checksum-algorithm", "CRC32C")
                    .with("x-amz-checksum-type", "FULL_OBJECT")
                    .is(200)
                    .one("UploadId");
                for id in [full, t.upload("k")] {
                    let etag = t.part("k", &id, 1, b"x");
                    t.complete("k", &id, &[(1, &etag)]).is(200);
                    let answer = attributes(t, "k", "ObjectParts").is(200);
                    answer.shows("ObjectParts/PartsCount", "1");
                    for name in ["Part", "MaxParts", "IsTruncated", "PartNumberMarker", "NextPartNumberMarker"] {
                        answer.omits(&format!("ObjectParts/{name}"));
                    }
                }
            }),
            case("an_attribute_that_is_none", pages::GET_OBJECT_ATTRIBUTES, |t| {
                t.object("k", "x");
                attributes(t, "k", "Colour").fails(400, "InvalidArgument");
                t.get("/{b}/k?attributes").fails(400, "InvalidRequest");
            }),
            case("absent", pages::GET_OBJECT_ATTRIBUTES, |t| {
                attributes(t, "none", "ETag").fails(404, "NoSuchKey");
                t.get("/{c}/k?attributes").with("x-amz-object-attributes", "ETag").fails(404, "NoSuchBucket");
            }),
            case("a_version_and_a_marker", pages::GET_OBJECT_ATTRIBUTES, |t| {
                t.versioning("Enabled");
                let one = t.object("k", "1").need("x-amz-version-id");
                let marker = t.delete("/{b}/k").is(204).need("x-amz-version-id");
                let of = |id: &str| {
                    t.get(&format!("/{{b}}/k?attributes&versionId={id}")).with("x-amz-object-attributes", "ObjectSize")
                };
                of(&one).is(200).has("x-amz-version-id", &one).shows("ObjectSize", "1");
                of(&marker).fails(405, "MethodNotAllowed").has("x-amz-delete-marker", "true");
                attributes(t, "k", "ObjectSize").fails(404, "NoSuchKey").has("x-amz-delete-marker", "true");
            }),
            case("of_another_account", pages::GET_OBJECT_ATTRIBUTES, |t| {
                t.object("k", "x");
                attributes(t, "k", "ETag").alt().fails(403, "AccessDenied");
            }),
        ],
    },
];
