//! Every blob of a store, found in its files.
//!
//! Always holds: a blob whose header is undamaged is shown, whole or not: one that a crash tore has no name, and the sweep that
//! removes what has no name removes it. Where a header is unreadable an error is shown in its place, and the walk goes on behind it.
//! Memory is bounded by one page of blobs, and by the names of one directory.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

use super::place::{FILES, FileId, FileKind, VOLUMES};
use super::record::{self, Found};
use super::shared::Shared;
use super::syscalls;
use crate::data::{DataError, Listed};
use crate::limits::{BLOB_ALIGN_BYTES, DATA_LIST_PAGE};

type Item = Result<Listed, DataError>;

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
    /// Whether the block before this one was unreadable: only the first of several is shown.
    unreadable: bool,
}

impl Walk {
    /// A page of blobs, and whether there may be more.
    fn page(&mut self) -> (Vec<Item>, bool) {
        let mut items = Vec::new();
        while items.len() < DATA_LIST_PAGE {
            match self.step(&mut items) {
                Ok(true) => {}
                Ok(false) => return (items, false),
                Err(error) => items.push(Err(error.into())),
            }
        }
        (items, true)
    }

    /// Does a bounded piece of work. `false` at the end.
    fn step(&mut self, items: &mut Vec<Item>) -> io::Result<bool> {
        if let Some(volume) = &mut self.open {
            match volume.next(&self.shared) {
                Ok(Some(Some(item))) => items.push(item),
                Ok(Some(None)) => {}
                Ok(None) => self.open = None,
                Err(error) => {
                    self.open = None;
                    return Err(error);
                }
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
                FileKind::Volume => self.open = Some(OpenVolume { id, file, at: 0, unreadable: false }),
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
    let block = read_header(file, 0)?;
    Ok(item(shared, record::id_in(id, 0), &block).1)
}

fn read_header(file: &File, at: u64) -> io::Result<Vec<u8>> {
    let mut block = Vec::new();
    syscalls::read_at(file, &mut block, record::HEADER, at)?;
    // Behind the end of the file there is nothing, as in a hole.
    block.resize(record::HEADER, 0);
    Ok(block)
}

/// What stands at a place, how far the next header may be, and whether it was unreadable.
fn item(shared: &Shared, id: super::place::BlobId, block: &[u8]) -> (u64, Option<Item>) {
    match record::classify(block, id) {
        Found::Record(header) => {
            let listed = Listed {
                locator: header.place.to_locator(),
                origin: header.origin,
                length: header.place.length,
                current_epoch: id.file.run == shared.run,
            };
            (record::record_bytes(header.place.length), (!header.deleted).then_some(Ok(listed)))
        }
        Found::Nothing => (BLOB_ALIGN_BYTES, None),
        Found::Unreadable => {
            let message = format!("no readable header at offset {} of {}", id.offset, id.file.name());
            (BLOB_ALIGN_BYTES, Some(Err(DataError::Corrupt(message))))
        }
    }
}

impl OpenVolume {
    /// The next header's worth: `None` at the end, `Some(None)` where nothing is to be shown.
    fn next(&mut self, shared: &Shared) -> io::Result<Option<Option<Item>>> {
        let Some(data) = syscalls::seek_data(&self.file, self.at)? else { return Ok(None) };
        let at = data - data % BLOB_ALIGN_BYTES;
        let block = read_header(&self.file, at)?;
        let (bytes, item) = item(shared, record::id_in(self.id, at), &block);
        self.at = at + bytes;
        let again = self.unreadable && at + BLOB_ALIGN_BYTES == self.at;
        self.unreadable = matches!(item, Some(Err(_)));
        Ok(Some(item.filter(|item| !(again && item.is_err()))))
    }
}
