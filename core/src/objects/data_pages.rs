//! Which pages of a content may have data, through all that lies below it.
//!
//! Always holds: a page that is not named reads as zeros, as far as was looked. One look reads a bounded number of records of each layer, and
//! names a bounded number of pages, however large the content is.

use std::collections::BTreeSet;
use std::ops::Range;

use super::ObjectService;
use super::mapped::{Layer, mapped_page};
use crate::content::corrupt;
use crate::error::Result;
use crate::limits::{DATA_PAGES_LOOK_MAX, MAPPED_PAGE_BYTES};
use crate::metadata::Key;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Layout, PieceSource};

/// Numbers of pages that may show something other than zeros.
pub(crate) struct DataPages {
    pub numbers: BTreeSet<u32>,
    /// The first number that was not looked at: the next look begins there.
    pub upto: u64,
}

impl DataPages {
    /// Of what was looked at up to there, these.
    pub fn of(numbers: impl IntoIterator<Item = u32>, upto: u64) -> Self {
        Self { numbers: numbers.into_iter().collect(), upto }
    }
}

/// The key of a page; of the number behind the last one there can be, the key behind all pages.
pub(crate) fn page_key(content: Id, number: u64) -> Key {
    match u32::try_from(number) {
        Ok(number) => keys::page(content, number),
        Err(_) => keys::behind(&keys::pages(content)),
    }
}

impl ObjectService {
    /// The pages of a range of their numbers, of a content of which the first `counts` bytes count. To be called with the uppermost content
    /// pinned, since before its record was read.
    pub(crate) async fn data_pages(&self, layer: &Layer, counts: u64, within: Range<u64>) -> Result<DataPages> {
        let snapshot = self.store().snapshot()?;
        let (mut layer, mut counts, mut upto) = (layer, counts, within.end);
        let (mut numbers, mut hidden) = (BTreeSet::new(), BTreeSet::new());
        loop {
            // Behind what counts of a layer there are zeros, whatever lies below.
            let mut end = upto.min(counts.div_ceil(MAPPED_PAGE_BYTES));
            if within.start >= end {
                break;
            }
            let Layout::Mapped { .. } = layer.record.layout else {
                // It has no holes.
                if end - within.start > DATA_PAGES_LOOK_MAX as u64 {
                    end = within.start + DATA_PAGES_LOOK_MAX as u64;
                    upto = end;
                }
                let all = (within.start..end).filter_map(|number| u32::try_from(number).ok());
                numbers.extend(all.filter(|number| !hidden.contains(number)));
                break;
            };
            let (first, behind) = (page_key(layer.id, within.start), page_key(layer.id, end));
            let found = snapshot.scan(&first, &behind, DATA_PAGES_LOOK_MAX, false).await?;
            let is_full = found.len() == DATA_PAGES_LOOK_MAX;
            for (key, value) in &found {
                let number = keys::page_number(key).ok_or_else(|| corrupt("a page's key can't be read".into()))?;
                if is_full {
                    upto = u64::from(number) + 1;
                }
                let pieces = mapped_page(layer.id, Some(value))?.unwrap_or_default().pieces;
                let stored = |source: &PieceSource| !matches!(source, PieceSource::Zeros | PieceSource::Base);
                if !hidden.contains(&number) && pieces.iter().any(|piece| stored(&piece.source)) {
                    numbers.insert(number);
                }
                if pieces.iter().all(|piece| piece.source != PieceSource::Base) {
                    hidden.insert(number);
                }
            }
            let Some((below, length)) = &layer.below else { break };
            counts = counts.min(*length);
            layer = below;
        }
        numbers.retain(|number| u64::from(*number) < upto);
        Ok(DataPages { numbers, upto })
    }
}
