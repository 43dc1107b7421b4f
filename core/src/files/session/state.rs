//! What a session knows: the file as it is committed, and what was written since.
//!
//! Always holds: `kept <= committed.size`, `kept <= size`, and no range is written at or behind `size`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::budget::Charge;
use super::dirty::{DirtyPage, Source};
use super::outgoing::Outgoing;
use crate::content::RunningMd5;
use crate::limits::{MAPPED_PAGE_BYTES, SESSION_OWN_BYTES};
use crate::metadata::keys::Id;
use crate::metadata::records::{ContentRef, NodeRecord};
use crate::types::ByteRange;

/// The file as the index has it.
#[derive(Clone)]
pub(in crate::files) struct Committed {
    pub(in crate::files) size: u64,
    pub(in crate::files) content: ContentRef,
    /// It is written into, and nobody else has it: the location of its blobs.
    pub(super) in_place: Option<String>,
    /// Contents that lie over each other.
    pub(super) depth: usize,
    pub(super) next_slot: u32,
}

/// The content that the written bytes go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    InPlace(Id),
    New(Id),
}

impl Target {
    pub(super) fn id(self) -> Id {
        match self {
            Self::InPlace(id) | Self::New(id) => id,
        }
    }
}

pub(in crate::files) struct State {
    pub(in crate::files) committed: Committed,
    /// How many bytes of the committed content still count.
    pub(super) kept: u64,
    pub(in crate::files) size: u64,
    /// The least size that the file has had since the committed state: no commit on the way to the present one makes it shorter.
    pub(super) lowest: u64,
    pub(super) pages: BTreeMap<u32, DirtyPage>,
    /// There is something to be committed; and bytes, or how many they are, are among it.
    pub(super) dirty: bool,
    pub(super) altered: bool,
    /// Of a file that was written from its beginning to its end so far.
    pub(super) md5: Option<RunningMd5>,
    pub(super) target: Option<Target>,
    /// Whole pages that wait to be stored.
    pub(super) queue: VecDeque<Arc<Outgoing>>,
    /// All that counts of the committed content is written anew: nothing is to lie below any more.
    pub(super) flattened: bool,
    /// Pages to be written as one.
    pub(super) crowded: BTreeSet<u32>,
    /// Since when it could not be published while nobody waited for that.
    pub(super) failing_since: Option<Instant>,
    pub(super) key: String,
    charge: Charge,
    cost: usize,
}

/// Where a part of what a file shows comes from.
pub(crate) enum Part {
    Bytes(Bytes),
    Zeros(u64),
    /// Of a blob to be.
    Out(Arc<dyn Readable>, u32, u32),
    /// Of the committed content.
    Committed(ByteRange),
}

/// What can be read later, without the session's lock.
pub(crate) trait Readable: Send + Sync {
    fn read_part(&self, at: u32, length: u32) -> futures::future::BoxFuture<'_, crate::error::Result<Vec<Bytes>>>;
}

impl Readable for Outgoing {
    fn read_part(&self, at: u32, length: u32) -> futures::future::BoxFuture<'_, crate::error::Result<Vec<Bytes>>> {
        Box::pin(self.read(at, length))
    }
}

/// The page that holds a byte, and where in it.
pub(super) fn place(offset: u64) -> (u32, u32) {
    let page = u32::try_from(offset / MAPPED_PAGE_BYTES).unwrap_or(u32::MAX);
    (page, u32::try_from(offset % MAPPED_PAGE_BYTES).unwrap_or(0))
}

/// The first byte of a page.
pub(super) fn start_of(page: u32) -> u64 {
    u64::from(page) * MAPPED_PAGE_BYTES
}

impl State {
    pub(super) fn new(record: &NodeRecord, committed: Committed, charge: Charge) -> Self {
        let mut state = Self {
            kept: committed.size,
            size: committed.size,
            lowest: committed.size,
            md5: (committed.size == 0).then(RunningMd5::new),
            committed,
            pages: BTreeMap::new(),
            dirty: false,
            altered: false,
            target: None,
            queue: VecDeque::new(),
            flattened: false,
            crowded: BTreeSet::new(),
            failing_since: None,
            key: String::from_utf8_lossy(&record.home.name).into_owned(),
            charge,
            cost: 0,
        };
        state.account();
        state
    }

    /// Charges all that it takes by now.
    fn account(&mut self) {
        let hashed_later = self.md5.as_ref().map_or(0, RunningMd5::waiting_bytes);
        self.charge.set(SESSION_OWN_BYTES + self.cost + hashed_later);
    }

    pub(in crate::files) fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// The content that what waits will be named by, where that is known.
    pub(in crate::files) fn target(&self) -> Option<Id> {
        self.target.map(Target::id)
    }

    /// Changes one page, and what is charged for it.
    pub(super) fn change(&mut self, page: u32, change: impl FnOnce(&mut DirtyPage)) {
        let entry = self.pages.entry(page).or_default();
        let before = entry.cost();
        change(entry);
        let after = entry.cost();
        if entry.ranges.is_empty() {
            self.pages.remove(&page);
        }
        self.cost = self.cost + after - before;
        self.account();
    }

    /// Forgets what was written to a page.
    pub(super) fn forget(&mut self, page: u32) {
        if let Some(gone) = self.pages.remove(&page) {
            self.cost -= gone.cost();
            self.account();
        }
    }

    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        let (mut offset, mut bytes) = (offset, bytes);
        while !bytes.is_empty() {
            let (page, at) = place(offset);
            let room = usize::try_from(MAPPED_PAGE_BYTES - u64::from(at)).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.change(page, |page| page.write(at, now));
            offset += now.len() as u64;
            bytes = later;
        }
        self.size = self.size.max(offset);
        self.altered();
    }

    /// A range of a page reads as zeros. `covers`: what is committed of the page may show otherwise.
    pub(super) fn zero(&mut self, page: u32, range: Range<u32>, covers: bool) {
        self.change(page, |page| match covers {
            true => page.zero(range.start, range.end - range.start),
            false => page.clear(range),
        });
        self.md5 = None;
        self.altered();
    }

    /// Nothing is left behind `size` of what is shown, and no more is shown.
    pub(super) fn cut(&mut self, size: u64) {
        let (page, at) = place(size);
        let gone: Vec<u32> = self.pages.range(page..).map(|(number, _)| *number).collect();
        for number in gone {
            match number == page && at > 0 {
                true => self.change(number, |page| page.clear(at..u32::MAX)),
                false => self.forget(number),
            }
        }
        self.crowded.retain(|number| start_of(*number) < size);
        match self.kept.min(size) {
            0 => self.keep_nothing(),
            kept => self.kept = kept,
        }
    }

    /// Nothing of what is committed counts any more.
    pub(super) fn keep_nothing(&mut self) {
        self.kept = 0;
        // What is written from here on may go to a content of its own.
        self.target = self.target.filter(|target| matches!(target, Target::New(_)));
    }

    pub(super) fn resize(&mut self, size: u64) {
        if size == self.size {
            self.dirty = true;
            return;
        }
        if size < self.size {
            self.cut(size);
            self.lowest = self.lowest.min(size);
        }
        self.size = size;
        self.md5 = (size == 0).then(RunningMd5::new);
        self.altered();
    }

    /// The least size of a state on the way from the committed one to the present one.
    pub(super) fn least_on_the_way(&self) -> u64 {
        self.lowest.min(self.committed.size)
    }

    /// All that was written is committed.
    pub(super) fn is_committed(&mut self) {
        self.lowest = self.size;
        (self.dirty, self.altered) = (false, false);
    }

    pub(super) fn altered(&mut self) {
        self.dirty = true;
        self.altered = true;
    }

    /// Gives up all that is not committed.
    pub(super) fn discard(&mut self) {
        self.pages.clear();
        self.queue.clear();
        self.crowded.clear();
        self.flattened = false;
        self.cost = 0;
        self.kept = self.committed.size;
        self.size = self.committed.size;
        self.is_committed();
        self.md5 = None;
        self.target = None;
        self.failing_since = None;
        self.account();
    }

    /// What shows in a range, in order. The range lies within the size.
    pub(in crate::files) fn parts(&self, range: ByteRange) -> Vec<Part> {
        let end = range.offset + range.length;
        let mut parts = Vec::new();
        let mut at = range.offset;
        let (first, _) = place(range.offset);
        let (last, _) = place(end.saturating_sub(1));
        for (number, page) in self.pages.range(first..=last) {
            for written in &page.ranges {
                let start = start_of(*number) + u64::from(written.at);
                let stop = start + u64::from(written.source.length());
                let (from, to) = (start.max(at), stop.min(end));
                if from >= to {
                    continue;
                }
                self.below(at, from, &mut parts);
                let (skip, length) = (from - start, to - from);
                let within = u32::try_from(skip).unwrap_or(0);
                parts.push(match &written.source {
                    Source::Data(bytes) => {
                        let skip = within as usize;
                        let length = usize::try_from(length).unwrap_or(0);
                        Part::Bytes(Bytes::copy_from_slice(&bytes[skip..skip + length]))
                    }
                    Source::Zeros(_) => Part::Zeros(length),
                    Source::Out { out, at, .. } => {
                        Part::Out(Arc::clone(out) as Arc<dyn Readable>, at + within, u32::try_from(length).unwrap_or(0))
                    }
                });
                at = to;
            }
        }
        self.below(at, end, &mut parts);
        parts
    }

    /// What shows where nothing is written.
    fn below(&self, from: u64, to: u64, parts: &mut Vec<Part>) {
        let kept = to.min(self.kept).max(from);
        if kept > from {
            parts.push(Part::Committed(ByteRange { offset: from, length: kept - from }));
        }
        if to > kept {
            parts.push(Part::Zeros(to - kept));
        }
    }
}
