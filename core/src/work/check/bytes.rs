//! Every byte that a name leads to is read and verified.
//!
//! Always holds: a problem is told only if it is still there when it is looked at again: a running store may have removed the
//! content meanwhile. Damage, of bytes or of the records that lead to them, is a problem and never the check's end.

use std::collections::HashMap;

use futures::StreamExt;

use super::names::Used;
use super::{Progress, Report};
use crate::content::mapped::{blobs as blobs_of, slots as slots_of};
use crate::content::{Extent, open_inline};
use crate::error::{Error, Result};
use crate::limits::{MAPPED_PAGE_BYTES, PARTS_PER_INDEX_ENTRY};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{
    Base, ContentRecord, ContentRef, Layout, MappedPage, NodeRecord, PartRecord, PieceSource, Record, UploadRecord,
};
use crate::metadata::{ReadError, Snapshot, Table};
use crate::objects::ObjectService;
use crate::types::ByteRange;

pub async fn verify(service: &ObjectService, used: &Used, report: &mut Report, progress: &Progress) -> Result<()> {
    for &node in &used.inline {
        let at = [(Table::Inline, keys::inline(node, 0)), (Table::Index, keys::node(node))];
        let mut values = match service.store().get_many(&at).await.map_err(Error::from) {
            Ok((_, values)) => values,
            Err(error @ Error::Corrupt(_)) => {
                report.problem("damaged_bytes", format!("node {node}: {error}"));
                continue;
            }
            Err(error) => return Err(error),
        };
        // It may have been written to meanwhile, and have its bytes elsewhere or none.
        let still = match values.pop().flatten().map(|record| NodeRecord::decode(&record)) {
            Some(Ok(record)) => record.content == ContentRef::Inline,
            Some(Err(error)) => {
                report.problem("damaged_record", format!("node {node}: {error}"));
                continue;
            }
            None => false,
        };
        match values.pop().flatten().map(|sealed| open_inline(node, 0, sealed)) {
            Some(Ok(bytes)) => count(report, progress, bytes.len() as u64),
            Some(Err(error)) => report.problem("damaged_bytes", format!("node {node}: {error}")),
            None if still => report.problem("missing_bytes", format!("node {node} has no inline bytes")),
            None => {}
        }
    }
    for &content in used.contents.keys() {
        // From here to the end of its reading, what is there stays.
        let _pin = service.inner.pins.pin(content);
        let record = match read_content(service, content).await {
            Ok(Some(record)) => record,
            Ok(None) => continue,
            Err(error @ Error::Corrupt(_)) => {
                report.problem("damaged_record", format!("content {content}: {error}"));
                continue;
            }
            Err(error) => return Err(error),
        };
        report.contents += 1;
        match &record.layout {
            Layout::Extents(extents) => {
                blobs(service, &record.location, extents, record.size, content, report, progress).await?;
            }
            Layout::Mapped { base, .. } => {
                mapped(service, content, &record, *base, report, progress).await?;
            }
            Layout::Parts { .. } => {
                let size = parts(service, &record.location, content, report, progress).await?;
                if size.is_some_and(|size| size != record.size) && read_content(service, content).await?.is_some() {
                    report.problem(
                        "wrong_size",
                        format!("the parts of content {content} have {size:?} bytes of {}", record.size),
                    );
                }
            }
        }
    }
    let snapshot = service.store().snapshot()?;
    uploads(service, &*snapshot, used, report, progress).await
}

async fn read_content(service: &ObjectService, content: Id) -> Result<Option<ContentRecord>> {
    let (_, values) = service.store().get_many(&[(Table::Index, keys::content(content))]).await?;
    Ok(values[0].as_deref().map(ContentRecord::decode).transpose()?)
}

fn count(report: &mut Report, progress: &Progress, bytes: u64) {
    report.bytes_verified += bytes;
    Progress::add(&progress.bytes_done, bytes);
}

async fn blobs(
    service: &ObjectService,
    location: &str,
    extents: &[Extent],
    size: u64,
    content: Id,
    report: &mut Report,
    progress: &Progress,
) -> Result<()> {
    let total: u64 = extents.iter().map(|extent| extent.length).sum();
    if total != size {
        report.problem("wrong_size", format!("the extents of content {content} have {total} bytes of {size}"));
    }
    for extent in extents {
        if let Err(error) = blob(service, location, extent, report, progress).await {
            report.problem("damaged_bytes", format!("content {content}: {error}"));
        }
    }
    Ok(())
}

async fn blob(
    service: &ObjectService,
    location: &str,
    extent: &Extent,
    report: &mut Report,
    progress: &Progress,
) -> Result<()> {
    let store = &service.location(location)?.store;
    let mut bytes = store.get(&extent.locator, extent.length, ByteRange { offset: 0, length: extent.length });
    let mut read = 0;
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(|error| Error::Corrupt(error.to_string()))?;
        read += chunk.len() as u64;
        count(report, progress, chunk.len() as u64);
    }
    if read != extent.length {
        return Err(Error::Corrupt(format!("a blob gave {read} bytes of {}", extent.length)));
    }
    // A read of nothing looks at what stands behind the bytes, which no other read needs.
    let mut nothing = store.get(&extent.locator, extent.length, ByteRange { offset: 0, length: 0 });
    match nothing.next().await {
        Some(Err(error)) => Err(Error::Corrupt(error.to_string())),
        _ => Ok(()),
    }
}

/// Every part of a content or upload; the sum of their sizes, where all of their records can be read.
async fn parts(
    service: &ObjectService,
    location: &str,
    content: Id,
    report: &mut Report,
    progress: &Progress,
) -> Result<Option<u64>> {
    let mut size = Some(0);
    let end = keys::behind(&keys::pages(content));
    let mut start = keys::pages(content);
    loop {
        // No snapshot is held while bytes are read.
        let page = match service.store().snapshot()?.scan(&start, &end, PARTS_PER_INDEX_ENTRY, false).await {
            Ok(page) => page,
            Err(error @ ReadError::Corrupt(_)) => {
                report.problem("damaged_record", format!("the parts of content {content}: {}", Error::from(error)));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let Some((last, _)) = page.last() else { return Ok(size) };
        start = [last, &[0][..]].concat();
        for (key, value) in page {
            let (number, part) = match (keys::page_number(&key), PartRecord::decode(&value).map_err(Error::from)) {
                (Some(number), Ok(part)) => (number, part),
                (number, part) => {
                    let why = part.err().map_or_else(|| "its key can't be read".to_owned(), |error| error.to_string());
                    report.problem("damaged_record", format!("part {number:?} of content {content}: {why}"));
                    size = None;
                    continue;
                }
            };
            size = size.map(|size| size + part.size);
            if let Err(error) = part_bytes(service, location, content, number, &part, report, progress).await {
                let again = service.store().get_many(&[(Table::Index, key)]).await?.1.pop().flatten();
                if again == Some(value) {
                    report.problem("damaged_bytes", format!("part {number} of content {content}: {error}"));
                }
            }
        }
    }
}

async fn part_bytes(
    service: &ObjectService,
    location: &str,
    content: Id,
    number: u32,
    part: &PartRecord,
    report: &mut Report,
    progress: &Progress,
) -> Result<()> {
    if part.extents.is_empty() {
        let (_, mut values) = service.store().get_many(&[(Table::Inline, keys::inline(content, number))]).await?;
        let sealed = values.pop().flatten().ok_or_else(|| Error::Corrupt("it has no inline bytes".into()))?;
        count(report, progress, open_inline(content, number, sealed)?.len() as u64);
        return Ok(());
    }
    for extent in &part.extents {
        blob(service, location, extent, report, progress).await?;
    }
    Ok(())
}

/// Every page of a mapped content: each blob whole, and all inline bytes.
async fn mapped(
    service: &ObjectService,
    content: Id,
    record: &ContentRecord,
    base: Option<Base>,
    report: &mut Report,
    progress: &Progress,
) -> Result<()> {
    if let Some(base) = base
        && let Ok(Some(below)) = read_content(service, base.content).await
        && base.length > below.size
    {
        let what = format!("content {content} counts {} bytes of {} below it", base.length, below.size);
        report.problem("wrong_size", what);
    }
    let end = keys::behind(&keys::pages(content));
    let mut start = keys::pages(content);
    loop {
        let page = match service.store().snapshot()?.scan(&start, &end, PARTS_PER_INDEX_ENTRY, false).await {
            Ok(page) => page,
            Err(error @ ReadError::Corrupt(_)) => {
                report.problem("damaged_record", format!("the pages of content {content}: {}", Error::from(error)));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let Some((last, _)) = page.last() else { return Ok(()) };
        start = [last, &[0][..]].concat();
        for (key, value) in page {
            let (number, page) = match (keys::page_number(&key), MappedPage::decode(&value).map_err(Error::from)) {
                (Some(number), Ok(page)) => (number, page),
                (number, page) => {
                    let why = page.err().map_or_else(|| "its key can't be read".to_owned(), |error| error.to_string());
                    report.problem("damaged_record", format!("page {number:?} of content {content}: {why}"));
                    continue;
                }
            };
            if let Err(error) = mapped_bytes(service, content, record, number, &page, report, progress).await {
                let again = service.store().get_many(&[(Table::Index, key)]).await?.1.pop().flatten();
                if again == Some(value) {
                    report.problem("damaged_bytes", format!("page {number} of content {content}: {error}"));
                }
            }
        }
    }
}

async fn mapped_bytes(
    service: &ObjectService,
    content: Id,
    record: &ContentRecord,
    number: u32,
    page: &MappedPage,
    report: &mut Report,
    progress: &Progress,
) -> Result<()> {
    let length: u64 = page.pieces.iter().map(|piece| u64::from(piece.length)).sum();
    let end = u64::from(number) * MAPPED_PAGE_BYTES + length;
    let shown = page.pieces.iter().any(|piece| piece.source != PieceSource::Base);
    if length > MAPPED_PAGE_BYTES || shown && end > record.size {
        return Err(Error::Corrupt(format!("its pieces end at {end} of {}", record.size)));
    }
    for extent in blobs_of(&page.pieces) {
        blob(service, &record.location, &extent, report, progress).await?;
    }
    let mut sizes: HashMap<u32, u64> = HashMap::new();
    for slot in slots_of(&page.pieces) {
        let (_, mut values) = service.store().get_many(&[(Table::Inline, keys::inline(content, slot))]).await?;
        let sealed = values.pop().flatten();
        let sealed = sealed.ok_or_else(|| Error::Corrupt(format!("slot {slot} has no inline bytes")))?;
        let size = open_inline(content, slot, sealed)?.len() as u64;
        count(report, progress, size);
        sizes.insert(slot, size);
    }
    for piece in &page.pieces {
        let (at, of) = match &piece.source {
            PieceSource::Blob { extent, at } => (*at, extent.length),
            PieceSource::Inline { slot, at } => (*at, sizes.get(slot).copied().unwrap_or(0)),
            PieceSource::Zeros | PieceSource::Base => continue,
        };
        if u64::from(at) + u64::from(piece.length) > of {
            return Err(Error::Corrupt("a piece ends behind what it is of".into()));
        }
    }
    Ok(())
}

async fn uploads(
    service: &ObjectService,
    snapshot: &dyn Snapshot,
    used: &Used,
    report: &mut Report,
    progress: &Progress,
) -> Result<()> {
    let (mut found, mut damaged) = (Vec::new(), Vec::new());
    crate::work::scan::each(snapshot, b"U", async |key, value| {
        if let Some((_, _, content)) = keys::upload_parts(&key)
            && used.uploads.contains(&content)
        {
            match UploadRecord::decode(&value) {
                Ok(upload) => found.push((content, upload.location)),
                Err(error) => damaged.push(format!("the upload of content {content}: {error}")),
            }
        }
        Ok(())
    })
    .await?
    .tell(report, "the uploads");
    for what in damaged {
        report.problem("damaged_record", what);
    }
    for (content, location) in found {
        let _pin = service.inner.pins.pin(content);
        parts(service, &location, content, report, progress).await?;
    }
    Ok(())
}
