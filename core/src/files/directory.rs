//! Reading directories.
//!
//! Always holds: a name that is there throughout is given exactly once, whatever comes and goes meanwhile by any door: names come in the
//! order of the tree, and a cookie stands for the name that it was given with. It is made of the node's id and the number of its name, so
//! it needs no memory; of names that were moved, replaced or removed since, the tree remembers the last so many (`namespace/readers.rs`).

use super::attributes::{of_directory, of_node};
use super::lookup::of_dentry;
use super::session::Mark;
use super::{Access, Attributes, Caller, EntriesPage, Entry, FileError, FileService, Kind, View};
use crate::error::Result;
use crate::limits::READ_DIRECTORY_MAX;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{NodeRecord, Record};
use crate::metadata::{Key, Table};
use crate::namespace::{Directory, Named};

/// Cookies below are the doors': the beginning, `.` and `..`. No node has such a small one.
const FIRST_COOKIE: u64 = 3;

impl FileService {
    /// Names of a directory behind a cookie, at most `max`, without `.` and `..`. `BadCookie` where the cookie's name went long ago.
    pub async fn read_directory(
        &self,
        view: &View,
        caller: &Caller,
        directory: Id,
        after: u64,
        max: usize,
        attributes: bool,
    ) -> Result<EntriesPage> {
        self.check_directory(view, caller, directory, Access::READ).await?;
        self.tree().reads(directory);
        let Some(found) = self.tree().directory_now(directory).await? else {
            let kind = self.attributes(view, directory).await?.kind;
            return Err(if kind == Kind::Directory { FileError::Stale } else { FileError::NotADirectory }.into());
        };
        let mut last = match after {
            0..FIRST_COOKIE => None,
            cookie => {
                let name = self.tree().name_of_cookie(directory, cookie).await?;
                Some(name.ok_or(FileError::BadCookie)?)
            }
        };
        let max = max.clamp(1, READ_DIRECTORY_MAX);
        let versioned = self.is_versioned(view).await?;
        let mut entries = Vec::new();
        loop {
            let want = max - entries.len();
            let mark = attributes.then(|| self.mark());
            let named = self.tree().names_after(directory, last.as_deref(), want, versioned).await?;
            let end = named.len() < want;
            last = named.last().map(|named| named.plain_name().to_vec()).or(last);
            self.push_entries(view, &found, directory, named, mark, &mut entries).await?;
            // What was stepped over (a marker, a name that has just gone) makes no page end.
            if end || !entries.is_empty() {
                self.heard_of_all(view).await;
                return Ok(EntriesPage { entries, end });
            }
        }
    }

    async fn push_entries(
        &self,
        view: &View,
        found: &Directory,
        directory: Id,
        named: Vec<Named>,
        attributes: Option<Mark>,
        entries: &mut Vec<Entry>,
    ) -> Result<()> {
        // The empty name is the directory's own marker.
        let named: Vec<Named> = named.into_iter().filter(|named| !named.name().is_empty()).collect();
        let hidden = self.hidden(found, directory, &named).await?;
        let known = match attributes {
            Some(mark) => self.attributes_of_all(view, mark, &named).await?,
            None => vec![None; named.len()],
        };
        for ((named, hidden), known) in named.iter().zip(hidden).zip(known) {
            if attributes.is_some() && known.is_none() {
                continue;
            }
            let (name, kind) = match named {
                Named::Directory { name, .. } => (&name[..name.len() - 1], Kind::Directory),
                Named::Object { kind, .. } => (named.plain_name(), (*kind).into()),
            };
            let node = named.node();
            let name = super::shown_name(name, node, hidden);
            entries.push(Entry { name, node, kind, cookie: named.cookie(), attributes: known });
        }
        Ok(())
    }

    /// Which objects a directory of the same name hides.
    async fn hidden(&self, found: &Directory, directory: Id, named: &[Named]) -> Result<Vec<bool>> {
        if found.directories == 0 {
            return Ok(vec![false; named.len()]);
        }
        let objects: Vec<&[u8]> = named.iter().filter(|named| !named.is_directory()).map(Named::plain_name).collect();
        let mut hidden = self.tree().hidden_now(directory, &objects).await?.into_iter();
        Ok(named.iter().map(|named| !named.is_directory() && hidden.next() == Some(true)).collect())
    }

    /// Of names that were read since `mark`. `None` for nodes that have gone.
    async fn attributes_of_all(&self, view: &View, mark: Mark, named: &[Named]) -> Result<Vec<Option<Attributes>>> {
        let at: Vec<(Table, Key)> = named
            .iter()
            .flat_map(|named| match named {
                Named::Object { summary: Some(_), .. } => Vec::new(),
                Named::Object { node, summary: None, .. } => vec![keys::node(*node)],
                Named::Directory { node, .. } => {
                    vec![keys::directory(*node), keys::directory_time(*node), keys::directory_count(*node)]
                }
            })
            .map(|key| (Table::Index, key))
            .collect();
        let values = if at.is_empty() { Vec::new() } else { self.store().get_many(&at).await?.1 };
        let mut values = values.as_slice();
        let mut next = |count: usize| {
            let (taken, rest) = values.split_at(count);
            values = rest;
            taken
        };
        let mut all = Vec::with_capacity(named.len());
        for named in named {
            let committed = match named {
                Named::Object { summary: Some(_), .. } => of_dentry(view, named),
                Named::Object { node, summary: None, .. } => match &next(1)[0] {
                    Some(value) => Some(of_node(view, *node, &NodeRecord::decode(value)?)),
                    None => None,
                },
                Named::Directory { node, .. } => {
                    Directory::from_values(next(3))?.map(|directory| of_directory(view, *node, &directory))
                }
            };
            all.push(match committed {
                Some(attributes) => self.overlaid(view, mark, attributes).await?,
                None => None,
            });
        }
        Ok(all)
    }
}
