//! A walk of a bucket in the byte order of flat keys, one instant throughout.
//!
//! Always holds: names come in byte order of their full keys, each once. [`Walk::seek`] is defined for every key, also for one
//! whose directories do not exist. A directory is given before what is in it; the caller says whether to go in. Memory is bounded
//! by the depth of the present name and one fetch per level.

use std::collections::VecDeque;

use super::place::directories;
use super::resolve::directory_node;
use crate::error::{Error, Result};
use crate::limits::WALK_FETCH_MAX;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Dentry, Record, VersionRecord};
use crate::metadata::{Key, Snapshot};

/// Which names are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    Live,
    /// Live ones and those of the version space: a name once, with all that it has.
    Versions,
}

/// What stands under one name.
#[derive(Clone, Debug)]
pub enum Entry {
    Directory(Id),
    /// The live object, if there is one, and noncurrent versions, newest first (only in a walk of versions). A name with more
    /// of them than one fetch comes again, with the next.
    Object {
        live: Option<Dentry>,
        versions: Vec<VersionRecord>,
    },
}

struct Level {
    directory: Id,
    /// Length of the path of this directory.
    path: usize,
    live: Source,
    versions: Option<Source>,
}

/// A run of keys that is fetched as it is used up.
struct Source {
    next: Key,
    end: Key,
    fetched: VecDeque<(Key, bytes::Bytes)>,
    done: bool,
}

impl Source {
    fn new(next: Key, end: Key) -> Self {
        Self { next, end, fetched: VecDeque::new(), done: false }
    }

    async fn fill(&mut self, snapshot: &dyn Snapshot, want: usize) -> Result<()> {
        if self.fetched.is_empty() && !self.done {
            let want = want.clamp(1, WALK_FETCH_MAX);
            let page = snapshot.scan(&self.next, &self.end, want, false).await?;
            self.done = page.len() < want;
            if let Some((last, _)) = page.last() {
                self.next.clone_from(last);
                self.next.push(0);
            }
            self.fetched = page.into();
        }
        Ok(())
    }
}

pub struct Walk<'s> {
    snapshot: &'s dyn Snapshot,
    root: Id,
    names: Names,
    path: Vec<u8>,
    levels: Vec<Level>,
    /// How many names the caller still wants: a fetch takes no more.
    want: usize,
}

impl<'s> Walk<'s> {
    /// A walk that begins at the bucket's first key.
    pub fn new(snapshot: &'s dyn Snapshot, root: Id, names: Names, want: usize) -> Self {
        let mut walk = Self { snapshot, root, names, path: Vec::new(), levels: Vec::new(), want };
        walk.enter(root, b"", true);
        walk
    }

    /// Goes to the first name at `key` (inclusive) or behind it.
    pub async fn seek(&mut self, key: &[u8], inclusive: bool) -> Result<()> {
        self.levels.clear();
        self.path.clear();
        let mut directory = self.root;
        let mut start = 0;
        for range in directories(key) {
            let name = &key[range.clone()];
            // Behind the directory itself, for what is inside comes first.
            self.enter(directory, name, false);
            match self.directory(directory, name).await? {
                Some(node) => directory = node,
                None => return Ok(()),
            }
            self.path.extend_from_slice(name);
            start = range.end;
        }
        self.enter(directory, &key[start..], inclusive);
        Ok(())
    }

    /// Goes behind one version of `key`: to its older ones, and then to the names behind it.
    pub async fn seek_version(&mut self, key: &[u8], sequence: u64) -> Result<()> {
        self.seek(key, false).await?;
        let within = self.levels.last().map(|level| (level.path, level.directory));
        let Some((start, directory)) = within else { return Ok(()) };
        // Where the directories of `key` are gone, so are its versions.
        if let (Some(name), Some(level)) = (key.strip_prefix(&self.path[..start]), self.levels.last_mut())
            && !name.contains(&b'/')
            && let Some(versions) = &mut level.versions
        {
            versions.next = keys::version(directory, name, sequence);
            versions.next.push(0);
        }
        Ok(())
    }

    /// The next name in order, with its full path.
    pub async fn next(&mut self) -> Result<Option<(&[u8], Entry)>> {
        loop {
            let Some(level) = self.levels.last_mut() else { return Ok(None) };
            level.live.fill(self.snapshot, self.want).await?;
            if let Some(versions) = &mut level.versions {
                versions.fill(self.snapshot, self.want).await?;
            }
            self.path.truncate(level.path);
            let Some((name, entry)) = self.take().await? else {
                self.levels.pop();
                continue;
            };
            self.path.extend_from_slice(&name);
            return Ok(Some((&self.path, entry)));
        }
    }

    /// Goes into the directory that [`Walk::next`] has just given.
    pub fn descend(&mut self, directory: Id) {
        self.enter(directory, b"", true);
    }

    fn enter(&mut self, directory: Id, from: &[u8], inclusive: bool) {
        let mut live = keys::dentry(directory, from);
        if !inclusive {
            live.push(0);
        }
        let versions = (self.names == Names::Versions).then(|| {
            let own = keys::versions_of(directory, from);
            let start = if inclusive { own } else { keys::behind(&own) };
            Source::new(start, keys::behind(&keys::versions(directory)))
        });
        self.levels.push(Level {
            directory,
            path: self.path.len(),
            live: Source::new(live, keys::behind(&keys::dentries(directory))),
            versions,
        });
    }

    async fn directory(&self, parent: Id, name: &[u8]) -> Result<Option<Id>> {
        let range = |key: Key| async move { self.snapshot.scan(&key, &[&key[..], &[0]].concat(), 1, false).await };
        let mut found = range(keys::dentry(parent, name)).await?;
        if found.is_empty() && self.names == Names::Versions {
            found = range(keys::versions_of(parent, name)).await?;
        }
        found.first().map(|(_, value)| directory_node(value)).transpose()
    }

    /// The next name of the innermost level, from both spaces.
    async fn take(&mut self) -> Result<Option<(Vec<u8>, Entry)>> {
        let (snapshot, want) = (self.snapshot, self.want);
        let Some(level) = self.levels.last_mut() else { return Ok(None) };
        let live = level.live.fetched.front().map(|(key, _)| keys::dentry_name(key).to_vec());
        let version = match &level.versions {
            None => None,
            Some(source) => source.fetched.front().map(|(key, _)| version_parts(key)).transpose()?,
        };
        let name = match (live, &version) {
            (None, None) => return Ok(None),
            (Some(live), None) => live,
            (Some(live), Some((version, _))) if live <= *version => live,
            (_, Some((version, _))) => version.clone(),
        };
        let mut dentry = None;
        if level.live.fetched.front().is_some_and(|(key, _)| keys::dentry_name(key) == name)
            && let Some((_, value)) = level.live.fetched.pop_front()
        {
            match Dentry::decode(&value)? {
                Dentry::Directory { node } => return Ok(Some((name, Entry::Directory(node)))),
                object @ Dentry::Object { .. } => dentry = Some(object),
            }
        }
        let mut versions = Vec::new();
        if let Some(source) = &mut level.versions {
            loop {
                source.fill(snapshot, want).await?;
                let Some((key, value)) = source.fetched.front() else { break };
                let (version_name, sequence) = version_parts(key)?;
                if version_name != name || versions.len() == WALK_FETCH_MAX {
                    break;
                }
                if sequence.is_none() {
                    let node = directory_node(value)?;
                    source.fetched.pop_front();
                    return Ok(Some((name, Entry::Directory(node))));
                }
                versions.push(VersionRecord::decode(value)?);
                source.fetched.pop_front();
            }
        }
        Ok(Some((name, Entry::Object { live: dentry, versions })))
    }
}

fn version_parts(key: &[u8]) -> Result<(Vec<u8>, Option<u64>)> {
    keys::version_parts(key).ok_or_else(|| Error::Corrupt("a key of the version space can't be read".into()))
}
