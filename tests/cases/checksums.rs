//! Additional checksums: as headers, as trailers, kept and given back.
//!
//! Always holds: the expected values are computed by the tests' own code.

use trefoil_tests::{Payload, Suite, Test, case, checksum};

use super::pages;

const BODY: &str = "the quick brown fox";

fn header(name: &str) -> String {
    format!("x-amz-checksum-{name}")
}

fn kept(t: &Test, name: &str) {
    let value = checksum::value(name, BODY.as_bytes());
    t.put("/{b}/k").with(&header(name), &value).body(BODY).is(200).has(&header(name), &value);
    for answer in [
        t.get("/{b}/k").with("x-amz-checksum-mode", "ENABLED").is(200),
        t.head("/{b}/k").with("x-amz-checksum-mode", "ENABLED").is(200),
    ] {
        answer.has(&header(name), &value).has("x-amz-checksum-type", "FULL_OBJECT");
    }
    t.get("/{b}/k").is(200).lacks(&header(name));
}

fn trailed(t: &Test, name: &str) {
    let value = checksum::value(name, BODY.as_bytes());
    for (key, payload) in [("signed", Payload::Chunks(8192)), ("unsigned", Payload::UnsignedChunks(8192))] {
        let target = format!("/{{b}}/{key}");
        t.put(&target).payload(payload).trailer(&header(name), &value).body(BODY).is(200).has(&header(name), &value);
        let answer = t.get(&target).with("x-amz-checksum-mode", "ENABLED").is(200);
        answer.holds(BODY).has(&header(name), &value).lacks("content-encoding");
    }
}

pub const SUITES: &[Suite] = &[Suite {
    operation: "Checksums",
    cases: &[
        case("crc32_is_kept", pages::CHECKSUMS, |t| kept(t, "crc32")),
        case("crc32c_is_kept", pages::CHECKSUMS, |t| kept(t, "crc32c")),
        case("crc64nvme_is_kept", pages::CHECKSUMS, |t| kept(t, "crc64nvme")),
        case("sha1_is_kept", pages::CHECKSUMS, |t| kept(t, "sha1")),
        case("sha256_is_kept", pages::CHECKSUMS, |t| kept(t, "sha256")),
        case("crc32_as_a_trailer", pages::SIGV4_TRAILERS, |t| trailed(t, "crc32")),
        case("crc32c_as_a_trailer", pages::SIGV4_TRAILERS, |t| trailed(t, "crc32c")),
        case("crc64nvme_as_a_trailer", pages::SIGV4_TRAILERS, |t| trailed(t, "crc64nvme")),
        case("sha1_as_a_trailer", pages::SIGV4_TRAILERS, |t| trailed(t, "sha1")),
        case("sha256_as_a_trailer", pages::SIGV4_TRAILERS, |t| trailed(t, "sha256")),
        case("without_one_a_crc64nvme_is_made", pages::CHECKSUMS, |t| {
            t.object("k", BODY);
            let answer = t.head("/{b}/k").with("x-amz-checksum-mode", "ENABLED").is(200);
            answer.has("x-amz-checksum-crc64nvme", &checksum::value("crc64nvme", BODY.as_bytes()));
        }),
        case("a_wrong_one_is_refused", pages::CHECKSUMS, |t| {
            for name in checksum::NAMES {
                t.put("/{b}/k")
                    .with(&header(name), &checksum::value(name, b"other"))
                    .body(BODY)
                    .fails(400, "BadDigest");
            }
            t.head("/{b}/k").is(404);
        }),
        case("a_wrong_trailer_is_refused", pages::SIGV4_TRAILERS, |t| {
            for payload in [Payload::Chunks(8192), Payload::UnsignedChunks(8192)] {
                t.put("/{b}/k")
                    .payload(payload)
                    .trailer("x-amz-checksum-crc32", &checksum::value("crc32", b"other"))
                    .body(BODY)
                    .fails(400, "BadDigest");
            }
            t.head("/{b}/k").is(404);
        }),
        case("what_is_no_checksum_is_refused", pages::CHECKSUMS, |t| {
            for value in ["", "!!!", "AAAA", "AAAAAAAAAAA="] {
                t.put("/{b}/k").with("x-amz-checksum-crc32", value).body(BODY).fails(400, "InvalidRequest");
            }
            t.head("/{b}/k").is(404);
        }),
        case("two_are_too_many", pages::CHECKSUMS, |t| {
            t.put("/{b}/k")
                .with("x-amz-checksum-crc32", &checksum::value("crc32", BODY.as_bytes()))
                .with("x-amz-checksum-sha1", &checksum::value("sha1", BODY.as_bytes()))
                .body(BODY)
                .fails(400, "InvalidRequest");
            t.head("/{b}/k").is(404);
        }),
        case("the_named_algorithm_must_be_the_one_sent", pages::CHECKSUMS, |t| {
            t.put("/{b}/k")
                .with("x-amz-sdk-checksum-algorithm", "SHA256")
                .with("x-amz-checksum-crc32", &checksum::value("crc32", BODY.as_bytes()))
                .body(BODY)
                .fails(400, "BadDigest");
            t.head("/{b}/k").is(404);
        }),
        case("not_on_a_range", pages::CHECKSUMS, |t| {
            let value = checksum::value("crc32", BODY.as_bytes());
            t.put("/{b}/k").with("x-amz-checksum-crc32", &value).body(BODY).is(200);
            let answer = t.get("/{b}/k").with("range", "bytes=0-3").with("x-amz-checksum-mode", "ENABLED").is(206);
            answer.holds("the ").lacks("x-amz-checksum-crc32");
        }),
        case("a_list_names_the_algorithm", pages::LIST_OBJECTS_V2, |t| {
            t.put("/{b}/k").with("x-amz-checksum-sha1", &checksum::value("sha1", b"x")).body("x").is(200);
            let answer = t.get("/{b}?list-type=2").is(200);
            answer.shows("Contents/ChecksumAlgorithm", "SHA1").shows("Contents/ChecksumType", "FULL_OBJECT");
        }),
    ],
}];
