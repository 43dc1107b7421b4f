//! Locators and names: there and back, and nothing else accepted.

use super::{BlobId, FileId, FileKind, Place, Run};
use crate::data::Locator;

fn place() -> Place {
    let run = Run { epoch: 7, salt: 0xdead_beef };
    Place { id: BlobId { file: FileId { kind: FileKind::Volume, run, number: 41 }, offset: 8192 }, length: 100_001 }
}

#[test]
fn a_locator_leads_back_and_any_damage_is_seen() {
    let locator = place().to_locator();
    assert!(locator.0.len() <= 64);
    assert_eq!(Place::from_locator(&locator).unwrap(), place());
    for at in 0..locator.0.len() {
        for bit in 0..8 {
            let mut damaged = locator.clone();
            damaged.0[at] ^= 1 << bit;
            assert!(Place::from_locator(&damaged).is_err(), "byte {at}, bit {bit}");
        }
        assert!(Place::from_locator(&Locator(locator.0[..at].to_vec())).is_err());
    }
}

#[test]
fn lengths_that_no_file_can_have_are_refused() {
    for length in [u64::MAX, u64::MAX - 10_000, i64::MAX as u64] {
        assert!(Place::from_locator(&Place { length, ..place() }.to_locator()).is_err());
    }
}

#[test]
fn names_lead_back_and_others_are_not_ours() {
    for kind in [FileKind::Volume, FileKind::Own] {
        let file = FileId { kind, ..place().id.file };
        assert_eq!(FileId::parse(&file.name()), Some(file));
    }
    for name in ["", "lost+found", "x.blob", "0-0-0.blob", "0000000000000007-deadbeef-029.volume", "a.b.c"] {
        assert_eq!(FileId::parse(name), None, "{name}");
    }
}
