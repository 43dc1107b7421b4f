//! Uploads of more parts than a page or a fetch holds.
//!
//! Always holds: parts are tiny, so that the cases stay quick; that ten thousand large ones make an object is a test of the core.

use trefoil_tests::{Suite, Test, case, checksum};

use super::pages;

/// More than a page of 1,000.
const PARTS: u32 = 1_100;
const SENDERS: u32 = 4;

/// The body of a part.
fn body(number: u32) -> Vec<u8> {
    number.to_string().into_bytes()
}

/// Sends all parts, several at once.
fn send_all(t: &Test, id: &str) {
    let address = t.target.address;
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let requests: Vec<_> = (1..=PARTS)
                .filter(|number| number % SENDERS == sender)
                .map(|number| {
                    let target = format!("/{{b}}/k?partNumber={number}&uploadId={id}");
                    (number, t.put(&target).body(body(number)).request)
                })
                .collect();
            std::thread::spawn(move || {
                for (number, request) in requests {
                    let answer = request.send(address).expect("an answer");
                    assert_eq!(answer.need("etag"), checksum::etag(&body(number)), "part {number}");
                }
            })
        })
        .collect();
    for sender in senders {
        sender.join().expect("every part is taken");
    }
}

fn numbers(from: u32, to: u32) -> Vec<String> {
    (from..=to).map(|number| number.to_string()).collect()
}

pub const SUITES: &[Suite] = &[Suite {
    operation: "ListParts",
    cases: &[case("more_parts_than_a_page_and_then_one_of_them", pages::LIST_PARTS, |t| {
        let id = t.upload("k");
        send_all(t, &id);
        let target = format!("/{{b}}/k?uploadId={id}");
        let first = t.get(&target).is(200);
        assert_eq!(first.all("Part/PartNumber"), numbers(1, 1000));
        first.shows("IsTruncated", "true").shows("NextPartNumberMarker", "1000");
        let second = t.get(&format!("{target}&part-number-marker=1000")).is(200);
        assert_eq!(second.all("Part/PartNumber"), numbers(1001, PARTS));
        second.shows("IsTruncated", "false").shows("NextPartNumberMarker", &PARTS.to_string());
        // The page ends where the parts do.
        let exact = t.get(&format!("{target}&part-number-marker=100&max-parts=1000")).is(200);
        assert_eq!(exact.all("Part/PartNumber"), numbers(101, PARTS));
        exact.shows("IsTruncated", "false");

        // All but one are let go of at once.
        let etag = checksum::etag(&body(PARTS));
        t.complete("k", &id, &[(PARTS, &etag)]).is(200).shows("ETag", &checksum::etag_of_parts(&[&body(PARTS)]));
        t.get("/{b}/k").is(200).holds(body(PARTS));
        t.get(&format!("/{{b}}/k?partNumber={PARTS}")).is(206).holds(body(PARTS)).has("x-amz-mp-parts-count", "1");
        t.get("/{b}/k?partNumber=1").fails(416, "InvalidPartNumber").shows("ActualPartCount", "1");
        t.get(&target).fails(404, "NoSuchUpload");
    })],
}];
