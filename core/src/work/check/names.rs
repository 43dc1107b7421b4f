//! From every bucket down every name, to every node.
//!
//! Always holds: what a dentry's summary says equals its node; a directory stands where the tree's rules put it.

use std::collections::{HashMap, HashSet};

use super::{Progress, Report, directories};
use crate::error::{Error, Result};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{
    BucketRecord, ContentRef, Dentry, Home, NodeRecord, Number, Posix, Record, Summary, VersionRecord,
};
use crate::metadata::{Key, Snapshot, Table};
use crate::namespace::summary_of;
use crate::types::AccountId;
use crate::work::scan::each;

/// What names lead to.
#[derive(Debug, Default)]
pub struct Used {
    /// Nodes, with the number of names that lead to each.
    pub nodes: HashMap<Id, u32>,
    /// Nodes that keep their bytes inline.
    pub inline: HashSet<Id>,
    /// Contents, with the number of nodes, of other contents and of reclaim tasks that use each.
    pub contents: HashMap<Id, u32>,
    /// Uploads on their way: contents to be.
    pub uploads: HashSet<Id>,
    pub directories: HashSet<Id>,
    pub buckets: HashSet<Id>,
}

/// One value as the snapshot has it; damage where it lies is an answer, not the check's end.
pub(super) async fn value(snapshot: &dyn Snapshot, key: Key) -> Result<Result<Option<bytes::Bytes>, Error>> {
    match snapshot.get_many(&[(Table::Index, key)]).await.map_err(Error::from) {
        Ok(mut values) => Ok(Ok(values.pop().flatten())),
        Err(error @ Error::Corrupt(_)) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

struct Names<'a> {
    snapshot: &'a dyn Snapshot,
    report: &'a mut Report,
    progress: &'a Progress,
    used: Used,
    /// Directories yet to be walked: node, path, whether it stands in the live space, and where.
    pending: Vec<(Id, String, bool, Home)>,
}

pub async fn walk(snapshot: &dyn Snapshot, report: &mut Report, progress: &Progress) -> Result<Used> {
    let mut buckets = Vec::new();
    each(snapshot, b"B", async |key, value| {
        buckets.push((key, value));
        Ok(())
    })
    .await?
    .tell(report, "the buckets");
    let mut names = Names { snapshot, report, progress, used: Used::default(), pending: Vec::new() };
    for (key, record) in buckets {
        let name = String::from_utf8_lossy(&key[1..]).into_owned();
        match BucketRecord::decode(&record) {
            Err(error) => names.report.problem("damaged_record", format!("bucket {name}: {error}")),
            Ok(record) => {
                names.report.buckets += 1;
                names.used.buckets.insert(record.id);
                let listed = value(snapshot, keys::owned_bucket(record.owner, &name)).await?.ok().flatten();
                if listed.and_then(|id| Number::decode(&id).ok()) != Some(Number(record.id)) {
                    names.report.problem("unlisted_bucket", format!("bucket {name} is not in its owner's list"));
                }
                names.bucket(&name, &record).await?;
            }
        }
    }
    names.orphans().await?;
    Ok(names.used)
}

impl Names<'_> {
    /// Nodes without a name that were open: they and what they hold are in use until they are let go of.
    async fn orphans(&mut self) -> Result<()> {
        let mut orphans = Vec::new();
        each(self.snapshot, keys::ORPHANS, async |key, _| {
            orphans.extend(keys::orphan_node(&key));
            Ok(())
        })
        .await?
        .tell(self.report, "the files without a name");
        for node in orphans {
            let path = format!("the unlinked file {node}");
            let record = self.node(node, None, AccountId([0; 32]), &path, &Home::default()).await?;
            if record.is_some_and(|record| record.links != 0) {
                self.report.problem("wrong_links", format!("{path} is said to have names"));
            }
        }
        Ok(())
    }

    async fn bucket(&mut self, name: &str, record: &BucketRecord) -> Result<()> {
        self.used.directories.insert(record.root);
        let root = Home { parent: record.root, name: Vec::new() };
        self.pending.push((record.root, format!("{name}/"), true, root));
        while let Some((directory, path, live, home)) = self.pending.pop() {
            let is_root = directory == record.root;
            let here = self.directory(directory, &path, record.owner).await?;
            directories::check(self.snapshot, self.report, (directory, &path), &home, here.directories).await?;
            if is_root {
                continue;
            }
            if live && here.live == 0 {
                self.report.problem("empty_directory", format!("{path} is live and has no live name"));
            }
            if !live && here.live > 0 {
                self.report.problem("hidden_directory", format!("{path} is hidden and has live names"));
            }
            if !live && here.versions == 0 {
                self.report.problem("empty_directory", format!("{path} is hidden and has no version"));
            }
        }
        Ok(())
    }

    async fn directory(&mut self, directory: Id, path: &str, owner: AccountId) -> Result<Here> {
        let (snapshot, mut here) = (self.snapshot, Here::default());
        let (dentries, versions) = (keys::dentries(directory), keys::versions(directory));
        let live = each(snapshot, &dentries, async |key, value| {
            here.live += 1;
            here.directories += u64::from(keys::dentry_name(&key).ends_with(b"/"));
            self.dentry(&key, &value, (directory, path), owner).await
        });
        live.await?.tell(self.report, path);
        let old = each(snapshot, &versions, async |key, value| {
            here.versions += 1;
            self.version(&key, &value, (directory, path), owner).await
        });
        old.await?.tell(self.report, path);
        Ok(here)
    }

    async fn dentry(&mut self, key: &[u8], value: &[u8], (parent, path): (Id, &str), owner: AccountId) -> Result<()> {
        let home = Home { parent, name: keys::dentry_name(key).to_vec() };
        let name = String::from_utf8_lossy(keys::dentry_name(key)).into_owned();
        let full = format!("{path}{name}");
        match Dentry::decode(value) {
            Err(error) => self.report.problem("damaged_record", format!("{full}: {error}")),
            Ok(Dentry::Directory { node, .. }) => self.enter(node, full, true, home),
            Ok(Dentry::Object { node, summary, posix, .. }) => {
                self.report.objects += 1;
                self.node(node, summary.as_ref().map(|summary| (summary, posix)), owner, &full, &home).await?;
            }
        }
        Ok(())
    }

    async fn version(&mut self, key: &[u8], value: &[u8], (parent, path): (Id, &str), owner: AccountId) -> Result<()> {
        let Some((name, sequence)) = keys::version_parts(key) else {
            self.report.problem("damaged_key", format!("in the version space of {path}"));
            return Ok(());
        };
        let full = format!("{path}{}", String::from_utf8_lossy(&name));
        let home = Home { parent, name };
        if sequence.is_none() {
            match Dentry::decode(value) {
                Ok(Dentry::Directory { node, .. }) => self.enter(node, full, false, home),
                Ok(_) => self.report.problem("damaged_record", format!("{full}: not a directory")),
                Err(error) => self.report.problem("damaged_record", format!("{full}: {error}")),
            }
            return Ok(());
        }
        match VersionRecord::decode(value) {
            Err(error) => self.report.problem("damaged_record", format!("{full}: {error}")),
            Ok(VersionRecord::DeleteMarker { .. }) => self.report.delete_markers += 1,
            Ok(VersionRecord::Object { node, summary, .. }) => {
                self.report.versions += 1;
                let record = self.node(node, None, owner, &full, &home).await?;
                if record.is_some_and(|record| summary != summary_of(&record, owner)) {
                    self.report.problem("stale_summary", format!("{full}: its listing says other than its node"));
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, node: Id, path: String, live: bool, home: Home) {
        if !home.name.ends_with(b"/") {
            self.report.problem("damaged_key", format!("the directory {path} has a name without '/'"));
        }
        if !self.used.directories.insert(node) {
            self.report.problem("two_names", format!("the directory {path} has another name too"));
            return;
        }
        self.report.directories += 1;
        self.pending.push((node, path, live, home));
    }

    /// The node of a name, where this is the first that leads to it. `shown`: what the name's dentry tells of it.
    async fn node(
        &mut self,
        node: Id,
        shown: Option<(&Summary, Option<Posix>)>,
        owner: AccountId,
        path: &str,
        home: &Home,
    ) -> Result<Option<NodeRecord>> {
        Progress::add(&self.progress.names_done, 1);
        let names = self.used.nodes.entry(node).or_insert(0);
        *names += 1;
        if *names > 1 {
            return Ok(None);
        }
        let found = value(self.snapshot, keys::node(node)).await?;
        let decoded = found.and_then(|found| Ok(found.as_deref().map(NodeRecord::decode).transpose()?));
        let record = match decoded {
            Ok(None) => {
                self.report.problem("missing_node", format!("{path} leads to node {node}, which is not there"));
                return Ok(None);
            }
            Err(error) => {
                self.report.problem("damaged_record", format!("the node of {path}: {error}"));
                return Ok(None);
            }
            Ok(Some(record)) => record,
        };
        if record.links == 1 && record.home != *home {
            self.report.problem("misplaced_node", format!("the node of {path} says that its name is elsewhere"));
        }
        if let Some((summary, posix)) = shown
            && (*summary != summary_of(&record, owner) || posix != record.posix)
        {
            self.report.problem("stale_summary", format!("{path}: its listing says other than its node"));
        }
        Progress::add(&self.progress.bytes_total, record.size);
        match record.content {
            ContentRef::Empty => {}
            ContentRef::Inline => {
                self.used.inline.insert(node);
            }
            ContentRef::Shared(content) => {
                let uses = self.used.contents.entry(content).or_insert(0);
                *uses += 1;
                // A record that can't be read is told when its bytes are looked at.
                if *uses == 1 && matches!(value(self.snapshot, keys::content(content)).await?, Ok(None)) {
                    self.report.problem("missing_content", format!("{path} has content {content}, which is not there"));
                }
            }
        }
        Ok(Some(record))
    }
}

/// What a directory holds.
#[derive(Default)]
struct Here {
    live: u64,
    versions: u64,
    /// Among the live names.
    directories: u64,
}
