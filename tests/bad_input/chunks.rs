//! Streams whose framing, chunk signatures, trailers or lengths are wrong.
//!
//! Always holds: the request's own signature is right; only the body is broken.

use trefoil_tests::request::Wire;
use trefoil_tests::{Call, Payload, Test, checksum};

const BODY: &[u8] = &[b'a'; 20_000];

fn signed(t: &Test) -> Call<'_> {
    t.put("/{b}/k").payload(Payload::Chunks(8192)).body(BODY)
}

fn signed_with_trailer(t: &Test) -> Call<'_> {
    signed(t).trailer("x-amz-checksum-crc32", &checksum::value("crc32", BODY))
}

fn unsigned(t: &Test) -> Call<'_> {
    t.put("/{b}/k")
        .payload(Payload::UnsignedChunks(8192))
        .body(BODY)
        .trailer("x-amz-checksum-crc32", &checksum::value("crc32", BODY))
}

/// Breaks a stream and claims the answer; the length is that of the broken stream.
fn breaks(call: Call<'_>, change: impl FnOnce(&mut Wire), status: u16, code: &str) {
    call.broken(|wire| {
        change(wire);
        wire.measure();
    })
    .fails(status, code);
}

refused! {
    a_chunks_signature_changed: |t| {
        breaks(signed(t), |w| w.frame().chunks[1].signature = Some("0".repeat(64)), 403, "SignatureDoesNotMatch");
    };
    a_chunks_signature_missing: |t| {
        breaks(signed(t), |w| w.frame().chunks[1].signature = None, 403, "SignatureDoesNotMatch");
    };
    a_chunks_signature_too_short: |t| {
        breaks(signed(t), |w| w.frame().chunks[0].signature = Some("abc".into()), 403, "SignatureDoesNotMatch");
    };
    the_last_chunks_signature_changed: |t| {
        breaks(signed(t), |w| w.frame().last.as_mut().expect("a last chunk").signature = Some("0".repeat(64)), 403, "SignatureDoesNotMatch");
    };
    a_chunks_bytes_changed: |t| {
        breaks(signed(t), |w| w.frame().chunks[2].data[0] = b'b', 403, "SignatureDoesNotMatch");
    };
    chunks_in_another_order: |t| breaks(signed(t), |w| w.frame().chunks.swap(0, 1), 403, "SignatureDoesNotMatch");
    a_chunk_left_out: |t| {
        breaks(signed(t), |w| { w.frame().chunks.remove(1); }, 403, "SignatureDoesNotMatch");
    };
    a_chunk_sent_twice: |t| {
        breaks(signed(t), |w| { let chunk = w.frame().chunks[0].clone(); w.frame().chunks.insert(1, chunk); }, 403, "SignatureDoesNotMatch");
    };
    the_last_chunk_left_out: |t| breaks(signed(t), |w| w.frame().last = None, 400, "IncompleteBody");
    the_last_chunk_left_out_of_an_unsigned_stream: |t| breaks(unsigned(t), |w| w.frame().last = None, 400, "IncompleteBody");
    bytes_behind_the_end: |t| breaks(unsigned(t), |w| w.frame().extra = b"more".to_vec(), 400, "IncompleteBody");
    a_size_that_is_no_number: |t| breaks(unsigned(t), |w| w.frame().chunks[0].size = "zz".into(), 400, "IncompleteBody");
    an_empty_size: |t| breaks(unsigned(t), |w| w.frame().chunks[0].size = String::new(), 400, "IncompleteBody");
    a_negative_size: |t| breaks(unsigned(t), |w| w.frame().chunks[0].size = "-1".into(), 400, "IncompleteBody");
    a_size_beyond_every_number: |t| breaks(unsigned(t), |w| w.frame().chunks[0].size = "f".repeat(40), 400, "IncompleteBody");
    a_size_that_is_too_small: |t| breaks(unsigned(t), |w| w.frame().chunks[0].size = "10".into(), 400, "IncompleteBody");
    a_size_that_is_too_large: |t| breaks(unsigned(t), |w| w.frame().chunks[2].size = "ffff".into(), 400, "IncompleteBody");
    a_flood_of_chunk_extensions: |t| {
        breaks(unsigned(t), |w| w.frame().chunks[0].size = format!("2000;x={}", "y".repeat(100_000)), 400, "IncompleteBody");
    };
    no_decoded_length: |t| {
        t.put("/{b}/k").payload(Payload::UnsignedChunks(8192)).body(BODY)
            .broken(|w| { w.remove("x-amz-decoded-content-length"); })
            .fails(403, "SignatureDoesNotMatch");
    };
    a_decoded_length_that_is_too_short: |t| {
        signed(t).with("x-amz-decoded-content-length", "19999").fails(400, "IncompleteBody");
    };
    a_decoded_length_that_is_too_long: |t| {
        signed(t).with("x-amz-decoded-content-length", "20001").fails(400, "IncompleteBody");
    };
    a_decoded_length_that_is_no_number: |t| {
        let answer = signed(t).with("x-amz-decoded-content-length", "many").go();
        assert_eq!(answer.status, 400, "{}", answer.text());
    };
    a_decoded_length_beyond_all_bounds: |t| {
        signed(t).with("x-amz-decoded-content-length", "99999999999999").fails(400, "EntityTooLarge");
    };
    a_trailers_signature_changed: |t| {
        breaks(signed_with_trailer(t), |w| w.frame().trailer_signature = Some("0".repeat(64)), 403, "SignatureDoesNotMatch");
    };
    a_trailers_signature_missing: |t| {
        breaks(signed_with_trailer(t), |w| w.frame().trailer_signature = None, 403, "SignatureDoesNotMatch");
    };
    a_signed_trailers_value_changed: |t| {
        breaks(signed_with_trailer(t), |w| w.frame().trailers[0].1 = "AAAAAA==".into(), 403, "SignatureDoesNotMatch");
    };
    an_unsigned_trailers_value_changed: |t| {
        breaks(unsigned(t), |w| w.frame().trailers[0].1 = "AAAAAA==".into(), 400, "BadDigest");
    };
    a_trailer_that_is_no_checksum: |t| {
        breaks(unsigned(t), |w| w.frame().trailers[0].1 = "!".into(), 400, "InvalidRequest");
    };
    an_announced_trailer_missing: |t| {
        breaks(unsigned(t), |w| w.frame().trailers.clear(), 400, "MalformedTrailerError");
    };
    a_trailer_that_was_not_announced: |t| {
        breaks(unsigned(t), |w| w.frame().trailers.push(("x-amz-checksum-sha1".into(), checksum::value("sha1", BODY))), 400, "MalformedTrailerError");
    };
    a_trailer_without_a_colon: |t| {
        breaks(unsigned(t), |w| { w.frame().trailers.clear(); w.frame().trailer_signature = None; w.frame().extra = Vec::new();
            w.frame().last.as_mut().expect("a last chunk").size = "0\r\nx-amz-checksum-crc32".into(); }, 400, "MalformedTrailerError");
    };
    a_flood_of_trailers: |t| {
        breaks(unsigned(t), |w| for n in 0..10_000 { w.frame().trailers.push((format!("x-{n}"), "v".into())); }, 400, "MalformedTrailerError");
    };
    a_trailer_without_an_end: |t| {
        breaks(unsigned(t), |w| w.frame().trailers[0].1 = "A".repeat(1 << 20), 400, "MalformedTrailerError");
    };
    an_announced_trailer_that_is_no_checksum: |t| {
        t.put("/{b}/k").payload(Payload::UnsignedChunks(8192)).body(BODY).trailer("x-amz-meta-late", "1").fails(400, "InvalidRequest");
    };
    a_stream_in_a_part: |t| {
        let id = t.upload("k");
        t.put(&format!("/{{b}}/k?partNumber=1&uploadId={id}"))
            .payload(Payload::Chunks(8192)).body(BODY)
            .broken(|w| { w.frame().chunks[1].data[0] = b'b'; })
            .fails(403, "SignatureDoesNotMatch");
        t.get(&format!("/{{b}}/k?uploadId={id}")).is(200).omits("Part");
        t.delete(&format!("/{{b}}/k?uploadId={id}")).is(204);
    };
    an_algorithm_of_signatures_that_is_not_built: |t| {
        let answer = t.put("/{b}/k").body("x").with("x-amz-content-sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD").go();
        assert!(answer.status == 400 || answer.status == 501, "{}", answer.text());
    };
}
