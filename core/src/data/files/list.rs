//! Every blob of a store, found in its files.
//!
//! Always holds: a blob whose header is undamaged is shown, whole or not: one that a crash tore has no name, and the sweep that
//! removes what has no name removes it. Where bytes of an earlier start are no header, they are shown as a remnant; what a device
//! can't read is an error in its place; and the walk goes on behind both. Of this start, a put that is under way is not shown, nor
//! are bytes that are no header: somebody may be writing them. Memory is bounded by one page of entries, and by the names of one
//! directory.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

use super::place::{BlobId, FILES, FileId, FileKind, VOLUMES};
use super::record::{self, Found, Header};
use super::shared::Shared;
use super::syscalls;
use crate::data::{DataError, Entry, Listed, Span};
use crate::limits::{BLOB_ALIGN_BYTES, DATA_LIST_PAGE};

type Item = Result<Entry, DataError>;

pub fn list(shared: &Arc<Shared>) -> BoxStream<'static, Item> {
    let root = shared.root.clone();
    let walk = Walk {
        shared: shared.clone(),
        todo: vec![root.join(VOLUMES), root.join(FILES)],
        files: VecDeque::new(),
        open: None,
    };
    stream::unfold(Some(walk), |walk| async move {
        let mut walk = walk?;
        let shared = walk.shared.clone();
        let page = shared
            .reads
            .run(move || {
                let (items, more) = walk.page();
                (items, more.then_some(walk))
            })
            .await;
        match page {
            Ok((items, walk)) => Some((items, walk)),
            Err(error) => Some((vec![Err(error)], None)),
        }
    })
    .flat_map(stream::iter)
    .boxed()
}

struct Walk {
    shared: Arc<Shared>,
    /// Directories still to be read.
    todo: Vec<PathBuf>,
    /// Files of the directory that was read last.
    files: VecDeque<FileId>,
    open: Option<OpenVolume>,
}

struct OpenVolume {
    id: FileId,
    file: File,
    at: u64,
    /// Bytes that are no header, and are not shown yet: there may be more of them.
    remnant: Option<(u64, u64)>,
    /// The end of the last block that the device could not read: only the first of several is shown.
    lost: Option<u64>,
}

impl Walk {
    /// A page of entries, and whether there may be more.
    fn page(&mut self) -> (Vec<Item>, bool) {
        let mut items = Vec::new();
        while items.len() < DATA_LIST_PAGE {
            match self.step(&mut items) {
                Ok(true) => {}
                Ok(false) => return (items, false),
                Err(error) => items.push(Err(syscalls::read_error(error))),
            }
        }
        (items, true)
    }

    /// Does a bounded piece of work. `false` at the end. After an error, the next step goes on behind what it concerned.
    fn step(&mut self, items: &mut Vec<Item>) -> io::Result<bool> {
        if let Some(mut volume) = self.open.take() {
            if volume.step(&self.shared, items)? {
                self.open = Some(volume);
            }
            return Ok(true);
        }
        if let Some(id) = self.files.pop_front() {
            // What was deleted since its directory was read is no error.
            let file = match File::open(id.path(&self.shared.root)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
                file => file?,
            };
            match id.kind {
                FileKind::Volume => self.open = Some(OpenVolume { id, file, at: 0, remnant: None, lost: None }),
                FileKind::Own => items.extend(own_file(&self.shared, id, &file)?),
            }
            return Ok(true);
        }
        match self.todo.pop() {
            None => Ok(false),
            Some(directory) => self.read_directory(&directory).map(|()| true),
        }
    }

    fn read_directory(&mut self, directory: &Path) -> io::Result<()> {
        let entries = match std::fs::read_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.todo.push(entry.path());
            } else if let Some(id) = entry.file_name().to_str().and_then(FileId::parse) {
                self.files.push_back(id);
            }
        }
        Ok(())
    }
}

fn own_file(shared: &Shared, id: FileId, file: &File) -> io::Result<Option<Item>> {
    match look_settled(shared, file, record::id_in(id, 0))? {
        Found::Record(header) => Ok(shown(header)),
        Found::Nothing | Found::Unreadable if id.run != shared.run => {
            Ok(Some(Ok(remnant(id, 0, file.metadata()?.len()))))
        }
        Found::Nothing | Found::Unreadable => Ok(None),
    }
}

/// What stands at a blob's place.
fn look(file: &File, id: BlobId) -> io::Result<Found> {
    let mut block = Vec::new();
    syscalls::read_at(file, &mut block, record::HEADER, id.offset)?;
    // Behind the end of the file there is nothing, as in a hole.
    block.resize(record::HEADER, 0);
    Ok(record::classify(&block, id))
}

/// The same, and nothing while a put is under way there: asked before and after, for it may end between.
fn look_settled(shared: &Shared, file: &File, id: BlobId) -> io::Result<Found> {
    if shared.is_under_way(id) {
        return Ok(Found::Nothing);
    }
    match look(file, id)? {
        Found::Record(_) if shared.is_under_way(id) => Ok(Found::Nothing),
        found => Ok(found),
    }
}

fn shown(header: Header) -> Option<Item> {
    let (locator, length) = (header.place.to_locator(), header.place.length);
    (!header.deleted).then_some(Ok(Entry::Blob(Listed { locator, origin: header.origin, length })))
}

fn remnant(id: FileId, begin: u64, end: u64) -> Entry {
    Entry::Remnant(Span { file: id.name(), begin, end })
}

impl OpenVolume {
    /// Looks at the next place where something may stand. `false` at the end.
    fn step(&mut self, shared: &Shared, items: &mut Vec<Item>) -> io::Result<bool> {
        let Some(data) = syscalls::seek_data(&self.file, self.at)? else {
            items.extend(self.take_remnant());
            return Ok(false);
        };
        let at = data - data % BLOB_ALIGN_BYTES;
        self.at = at + BLOB_ALIGN_BYTES;
        match look_settled(shared, &self.file, record::id_in(self.id, at)) {
            Ok(Found::Record(header)) => {
                self.at = at + record::record_bytes(header.place.length);
                items.extend(self.take_remnant());
                items.extend(shown(header));
            }
            Ok(Found::Unreadable) if self.id.run != shared.run => match &mut self.remnant {
                Some((_, end)) if *end == at => *end = self.at,
                _ => {
                    items.extend(self.take_remnant());
                    self.remnant = Some((at, self.at));
                }
            },
            Ok(Found::Nothing | Found::Unreadable) => {}
            Err(error) if syscalls::is_damage(&error) => {
                if self.lost.replace(self.at) != Some(at) {
                    let message = format!("the device can't read at offset {at} of {}: {error}", self.id.name());
                    items.push(Err(DataError::Corrupt(message)));
                }
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    fn take_remnant(&mut self) -> Option<Item> {
        self.remnant.take().map(|(begin, end)| Ok(remnant(self.id, begin, end)))
    }
}

/// The offset of the first blob of a volume, from `from` on, that may not be deleted yet. `None` where there is none.
pub fn first_kept(id: FileId, file: &File, from: u64) -> io::Result<Option<u64>> {
    let mut from = from;
    while let Some(data) = syscalls::seek_data(file, from)? {
        let at = data - data % BLOB_ALIGN_BYTES;
        from = match look(file, record::id_in(id, at))? {
            Found::Record(header) if header.deleted => at + record::record_bytes(header.place.length),
            Found::Nothing => at + BLOB_ALIGN_BYTES,
            Found::Record(_) | Found::Unreadable => return Ok(Some(at)),
        };
    }
    Ok(None)
}
