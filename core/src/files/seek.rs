//! Where there is data, and where there are holes (lseek(2), SEEK_DATA and SEEK_HOLE).
//!
//! Always holds: what is called a hole reads as zeros. What was written is published first: so the index alone tells.

use std::collections::BTreeMap;

use super::{FileError, FileService, Seek, View};
use crate::content::mapped::pieces_of;
use crate::error::{Error, Result};
use crate::limits::{MAPPED_PAGE_BYTES, SEEK_FETCH_PAGES, TRANSACTION_ATTEMPTS_MAX};
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRecord, ContentRef, Layout, MappedPage, PieceSource, Record};
use crate::objects::mapped::{mapped_page, page_number};

/// Pages of a content from a number on.
struct Pages {
    found: BTreeMap<u32, MappedPage>,
    /// Up to which number all are here.
    upto: u64,
}

impl FileService {
    /// The first byte of data, or of a hole, at or behind `offset`. The end of the file counts as a hole.
    ///
    /// # Errors
    /// `NothingBehind` where the file ends before, or has no data there.
    pub async fn seek(&self, view: &View, node: Id, what: Seek, offset: u64) -> Result<u64> {
        self.publish(view, node).await?;
        for _ in 0..TRANSACTION_ATTEMPTS_MAX {
            let record = self.node(node).await?;
            if offset >= record.size {
                return Err(FileError::NothingBehind.into());
            }
            let whole = match what {
                Seek::Data => offset,
                Seek::Hole => record.size,
            };
            let ContentRef::Shared(id) = record.content else { return Ok(whole) };
            let _pin = self.inner.objects.inner.pins.pin(id);
            let store = self.inner.objects.store();
            let (_, values) = store.get_many(&[(Table::Index, keys::content(id))]).await?;
            let Some(content) = values[0].as_ref().map(|value| ContentRecord::decode(value)).transpose()? else {
                continue;
            };
            let Layout::Mapped { base, .. } = content.layout else { return Ok(whole) };
            return self.seek_mapped(id, record.size, base.map(|base| base.length), what, offset).await;
        }
        Err(Error::Unavailable("the file changes faster than it can be read; try again".into()))
    }

    async fn seek_mapped(&self, id: Id, size: u64, base: Option<u64>, what: Seek, offset: u64) -> Result<u64> {
        let counts = base.unwrap_or(0);
        let is_data = |source: &PieceSource, at: u64| match source {
            PieceSource::Zeros => false,
            PieceSource::Base => at < counts,
            PieceSource::Blob { .. } | PieceSource::Inline { .. } => true,
        };
        let mut at = offset;
        let mut pages = Pages { found: BTreeMap::new(), upto: 0 };
        while at < size {
            let number = page_number(at)?;
            if u64::from(number) >= pages.upto {
                pages = self.pages_from(id, number).await?;
            }
            let start = u64::from(number) * MAPPED_PAGE_BYTES;
            if let Some(page) = pages.found.get(&number) {
                let mut from = start;
                for piece in pieces_of(Some(page), base.is_some()) {
                    let mut end = from + u64::from(piece.length);
                    // A piece of the base may end before itself.
                    if piece.source == PieceSource::Base && (from..end).contains(&counts) && at < counts {
                        end = counts;
                    }
                    if end > at.max(from) && is_data(&piece.source, at.max(from)) == (what == Seek::Data) {
                        return found(at.max(from), size, what);
                    }
                    if end < from + u64::from(piece.length) && what == Seek::Hole {
                        return found(end.max(at), size, what);
                    }
                    from += u64::from(piece.length);
                }
                at = start + MAPPED_PAGE_BYTES;
                continue;
            }
            // No record: the base as far as it counts, then a hole, up to the next page with one.
            let next = pages.found.range(number..).next().map_or(pages.upto, |(next, _)| u64::from(*next));
            let next = next.saturating_mul(MAPPED_PAGE_BYTES).min(size);
            match what {
                Seek::Data if at < counts => return Ok(at),
                Seek::Hole if at >= counts => return Ok(at),
                Seek::Data => at = next,
                Seek::Hole => at = next.min(counts),
            }
        }
        found(size, size, what)
    }

    async fn pages_from(&self, id: Id, first: u32) -> Result<Pages> {
        let (start, end) = (keys::page(id, first), keys::behind(&keys::pages(id)));
        let found = self.inner.objects.store().snapshot()?.scan(&start, &end, SEEK_FETCH_PAGES, false).await?;
        let mut pages = Pages { found: BTreeMap::new(), upto: u64::from(u32::MAX) + 1 };
        let full = found.len() == SEEK_FETCH_PAGES;
        for (key, value) in &found {
            let number = keys::page_number(key);
            let number = number.ok_or_else(|| crate::content::corrupt("a page's key can't be read".into()))?;
            if let Some(page) = mapped_page(id, Some(value))? {
                pages.found.insert(number, page);
            }
            if full {
                pages.upto = u64::from(number) + 1;
            }
        }
        Ok(pages)
    }
}

fn found(at: u64, size: u64, what: Seek) -> Result<u64> {
    match what {
        Seek::Data if at >= size => Err(FileError::NothingBehind.into()),
        _ => Ok(at.min(size)),
    }
}
