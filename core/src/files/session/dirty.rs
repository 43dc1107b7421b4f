//! The written ranges of one page.
//!
//! Always holds: ranges are sorted and apart. Bytes that follow each other are one range; what is written over is gone.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::outgoing::Outgoing;
use crate::limits::{BLOCK_BYTES, SESSION_RANGE_BYTES};

#[derive(Clone)]
pub(super) enum Source {
    Data(BytesMut),
    Zeros(u32),
    /// Part of a blob that is being stored, or is.
    Out {
        out: Arc<Outgoing>,
        at: u32,
        length: u32,
    },
}

pub(super) struct Written {
    pub(super) at: u32,
    pub(super) source: Source,
}

#[derive(Default)]
pub(super) struct DirtyPage {
    pub(super) ranges: Vec<Written>,
}

fn length_of(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

impl Source {
    pub(super) fn length(&self) -> u32 {
        match self {
            Self::Data(bytes) => length_of(bytes),
            Self::Zeros(length) | Self::Out { length, .. } => *length,
        }
    }

    /// The part between two distances from its beginning.
    fn part(&self, from: u32, to: u32) -> Source {
        match self {
            Self::Data(bytes) => Self::Data(BytesMut::from(&bytes[from as usize..to as usize])),
            Self::Zeros(_) => Self::Zeros(to - from),
            Self::Out { out, at, .. } => Self::Out { out: Arc::clone(out), at: at + from, length: to - from },
        }
    }
}

impl Written {
    pub(super) fn end(&self) -> u32 {
        self.at + self.source.length()
    }
}

impl DirtyPage {
    /// Bytes go over what is there.
    pub(super) fn write(&mut self, at: u32, bytes: &[u8]) {
        let end = at + length_of(bytes);
        let first = self.ranges.partition_point(|range| range.end() < at);
        if let Some(Written { at: start, source: Source::Data(data) }) = self.ranges.get_mut(first)
            && *start <= at
        {
            let from = (at - *start) as usize;
            let within = bytes.len().min(data.len() - from);
            data[from..from + within].copy_from_slice(&bytes[..within]);
            if within == bytes.len() {
                return;
            }
            // What follows gives way to what is added.
            let (tail, grown_from) = (&bytes[within..], at + length_of(&bytes[..within]));
            self.clear(grown_from..end);
            if let Some(Written { source: Source::Data(data), .. }) = self.ranges.get_mut(first) {
                data.extend_from_slice(tail);
            }
            return;
        }
        self.put(at, Source::Data(BytesMut::from(bytes)));
    }

    pub(super) fn zero(&mut self, at: u32, length: u32) {
        self.put(at, Source::Zeros(length));
    }

    /// The source goes over what is there.
    fn put(&mut self, at: u32, source: Source) {
        if source.length() == 0 {
            return;
        }
        self.clear(at..at + source.length());
        let place = self.ranges.partition_point(|range| range.at < at);
        self.ranges.insert(place, Written { at, source });
    }

    /// Nothing is written there any more.
    pub(super) fn clear(&mut self, gone: Range<u32>) {
        if gone.is_empty() {
            return;
        }
        let first = self.ranges.partition_point(|range| range.end() <= gone.start);
        let last = self.ranges.partition_point(|range| range.at < gone.end);
        if first >= last {
            return;
        }
        let mut stay = Vec::new();
        for range in &self.ranges[first..last] {
            if range.at < gone.start {
                stay.push(Written { at: range.at, source: range.source.part(0, gone.start - range.at) });
            }
            if range.end() > gone.end {
                let part = range.source.part(gone.end - range.at, range.source.length());
                stay.push(Written { at: gone.end, source: part });
            }
        }
        self.ranges.splice(first..last, stay);
    }

    /// The ranges before `end` that nothing is written to.
    pub(super) fn gaps(&self, end: u32) -> Vec<Range<u32>> {
        let mut gaps = Vec::new();
        let mut from = 0;
        for range in &self.ranges {
            if range.at >= end {
                break;
            }
            if range.at > from {
                gaps.push(from..range.at);
            }
            from = range.end();
        }
        if from < end {
            gaps.push(from..end);
        }
        gaps
    }

    /// Puts `bytes`, which begin at the page's first byte, where nothing was written. Blocks of zeros take no room.
    pub(super) fn fill(&mut self, bytes: &[u8]) {
        for gap in self.gaps(length_of(bytes)) {
            let (mut from, end) = (gap.start as usize, gap.end as usize);
            let block_end = |from: usize| ((from / BLOCK_BYTES + 1) * BLOCK_BYTES).min(end);
            let is_zeros = |from: usize| bytes[from..block_end(from)].iter().all(|byte| *byte == 0);
            while from < end {
                let (zeros, mut to) = (is_zeros(from), block_end(from));
                while to < end && is_zeros(to) == zeros {
                    to = block_end(to);
                }
                let (at, run) = (length_of(&bytes[..from]), &bytes[from..to]);
                match zeros {
                    true => self.zero(at, length_of(run)),
                    false => self.write(at, run),
                }
                from = to;
            }
        }
    }

    /// Bytes that are neither stored nor being stored.
    pub(super) fn data_bytes(&self) -> usize {
        let data = self.ranges.iter().map(|range| match &range.source {
            Source::Data(bytes) => bytes.len(),
            _ => 0,
        });
        data.sum()
    }

    /// Memory that it takes.
    pub(super) fn cost(&self) -> usize {
        self.data_bytes() + self.ranges.len() * SESSION_RANGE_BYTES
    }

    /// All bytes that wait, one behind the other.
    pub(super) fn gathered(&self) -> Bytes {
        let mut gathered = BytesMut::with_capacity(self.data_bytes());
        for range in &self.ranges {
            if let Source::Data(bytes) = &range.source {
                gathered.extend_from_slice(bytes);
            }
        }
        gathered.freeze()
    }

    /// Makes of all bytes that wait parts of `out`, which was made of [`DirtyPage::gathered`].
    pub(super) fn send(&mut self, out: &Arc<Outgoing>) {
        let mut sent = 0;
        for range in &mut self.ranges {
            if let Source::Data(bytes) = &range.source {
                let length = length_of(bytes);
                range.source = Source::Out { out: Arc::clone(out), at: sent, length };
                sent += length;
            }
        }
    }

    /// The same bytes are in another blob.
    pub(super) fn replace(&mut self, old: &Arc<Outgoing>, new: &Arc<Outgoing>) {
        for range in &mut self.ranges {
            if let Source::Out { out, .. } = &mut range.source
                && Arc::ptr_eq(out, old)
            {
                *out = Arc::clone(new);
            }
        }
    }

    /// The blobs to be, each once or several times.
    pub(super) fn outs(&self) -> impl Iterator<Item = &Arc<Outgoing>> {
        self.ranges.iter().filter_map(|range| match &range.source {
            Source::Out { out, .. } => Some(out),
            _ => None,
        })
    }
}
