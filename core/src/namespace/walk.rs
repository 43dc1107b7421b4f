//! A walk of a bucket in the byte order of flat keys, one instant throughout.
//!
//! Always holds: names come in byte order of their full keys, each once. [`Walk::seek`] goes forwards and is defined for every key,
//! also for one whose directories do not exist. A directory is given before what is in it; the caller says whether to go in.
//!
//! What is read and kept is bounded by what is given: a level of the tree fetches a few names at first and twice as many each time
//! it has used them up, never more than the caller still wants.

use std::collections::VecDeque;

use super::resolve::directory_node;
use crate::error::{Error, Result};
use crate::limits::{WALK_FETCH_BELOW, WALK_FETCH_MAX, WALK_FETCH_SKIPPED};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Dentry, Number, Record, VersionRecord};
use crate::metadata::{Key, Snapshot, Table};
use crate::types::VersionId;

/// Which names are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    Live,
    /// Live ones and those of the version space: a name once, with all that it has.
    Versions,
}

/// What stands under one name.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "given one at a time, most are objects")]
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
    /// How many are fetched next.
    fetch: usize,
    done: bool,
}

impl Source {
    fn new(space: Key, fetch: usize) -> Self {
        Self { end: keys::behind(&space), next: space, fetched: VecDeque::new(), fetch, done: false }
    }

    async fn fill(&mut self, snapshot: &dyn Snapshot, want: usize) -> Result<()> {
        if self.fetched.is_empty() && !self.done {
            let fetch = self.fetch.min(want).clamp(1, WALK_FETCH_MAX);
            let page = snapshot.scan(&self.next, &self.end, fetch, false).await?;
            self.done = page.len() < fetch;
            if let Some((last, _)) = page.last() {
                self.next.clone_from(last);
                self.next.push(0);
            }
            self.fetched = page.into();
            self.fetch = fetch * 2;
        }
        Ok(())
    }

    /// Leaves out what is before `start`. If all that was fetched is, the next fetch takes `fetch`.
    fn skip_to(&mut self, start: Key, fetch: usize) {
        while self.fetched.front().is_some_and(|(key, _)| *key < start) {
            self.fetched.pop_front();
        }
        if self.fetched.is_empty() && self.next < start {
            self.next = start;
            self.fetch = fetch;
        }
    }
}

impl Level {
    fn skip_to(&mut self, name: &[u8], inclusive: bool, fetch: usize) {
        let mut live = keys::dentry(self.directory, name);
        if !inclusive {
            live.push(0);
        }
        self.live.skip_to(live, fetch);
        if let Some(versions) = &mut self.versions {
            let own = keys::versions_of(self.directory, name);
            versions.skip_to(if inclusive { own } else { keys::behind(&own) }, fetch);
        }
    }
}

pub struct Walk<'s> {
    snapshot: &'s dyn Snapshot,
    names: Names,
    path: Vec<u8>,
    levels: Vec<Level>,
    /// How many names the caller may want: a fetch takes no more.
    want: usize,
    /// Whether a name was given. Until then a seek leads to where the page begins, and after that only over what is left out.
    begun: bool,
}

impl<'s> Walk<'s> {
    /// A walk that begins at the bucket's first key.
    pub fn new(snapshot: &'s dyn Snapshot, root: Id, names: Names, want: usize) -> Self {
        let mut walk = Self { snapshot, names, path: Vec::new(), levels: Vec::new(), want, begun: false };
        walk.enter(root, want);
        walk
    }

    /// Goes forwards to the first name at `key` (inclusive) or behind it. Where the walk is beyond that, it stays.
    pub async fn seek(&mut self, key: &[u8], inclusive: bool) -> Result<()> {
        let fetch = if self.begun { WALK_FETCH_SKIPPED } else { self.want };
        // Levels on the way to `key` are kept, with what they have fetched.
        while self.levels.last().is_some_and(|level| !key.starts_with(&self.path[..level.path])) {
            self.levels.pop();
        }
        let Some(level) = self.levels.last() else { return Ok(()) };
        self.path.truncate(level.path);
        let mut rest = &key[level.path..];
        while let (Some(slash), Some(level)) = (memchr::memchr(b'/', rest), self.levels.last_mut()) {
            let (name, below) = rest.split_at(slash + 1);
            // Behind the directory itself, for what is inside comes first.
            level.skip_to(name, false, WALK_FETCH_BELOW);
            let parent = level.directory;
            let Some(node) = self.directory(parent, name).await? else { return Ok(()) };
            self.path.extend_from_slice(name);
            self.enter(node, fetch);
            rest = below;
        }
        if let Some(level) = self.levels.last_mut() {
            level.skip_to(rest, inclusive, fetch);
        }
        Ok(())
    }

    /// Goes behind one version of `key`, before any name was given: to what is older than it, and then to the names behind `key`.
    /// Answers whether anything newer of `key` stands. The null version is behind which it is now; where it is gone, all of `key`
    /// comes, rather than that any of it be left out.
    pub async fn seek_version(&mut self, key: &[u8], marker: VersionId) -> Result<bool> {
        self.seek(key, true).await?;
        let Some(level) = self.levels.last_mut() else { return Ok(false) };
        // Where the directories of `key` are gone, so are its versions.
        let name = match key.strip_prefix(&self.path[..level.path]) {
            Some(name) if !name.contains(&b'/') => name,
            _ => return Ok(false),
        };
        let at = [keys::dentry(level.directory, name), keys::null_version(level.directory, name)];
        let values = self.snapshot.get_many(&at.map(|key| (Table::Index, key))).await?;
        let live = match values[0].as_deref().map(Dentry::decode).transpose()? {
            Some(Dentry::Object { version, .. }) => Some(version),
            Some(Dentry::Directory { .. }) | None => None,
        };
        let sequence = match (marker, live, values[1].as_deref()) {
            (VersionId::Sequence { sequence, .. }, ..) => sequence,
            (VersionId::Null, Some(live), _) if live.null => live.sequence,
            (VersionId::Null, _, Some(null)) => Number::decode(null)?.0,
            (VersionId::Null, _, None) => return Ok(false),
        };
        let mut newer = false;
        // A version that was noncurrent when the marker was given out may have come to light since.
        if live.is_some_and(|live| live.sequence >= sequence) {
            level.skip_to(name, false, self.want);
            newer = true;
        }
        if let Some(versions) = &mut level.versions {
            let mut behind = keys::version(level.directory, name, sequence);
            behind.push(0);
            let own = keys::versions_of(level.directory, name);
            newer = newer || !self.snapshot.scan(&own, &behind, 1, false).await?.is_empty();
            *versions = Source::new(keys::versions(level.directory), self.want);
            versions.skip_to(behind, self.want);
        }
        Ok(newer)
    }

    /// The next name in order, with its full path.
    pub async fn next(&mut self) -> Result<Option<(&[u8], Entry)>> {
        // A walk may be long and its store may answer from memory: others are to have their turn.
        tokio::task::consume_budget().await;
        self.begun = true;
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
        self.enter(directory, WALK_FETCH_BELOW);
    }

    fn enter(&mut self, directory: Id, fetch: usize) {
        let versions = (self.names == Names::Versions).then(|| Source::new(keys::versions(directory), fetch));
        let mut live = Source::new(keys::dentries(directory), fetch);
        // Names that only files have come last, and are no keys.
        live.end = keys::unseen_dentries(directory);
        self.levels.push(Level { directory, path: self.path.len(), live, versions });
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
                Dentry::Directory { node, .. } => return Ok(Some((name, Entry::Directory(node)))),
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
