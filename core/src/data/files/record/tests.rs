//! Headers and trailers: there and back, any flipped bit seen, wrong places refused.

use super::{HEADER, header, parse_header, record_bytes, record_end, tail, tail_is_whole};
use crate::data::Origin;
use crate::data::files::place::{BlobId, FileId, FileKind, Place, Run};
use crate::limits::BLOB_ALIGN_BYTES;

fn place() -> Place {
    let run = Run { epoch: 3, salt: 9 };
    Place { id: BlobId { file: FileId { kind: FileKind::Volume, run, number: 5 }, offset: 4096 }, length: 200_000 }
}

fn origin(key: &str) -> Origin {
    Origin { content: 77, page: 3, bucket: "photos".into(), key: key.into() }
}

#[test]
fn a_header_leads_back() {
    for key in ["", "cat.jpg", &"ü".repeat(512)] {
        let block = header(place(), &origin(key), false);
        assert_eq!(block.len(), HEADER);
        let parsed = parse_header(&block, place().id).unwrap();
        assert_eq!(parsed.place, place());
        assert_eq!(parsed.origin, origin(key));
        assert!(!parsed.deleted);
    }
    assert!(parse_header(&header(place(), &origin("k"), true), place().id).unwrap().deleted);
}

#[test]
fn a_key_that_does_not_fit_is_cut_at_a_character() {
    let parsed = parse_header(&header(place(), &origin(&"ü".repeat(4000)), false), place().id).unwrap();
    assert!(parsed.origin.key.len() > 3900);
    assert!("ü".repeat(4000).starts_with(&parsed.origin.key));
    assert_eq!(parsed.origin.content, 77);
}

#[test]
fn any_flipped_bit_of_a_header_or_tail_is_seen() {
    let block = header(place(), &origin("cat.jpg"), false);
    for at in 0..HEADER {
        let mut damaged = block.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(parse_header(&damaged, place().id).is_none(), "byte {at}");
    }
    let whole = tail(place(), vec![5; 32]);
    assert!(tail_is_whole(place(), &whole));
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(!tail_is_whole(place(), &damaged), "byte {at}");
        assert!(!tail_is_whole(place(), &whole[..at]));
    }
}

#[test]
fn a_header_of_another_place_is_none() {
    let block = header(place(), &origin("cat.jpg"), false);
    let id = place().id;
    for other in [
        BlobId { offset: 8192, ..id },
        BlobId { file: FileId { number: 6, ..id.file }, ..id },
        BlobId { file: FileId { run: Run { epoch: 4, salt: 9 }, ..id.file }, ..id },
        BlobId { file: FileId { run: Run { epoch: 3, salt: 8 }, ..id.file }, ..id },
        BlobId { file: FileId { kind: FileKind::Own, ..id.file }, ..id },
    ] {
        assert!(parse_header(&block, other).is_none(), "{other:?}");
    }
}

#[test]
fn records_end_on_a_boundary_behind_their_trailer() {
    for length in [0, 1, 4048, 4049, 65_536, 8 << 20] {
        let bytes = record_bytes(length);
        assert_eq!(bytes % BLOB_ALIGN_BYTES, 0);
        assert!(bytes >= record_end(length) && bytes - record_end(length) < BLOB_ALIGN_BYTES);
    }
}
