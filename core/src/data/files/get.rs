//! A blob on its way out.
//!
//! Always holds: a byte leaves here only after the check of its whole block was compared. Each chunk is at most
//! [`DISK_HOP_BYTES`] long and is cut out of the buffer it was read into; while one is being sent, the next is read, and no more.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;

use super::metrics::add;
use super::place::Place;
use super::record::{self, Found};
use super::shared::Shared;
use super::syscalls;
use crate::data::blocks::{CHECK_BYTES, verify};
use crate::data::disk_pool::Pending;
use crate::data::{ByteStream, DataError};
use crate::limits::{BLOCK_BYTES, DISK_HOP_BYTES, INLINE_READ_BYTES_MAX, TABLE_SLICE_BLOCKS};
use crate::types::ByteRange;

const BLOCK: u64 = BLOCK_BYTES as u64;
const HOP: u64 = DISK_HOP_BYTES as u64;

/// Part of a table: the checks from block `first` on.
#[derive(Clone)]
struct Slice {
    first: u64,
    checks: Bytes,
}

/// Whole blocks to be read at once, and what of them is wanted.
#[derive(Clone, Copy, Debug)]
struct Hop {
    place: Place,
    /// Bytes of content, from the first block's start to the last block's end.
    begin: u64,
    end: u64,
    wanted: ByteRange,
}

type Reading = Pending<Result<(Bytes, Option<Slice>), DataError>>;

struct Reader {
    shared: Arc<Shared>,
    place: Place,
    /// What is still to be asked for.
    next: ByteRange,
    slice: Option<Slice>,
    ahead: Option<Reading>,
}

pub fn get(shared: &Arc<Shared>, place: Place, range: ByteRange) -> ByteStream {
    let inside = range.offset.checked_add(range.length).is_some_and(|end| end <= place.length);
    if !inside {
        let message = format!("a range beyond the blob's {} bytes was asked for", place.length);
        return stream::iter([Err(DataError::Failed(message))]).boxed();
    }
    let shared = shared.clone();
    if range.length == 0 {
        return stream::once(async move { exists(&shared, place).await.map(|()| Bytes::new()) }).boxed();
    }
    let reader = Reader { shared, place, next: range, slice: None, ahead: None };
    stream::unfold(Some(reader), |reader| async move {
        let mut reader = reader?;
        match reader.step().await {
            Ok(Some(bytes)) => Some((Ok(bytes), Some(reader))),
            Ok(None) => None,
            Err(error) => {
                if let DataError::Corrupt(reason) = &error {
                    add(&reader.shared.metrics.corrupt_reads_total, 1);
                    tracing::error!("{reason}");
                }
                Some((Err(error), None))
            }
        }
    })
    .boxed()
}

impl Reader {
    async fn step(&mut self) -> Result<Option<Bytes>, DataError> {
        let reading = match self.ahead.take() {
            Some(reading) => reading,
            None => match self.take_hop() {
                None => return Ok(None),
                Some(hop) => match self.read_inline(hop) {
                    Some(bytes) => return Ok(Some(bytes)),
                    None => self.start(hop).await?,
                },
            },
        };
        let (bytes, slice) = reading.await??;
        if slice.is_some() {
            self.slice = slice;
        }
        if let Some(hop) = self.take_hop() {
            self.ahead = Some(self.start(hop).await?);
        }
        Ok(Some(bytes))
    }

    /// Cuts the next hop off what is still to be read. Hops end where a multiple of [`DISK_HOP_BYTES`] of the blob ends.
    fn take_hop(&mut self) -> Option<Hop> {
        if self.next.length == 0 {
            return None;
        }
        let offset = self.next.offset;
        let length = self.next.length.min(HOP - offset % HOP);
        self.next = ByteRange { offset: offset + length, length: self.next.length - length };
        let end = (offset + length).next_multiple_of(BLOCK).min(self.place.length);
        Some(Hop { place: self.place, begin: offset - offset % BLOCK, end, wanted: ByteRange { offset, length } })
    }

    /// Reads on this thread what the page cache holds, where that is little. Whatever is amiss, the disk thread meets again.
    fn read_inline(&self, hop: Hop) -> Option<Bytes> {
        let at = hop.one_read()?;
        let length = usize::try_from(at.length).ok().filter(|length| *length <= INLINE_READ_BYTES_MAX)?;
        let file = self.shared.descriptors.cached(self.place.id.file)?;
        let mut buffer = Vec::new();
        if !self.shared.kernel.read_nowait(file.as_fd(), &mut buffer, length, at.offset) {
            return None;
        }
        let bytes = hop.cut_verified(Bytes::from(buffer))?;
        add(&self.shared.metrics.inline_reads_total, 1);
        Some(bytes)
    }

    async fn start(&self, hop: Hop) -> Result<Reading, DataError> {
        let (shared, slice) = (self.shared.clone(), self.slice.clone());
        self.shared.reads.submit(move || hop.read(&shared, slice)).await
    }
}

impl Hop {
    fn first_block(self) -> u64 {
        self.begin / BLOCK
    }

    fn data_bytes(self) -> u64 {
        self.end - self.begin
    }

    /// Where blocks and checks lie close together, the range of the file that holds both.
    fn one_read(self) -> Option<ByteRange> {
        let end = record::table_at(self.place.length) + record::table_bytes(self.place.length);
        let begin = record::HEADER_BYTES + self.begin;
        (end - begin <= HOP + BLOCK && end - begin <= 2 * self.data_bytes() + BLOCK)
            .then_some(ByteRange { offset: self.place.id.offset + begin, length: end - begin })
    }

    /// What is wanted of a buffer that [`Hop::one_read`] filled, if all blocks of the hop are right.
    fn cut_verified(self, buffer: Bytes) -> Option<Bytes> {
        let table = usize::try_from(self.place.length - self.begin).ok()?;
        let table = table + usize::try_from(self.first_block()).ok()? * CHECK_BYTES;
        let data = buffer.get(..usize::try_from(self.data_bytes()).ok()?)?;
        verify(self.place.id.binding(), data, self.first_block(), buffer.get(table..)?).ok()?;
        self.cut(&buffer)
    }

    /// What is wanted of a buffer that begins with the hop's first block.
    fn cut(self, buffer: &Bytes) -> Option<Bytes> {
        let begin = usize::try_from(self.wanted.offset - self.begin).ok()?;
        let end = begin + usize::try_from(self.wanted.length).ok()?;
        (end <= buffer.len()).then(|| buffer.slice(begin..end))
    }

    /// On a disk thread: reads and verifies. Gives the part of the table that was fetched for this and later hops.
    fn read(self, shared: &Shared, slice: Option<Slice>) -> Result<(Bytes, Option<Slice>), DataError> {
        add(&shared.metrics.hop_reads_total, 1);
        let file = open(shared, self.place)?;
        if let Some(at) = self.one_read() {
            let buffer = read_range(&file, at.offset, at.length)?;
            return match self.cut_verified(buffer) {
                Some(bytes) => Ok((bytes, None)),
                None => Err(diagnose(&file, self.place, self.first_block())),
            };
        }
        let (slice, fetched) = match slice.filter(|slice| slice.covers(self)) {
            Some(slice) => (slice, None),
            None => {
                let slice = Slice::fetch(&file, self)?;
                (slice.clone(), Some(slice))
            }
        };
        let data = read_range(&file, self.place.id.offset + record::HEADER_BYTES + self.begin, self.data_bytes())?;
        let whole = data.len() as u64 == self.data_bytes();
        let checks = slice.checks_from(self.first_block());
        match verify(self.place.id.binding(), &data, self.first_block(), checks) {
            Ok(()) if whole => self.cut(&data).map(|bytes| (bytes, fetched)).ok_or_else(|| torn(self.place)),
            Ok(()) => Err(diagnose(&file, self.place, self.first_block())),
            Err(block) => Err(diagnose(&file, self.place, block)),
        }
    }
}

impl Slice {
    fn fetch(file: &File, hop: Hop) -> Result<Self, DataError> {
        let first = hop.first_block() - hop.first_block() % TABLE_SLICE_BLOCKS;
        let at = first * CHECK_BYTES as u64;
        let length = (record::table_bytes(hop.place.length) - at).min(TABLE_SLICE_BLOCKS * CHECK_BYTES as u64);
        let checks = read_range(file, hop.place.id.offset + record::table_at(hop.place.length) + at, length)?;
        Ok(Self { first, checks })
    }

    fn covers(&self, hop: Hop) -> bool {
        hop.first_block() - hop.first_block() % TABLE_SLICE_BLOCKS == self.first
    }

    fn checks_from(&self, block: u64) -> &[u8] {
        let at = usize::try_from((block - self.first) * CHECK_BYTES as u64).unwrap_or(usize::MAX);
        self.checks.get(at..).unwrap_or_default()
    }
}

fn open(shared: &Shared, place: Place) -> Result<Arc<File>, DataError> {
    shared.descriptors.open(&shared.root, place.id.file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => DataError::NotFound,
        _ => error.into(),
    })
}

fn read_range(file: &File, offset: u64, length: u64) -> Result<Bytes, DataError> {
    let length = usize::try_from(length).map_err(|_| DataError::Failed("a read of more than memory".into()))?;
    let mut buffer = Vec::new();
    syscalls::read_at(file, &mut buffer, length, offset).map_err(syscalls::read_error)?;
    Ok(buffer.into())
}

/// Why the bytes at a place are not the blob's: it was deleted, or it is damaged.
fn diagnose(file: &File, place: Place, block: u64) -> DataError {
    match read_range(file, place.id.offset, record::HEADER_BYTES) {
        Err(error) => error,
        Ok(header) => match record::classify(&header, place.id) {
            Found::Nothing => DataError::NotFound,
            Found::Record(header) if header.deleted => DataError::NotFound,
            _ => DataError::Corrupt(format!(
                "block {block} of the blob at offset {} of {} is not what was written",
                place.id.offset,
                place.id.file.name()
            )),
        },
    }
}

fn torn(place: Place) -> DataError {
    DataError::Corrupt(format!("the blob at offset {} of {} is cut short", place.id.offset, place.id.file.name()))
}

/// Whether a blob is there, for a read of none of its bytes.
async fn exists(shared: &Arc<Shared>, place: Place) -> Result<(), DataError> {
    let job = shared.clone();
    let checked = shared.reads.run(move || {
        let file = open(&job, place)?;
        let at = place.id.offset + record::table_at(place.length);
        let tail = read_range(&file, at, record::table_bytes(place.length) + record::TRAILER_BYTES)?;
        if record::tail_is_whole(place, &tail) { Ok(()) } else { Err(diagnose(&file, place, 0)) }
    });
    checked.await?
}
