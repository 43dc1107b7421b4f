//! Pages against plain bytes.

use proptest::prelude::*;

use super::*;
use crate::content::Extent;
use crate::data::Locator;
use crate::limits::MAPPED_PAGE_BYTES;
use crate::metadata::records::{MappedPage, Piece, PieceSource};

/// What each stretch of a page shows, told byte by byte at a coarse grain.
fn shown(pieces: &[Piece], grain: u32) -> Vec<(u64, u64)> {
    let mut shown = Vec::new();
    let mut start = 0_u32;
    for piece in pieces {
        for at in (start..start + piece.length).step_by(index(grain)) {
            let within = u64::from(at - start);
            shown.push(match &piece.source {
                PieceSource::Zeros => (0, 0),
                PieceSource::Base => (1, u64::from(at)),
                PieceSource::Blob { extent, at } => (10 + u64::from(extent.locator.0[0]), u64::from(*at) + within),
                PieceSource::Inline { slot, at } => (1000 + u64::from(*slot), u64::from(*at) + within),
            });
        }
        start += piece.length;
    }
    assert_eq!(u64::from(start), MAPPED_PAGE_BYTES, "the whole page is covered");
    shown
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap()
}

const GRAIN: u32 = 64 << 10;

fn source(kind: u8) -> PieceSource {
    let extent = Extent { locator: Locator(vec![kind]), length: 1 << 20 };
    match kind % 4 {
        0 => PieceSource::Zeros,
        1 => PieceSource::Base,
        2 => PieceSource::Blob { extent, at: 0 },
        _ => PieceSource::Inline { slot: kind.into(), at: 0 },
    }
}

proptest! {
    #[test]
    fn a_patched_page_shows_the_patch_and_around_it_what_was_there(
        patches in prop::collection::vec((0_u32..16, 1_u32..16, any::<u8>()), 1..20),
        based in any::<bool>(),
    ) {
        let mut page: Option<MappedPage> = None;
        let mut model = shown(&pieces_of(None, based), GRAIN);
        for (first, count, kind) in patches {
            let count = count.min(16 - first);
            // Where there is no base, nothing shows it.
            let kind = if !based && kind % 4 == 1 { 0 } else { kind };
            let patch = Patch { at: first * GRAIN, length: count * GRAIN, source: source(kind) };
            let patch_shows = shown(&overlay(&pieces_of(None, false), std::slice::from_ref(&patch)), GRAIN);
            model[index(first)..index(first + count)]
                .copy_from_slice(&patch_shows[index(first)..index(first + count)]);
            let pieces = overlay(&pieces_of(page.as_ref(), based), &[patch]);
            prop_assert_eq!(&shown(&pieces, GRAIN), &model);
            page = page_of(pieces, based, 0);
            prop_assert_eq!(&shown(&pieces_of(page.as_ref(), based), GRAIN), &model, "kept");
        }
        let cut = cut(&pieces_of(page.as_ref(), based), 5 * GRAIN);
        model[5..].fill((0, 0));
        prop_assert_eq!(shown(&cut, GRAIN), model);
    }
}

#[test]
fn a_page_that_says_nothing_is_not_kept() {
    assert_eq!(page_of(pieces_of(None, true), true, 0), None);
    assert_eq!(page_of(pieces_of(None, false), false, 0), None);
    let zeros = cut(&pieces_of(None, true), 0);
    assert_eq!(page_of(zeros, true, 0), Some(MappedPage::default()), "zeros over a base are something");
}

#[test]
fn a_page_of_many_pieces_is_crowded() {
    let pieces = pieces_of(None, false);
    assert!(!crowded(&pieces));
    let patches: Vec<_> = (0..70).map(|number| Patch { at: number * 8192, length: 4096, source: source(3) }).collect();
    assert!(crowded(&overlay(&pieces, &patches)));
    let stale: Vec<_> =
        (0..6_u8).map(|number| Patch { at: number.into(), length: 1, source: source(2 + 4 * number) }).collect();
    let pieces = overlay(&pieces, &stale);
    assert_eq!(blobs(&pieces).len(), 6);
    assert!(crowded(&pieces), "six blobs of a page's size for six bytes");
}
