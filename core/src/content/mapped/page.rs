//! The algebra of one page's pieces.
//!
//! Always holds: the pieces of a *whole* page cover it exactly, from its first byte to its last; what is kept is shorter by the zeros at its
//! end. Neighbours that say the same are one piece.

use std::collections::BTreeSet;

use crate::content::Extent;
use crate::limits::{
    FLATTEN_PIECES, INLINE_BYTES_MAX, MAPPED_PAGE_BYTES, MAPPED_PAGE_STORED_BYTES_MAX, MAPPED_PIECES_MAX,
};
use crate::metadata::records::{MappedPage, Piece, PieceSource};

/// Bytes of a page, as pieces count them.
const PAGE: u32 = 1 << 20;
const _: () = assert!(PAGE as u64 == MAPPED_PAGE_BYTES);

/// What takes the place of a range of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// First byte within the page.
    pub at: u32,
    pub length: u32,
    pub source: PieceSource,
}

/// The pieces of the whole page. `based`: there is a base below, which shows where no page stands.
pub fn pieces_of(page: Option<&MappedPage>, based: bool) -> Vec<Piece> {
    let Some(page) = page else {
        let source = if based { PieceSource::Base } else { PieceSource::Zeros };
        return vec![Piece { length: PAGE, source }];
    };
    let mut pieces = page.pieces.clone();
    let covered: u32 = pieces.iter().map(|piece| piece.length).sum();
    if let Some(rest) = PAGE.checked_sub(covered).filter(|rest| *rest > 0) {
        pieces.push(Piece { length: rest, source: PieceSource::Zeros });
    }
    pieces
}

/// What is kept of the pieces of a whole page. `None` where nothing needs to be: the page says what its absence says.
pub fn page_of(pieces: Vec<Piece>, based: bool, changed: u64) -> Option<MappedPage> {
    let mut pieces = joined(pieces);
    if let [Piece { length: PAGE, source: PieceSource::Base }] = pieces[..] {
        return None;
    }
    while pieces.last().is_some_and(|last| last.source == PieceSource::Zeros) {
        pieces.pop();
    }
    (based || !pieces.is_empty()).then_some(MappedPage { changed, pieces })
}

/// The pieces with the patches over them. Patches are sorted and apart.
pub fn overlay(pieces: &[Piece], patches: &[Patch]) -> Vec<Piece> {
    let mut over = Vec::with_capacity(pieces.len() + 2 * patches.len());
    let mut from = 0;
    for patch in patches {
        slice(pieces, from, patch.at, &mut over);
        over.push(Piece { length: patch.length, source: patch.source.clone() });
        from = patch.at + patch.length;
    }
    slice(pieces, from, PAGE, &mut over);
    joined(over)
}

/// The pieces with zeros from `from` on.
pub fn cut(pieces: &[Piece], from: u32) -> Vec<Piece> {
    match PAGE.checked_sub(from).filter(|length| *length > 0) {
        Some(length) => overlay(pieces, &[Patch { at: from, length, source: PieceSource::Zeros }]),
        None => pieces.to_vec(),
    }
}

/// Every blob that the pieces name, once.
pub fn blobs(pieces: &[Piece]) -> Vec<Extent> {
    let mut seen = BTreeSet::new();
    let named = pieces.iter().filter_map(|piece| match &piece.source {
        PieceSource::Blob { extent, .. } => Some(extent),
        _ => None,
    });
    named.filter(|extent| seen.insert(&extent.locator)).cloned().collect()
}

/// Every inline slot that the pieces name, once.
pub fn slots(pieces: &[Piece]) -> BTreeSet<u32> {
    let named = pieces.iter().filter_map(|piece| match piece.source {
        PieceSource::Inline { slot, .. } => Some(slot),
        _ => None,
    });
    named.collect()
}

/// Whether the page had better be written as one piece.
pub fn crowded(pieces: &[Piece]) -> bool {
    let stored: u64 = blobs(pieces).iter().map(|extent| extent.length).sum();
    let inline = (slots(pieces).len() * INLINE_BYTES_MAX) as u64;
    pieces.len() > MAPPED_PIECES_MAX || stored + inline / 4 > MAPPED_PAGE_STORED_BYTES_MAX
}

/// Whether it is worth writing as one piece when nobody waits for that.
pub fn scattered(pieces: &[Piece]) -> bool {
    pieces.len() > FLATTEN_PIECES || crowded(pieces)
}

/// Adds the pieces of the bytes `from..to`.
fn slice(pieces: &[Piece], from: u32, to: u32, into: &mut Vec<Piece>) {
    let mut start = 0;
    for piece in pieces {
        let end = start + piece.length;
        let (first, last) = (start.max(from), end.min(to));
        if first < last {
            into.push(Piece { length: last - first, source: behind(&piece.source, first - start) });
        }
        if end >= to {
            return;
        }
        start = end;
    }
}

/// The source, `skip` bytes further.
fn behind(source: &PieceSource, skip: u32) -> PieceSource {
    match source {
        PieceSource::Zeros => PieceSource::Zeros,
        PieceSource::Base => PieceSource::Base,
        PieceSource::Blob { extent, at } => PieceSource::Blob { extent: extent.clone(), at: at + skip },
        PieceSource::Inline { slot, at } => PieceSource::Inline { slot: *slot, at: at + skip },
    }
}

/// Makes one of neighbours that follow each other in the same source.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces.into_iter().filter(|piece| piece.length > 0) {
        match joined.last_mut() {
            Some(last) if behind(&last.source, last.length) == piece.source => last.length += piece.length,
            _ => joined.push(piece),
        }
    }
    joined
}
