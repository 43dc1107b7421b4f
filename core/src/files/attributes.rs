//! Attributes: reading them, setting them, and what they let a caller do.
//!
//! Always holds: what one write session has made of a file's size and times is seen by every file door at once; what S3 made shows the
//! defaults of whoever looks until a file door sets something.

use super::access::{self, MODE_BITS, SET_GID, SET_UID};
use super::acl::{self, Acl};
use super::{Access, Around, Attributes, Caller, FileError, FileService, Kind, SetAttributes, SetTime, Space, View};
use crate::clock::Timestamp;
use crate::content::corrupt;
use crate::error::{Error, Result};
use crate::limits::{FILE_NAME_BYTES_MAX, TRANSACTION_ATTEMPTS_MAX};
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{NodeKind, NodeRecord, Posix, Record};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::watched::Begun;
use crate::namespace::Directory;
use crate::transact;

/// What a directory says its size is: it has none.
const DIRECTORY_BYTES: u64 = 4096;
/// The unit of `st_blocks` (stat(2)).
pub(crate) const BLOCK_BYTES: u64 = 512;

/// A node of either sort.
pub(crate) enum AnyNode {
    File(Box<NodeRecord>),
    Directory(Box<Directory>),
}

impl From<NodeKind> for Kind {
    fn from(kind: NodeKind) -> Self {
        match kind {
            NodeKind::File => Kind::File,
            NodeKind::Symlink => Kind::Symlink,
            NodeKind::Fifo => Kind::Fifo,
            NodeKind::Socket => Kind::Socket,
            NodeKind::BlockDevice => Kind::BlockDevice,
            NodeKind::CharacterDevice => Kind::CharacterDevice,
        }
    }
}

pub(crate) fn of_node(view: &View, node: Id, record: &NodeRecord) -> Attributes {
    of_plain(view, node, record.kind, record.posix.as_ref(), (record.size, record.modified), record.links)
}

/// From what a node and its dentry both tell.
pub(crate) fn of_plain(
    view: &View,
    node: Id,
    kind: NodeKind,
    posix: Option<&Posix>,
    (size, modified): (u64, Timestamp),
    links: u32,
) -> Attributes {
    let defaults = view.defaults;
    let default_mode = if kind == NodeKind::Symlink { 0o777 } else { defaults.file_mode };
    Attributes {
        node,
        kind: kind.into(),
        mode: posix.map_or(default_mode, |posix| posix.mode),
        uid: posix.map_or(defaults.uid, |posix| posix.uid),
        gid: posix.map_or(defaults.gid, |posix| posix.gid),
        links,
        size,
        // Holes are not counted (SEMANTICS.md, Room and holes).
        used: size.next_multiple_of(BLOCK_BYTES),
        device: posix.map_or(0, |posix| posix.device),
        accessed: posix.map_or(modified, |posix| posix.accessed),
        modified,
        changed: posix.map_or(modified, |posix| posix.changed),
    }
}

fn posix_of_directory(view: &View, directory: &Directory) -> Posix {
    let defaults = view.defaults;
    let (accessed, changed) = (directory.record.made, directory.record.made);
    Posix { mode: defaults.directory_mode, uid: defaults.uid, gid: defaults.gid, accessed, changed, device: 0 }
}

pub(crate) fn of_directory(view: &View, node: Id, directory: &Directory) -> Attributes {
    let posix = directory.record.posix.clone().unwrap_or_else(|| posix_of_directory(view, directory));
    Attributes {
        node,
        kind: Kind::Directory,
        mode: posix.mode,
        uid: posix.uid,
        gid: posix.gid,
        links: u32::try_from(directory.directories.saturating_add(2)).unwrap_or(u32::MAX),
        size: DIRECTORY_BYTES,
        used: DIRECTORY_BYTES,
        device: 0,
        accessed: posix.accessed,
        modified: directory.modified(),
        changed: directory.changed(),
    }
}

impl AnyNode {
    pub fn attributes(&self, view: &View, node: Id) -> Attributes {
        match self {
            AnyNode::File(record) => of_node(view, node, record),
            AnyNode::Directory(directory) => of_directory(view, node, directory),
        }
    }

    pub fn xattrs(&self) -> u32 {
        match self {
            AnyNode::File(record) => record.xattrs,
            AnyNode::Directory(directory) => directory.record.xattrs,
        }
    }
}

impl FileService {
    /// What a file that has no attributes of its own gets with its first change: what it showed, changed now.
    pub(crate) fn posix_now(&self, view: &View, record: &NodeRecord) -> Posix {
        let shown = of_node(view, 0, record);
        let Attributes { mode, uid, gid, accessed, device, .. } = shown;
        Posix { mode, uid, gid, accessed, changed: self.now(), device }
    }

    /// A node as it is now, with what its write session has made of it. Doors that cache have heard of it.
    pub async fn attributes(&self, view: &View, node: Id) -> Result<Attributes> {
        let attributes = self.attributes_now(view, node).await?;
        self.heard_of(view, node).await;
        Ok(attributes)
    }

    /// The same for whoever is changing the node, of which nobody can have heard.
    pub(crate) async fn attributes_now(&self, view: &View, node: Id) -> Result<Attributes> {
        let mut attempts = 1;
        loop {
            let dirty = self.inner.sessions.is_dirty(node);
            let mut attributes = self.committed_attributes(view, node).await?;
            let overlaid = self.overlay(&mut attributes);
            // What was committed between the two looks is in neither.
            if overlaid || !dirty || attempts == TRANSACTION_ATTEMPTS_MAX {
                return Ok(attributes);
            }
            attempts += 1;
        }
    }

    async fn committed_attributes(&self, view: &View, node: Id) -> Result<Attributes> {
        let (_, values) = self.store().get_many(&[(Table::Index, keys::node(node))]).await?;
        if let Some(value) = &values[0] {
            return Ok(of_node(view, node, &NodeRecord::decode(value)?));
        }
        match self.tree().directory_now(node).await? {
            Some(directory) => Ok(of_directory(view, node, &directory)),
            None => Err(FileError::Stale.into()),
        }
    }

    /// A node as part of the transaction. A directory's counts are only where `exact`.
    pub(crate) async fn any_node(&self, tx: &mut Transaction<'_>, node: Id, exact: bool) -> Result<AnyNode, TxError> {
        if let Some(record) = self.tree().find_node(tx, node).await? {
            return Ok(AnyNode::File(Box::new(record)));
        }
        match self.tree().directory_in(tx, node, exact).await? {
            Some(directory) => Ok(AnyNode::Directory(Box::new(directory))),
            None => Err(Error::from(FileError::Stale).into()),
        }
    }

    /// The access ACL of a node that has one, or another by its name. One that can't be read is no reason to go by the mode instead: the
    /// group's bits are the ACL's mask there, and may allow more.
    pub(crate) async fn acl(&self, tx: &mut Transaction<'_>, node: Id, name: &[u8]) -> Result<Option<Acl>, TxError> {
        let value = tx.get(Table::Index, &keys::xattr(node, name)).await?;
        let Some(value) = value else { return Ok(None) };
        let unreadable = |_| corrupt(format!("{} of node {node} is no ACL", String::from_utf8_lossy(name)));
        Ok(Some(Acl::parse(&super::xattr::opened(&value)?).map_err(unreadable)?))
    }

    /// Refuses what the caller may not do with a node.
    pub(crate) async fn require(
        &self,
        tx: &mut Transaction<'_>,
        caller: &Caller,
        found: &AnyNode,
        attributes: &Attributes,
        wanted: Access,
    ) -> Result<(), TxError> {
        if caller.checked {
            return Ok(());
        }
        let acl = match found.xattrs() {
            0 => None,
            _ => self.acl(tx, attributes.node, acl::ACCESS).await?,
        };
        Ok(access::require(caller, attributes, acl.as_ref(), wanted).map_err(Error::from)?)
    }

    /// What the caller may do with the node, by its mode or ACL, and its attributes.
    pub async fn access(&self, view: &View, caller: &Caller, node: Id) -> Result<(Access, Attributes)> {
        let mut tx = Transaction::new(self.store());
        let found = self.any_node(&mut tx, node, false).await?;
        let mut attributes = found.attributes(view, node);
        self.overlay(&mut attributes);
        let acl = match found.xattrs() {
            0 => None,
            _ => self.acl(&mut tx, node, acl::ACCESS).await?,
        };
        let mut allowed = access::allowed(caller, &attributes, acl.as_ref());
        if view.read_only {
            allowed.write = false;
        }
        self.heard_of(view, node).await;
        Ok((allowed, attributes))
    }

    /// Refuses what the caller may not do with the node, outside of any change.
    pub(crate) async fn check_access(&self, view: &View, caller: &Caller, node: Id, wanted: Access) -> Result<()> {
        if wanted.write {
            access::require_writable(view)?;
        }
        if caller.checked {
            return Ok(());
        }
        let mut tx = Transaction::new(self.store());
        let found = self.any_node(&mut tx, node, false).await?;
        let attributes = found.attributes(view, node);
        Ok(self.require(&mut tx, caller, &found, &attributes, wanted).await?)
    }

    /// The same of a file whose record was read.
    pub(crate) async fn check_record(
        &self,
        view: &View,
        caller: &Caller,
        node: Id,
        record: &NodeRecord,
        wanted: Access,
    ) -> Result<()> {
        if caller.checked {
            return Ok(());
        }
        let mut tx = Transaction::new(self.store());
        let acl = match record.xattrs {
            0 => None,
            _ => self.acl(&mut tx, node, acl::ACCESS).await?,
        };
        Ok(access::require(caller, &of_node(view, node, record), acl.as_ref(), wanted)?)
    }

    /// The same of what must be a directory.
    pub(crate) async fn check_directory(&self, view: &View, caller: &Caller, node: Id, wanted: Access) -> Result<()> {
        if caller.checked {
            return Ok(());
        }
        let mut tx = Transaction::new(self.store());
        let found = self.any_node(&mut tx, node, false).await?;
        if matches!(found, AnyNode::File(_)) {
            return Err(FileError::NotADirectory.into());
        }
        let attributes = found.attributes(view, node);
        Ok(self.require(&mut tx, caller, &found, &attributes, wanted).await?)
    }

    /// Sets what is given. `NotPermitted` for what only the owner may; `PermissionDenied` for what needs the right to write: either is said
    /// before anything is set.
    pub async fn set_attributes(&self, view: &View, caller: &Caller, node: Id, set: SetAttributes) -> Result<Around> {
        access::require_writable(view)?;
        let rest = SetAttributes { size: None, unchanged_since: None, ..set };
        if set.size.is_none() && rest == SetAttributes::default() {
            // Nothing is to change: neither does the time of that.
            self.check_guard(view, node, set.unchanged_since).await?;
            let now = self.attributes(view, node).await?;
            return Ok(Around { before: Some(now.on_one_side()), after: Some(now) });
        }
        let mut resized = None;
        if let Some(size) = set.size {
            self.allow_resize(view, caller, node).await?;
            self.check_guard(view, node, set.unchanged_since).await?;
            self.allow_rest(view, caller, node, &rest).await?;
            if !caller.checked {
                self.drop_privileges(view, caller, node, &self.node(node).await?).await?;
            }
            resized = Some(self.truncate(view, node, size).await?);
        }
        if rest == SetAttributes::default()
            && let Some(Around { before, after }) = resized
        {
            let after = match after {
                Some(after) => after,
                None => self.attributes(view, node).await?,
            };
            return Ok(Around { before, after: Some(after) });
        }
        let guard = set.unchanged_since.filter(|_| set.size.is_none());
        // From here on, no time of an earlier read is put over the one that is to be set.
        let read_at = rest.accessed.and_then(|_| self.inner.accesses.take(node));
        // What is published meanwhile keeps the time that is set: it is said before the commit, and told after it.
        let mut changing = None;
        let changed = self.change_attributes(view, caller, node, (&rest, guard), &mut changing).await;
        self.tell_change(changing).await;
        if let (Err(_), Some(read_at)) = (&changed, read_at) {
            self.inner.accesses.give_back(node, read_at);
        }
        let (before, after, drafted) = changed?;
        self.settled(view);
        if drafted {
            self.inner.drafts.note(node, &view.bucket);
        }
        let before = match resized {
            None => Some(before.on_one_side()),
            // Both changes are this caller's where nobody came between.
            Some(Around { before: first, after: Some(between) }) if between.on_one_side() == before.on_one_side() => {
                first
            }
            Some(_) => None,
        };
        Ok(Around { before, after: Some(after) })
    }

    /// In one transaction. Attributes before it and after, and whether a draft was begun.
    async fn change_attributes(
        &self,
        view: &View,
        caller: &Caller,
        node: Id,
        (rest, guard): (&SetAttributes, Option<Timestamp>),
        changing: &mut Option<Begun>,
    ) -> Result<(Attributes, Attributes, bool)> {
        transact!(self.store(), self.durability(view), |tx| {
            // Of an attempt before: this one may be refused, which waits for what is under way.
            *changing = None;
            tx.origin(view.watcher);
            let mut found = self.any_node(tx, node, false).await?;
            let mut drafted = false;
            let mut before = found.attributes(view, node);
            self.overlay(&mut before);
            if guard.is_some_and(|guard| guard != before.changed) {
                return Err(Error::from(FileError::NotInSync).into());
            }
            // S3 shows when a version was modified: another time is another version.
            if let (AnyNode::File(record), Some(_)) = (&mut found, rest.modified)
                && self.tree().is_sealed(tx, &view.bucket, record).await?
            {
                let bucket = self.tree().resolve_bucket(tx, &view.bucket).await?;
                drafted = self.tree().begin_draft(tx, node, record, &bucket).await?;
            }
            self.apply(tx, view, caller, (node, &mut found), &before, rest).await?;
            let mut after = found.attributes(view, node);
            self.inner.accesses.overlay(&mut after);
            // Bytes that wait are committed with the times that were set.
            (after.size, after.used) = (before.size, before.used);
            *changing = self.begin_change(view, node, false);
            match rest.modified {
                None => after.modified = before.modified,
                Some(_) => self.inner.sessions.set_modified(node, after.modified),
            }
            Ok((before, after, drafted))
        })
    }

    async fn check_guard(&self, view: &View, node: Id, guard: Option<Timestamp>) -> Result<()> {
        match guard {
            Some(guard) if self.attributes(view, node).await?.changed != guard => Err(FileError::NotInSync.into()),
            _ => Ok(()),
        }
    }

    async fn allow_resize(&self, view: &View, caller: &Caller, node: Id) -> Result<()> {
        match self.attributes(view, node).await?.kind {
            Kind::File => {}
            Kind::Directory => return Err(FileError::IsADirectory.into()),
            _ => return Err(FileError::Invalid("only a file has a size").into()),
        }
        self.check_access(view, caller, node, Access::WRITE).await
    }

    /// What else is to be set with a size, which can't be taken back: bytes that were cut off are gone.
    async fn allow_rest(&self, view: &View, caller: &Caller, node: Id, rest: &SetAttributes) -> Result<()> {
        if caller.checked || *rest == SetAttributes::default() {
            return Ok(());
        }
        let mut tx = Transaction::new(self.store());
        let found = self.any_node(&mut tx, node, false).await?;
        let attributes = found.attributes(view, node);
        Ok(self.may_set(&mut tx, caller, &found, &attributes, rest).await?)
    }

    /// Refuses what the caller may not set.
    async fn may_set(
        &self,
        tx: &mut Transaction<'_>,
        caller: &Caller,
        found: &AnyNode,
        before: &Attributes,
        set: &SetAttributes,
    ) -> Result<(), TxError> {
        let explicit = |time: Option<SetTime>| matches!(time, Some(SetTime::To(_)));
        let gives = set.uid.is_some_and(|uid| uid != before.uid);
        let joins = set.gid.is_some_and(|gid| gid != before.gid && !caller.is_in(gid));
        let is_roots = (gives || joins) && !caller.checked && !caller.is_root();
        let chowns = set.uid.is_some() || set.gid.is_some();
        let is_owners = set.mode.is_some() || chowns || explicit(set.accessed) || explicit(set.modified);
        if is_roots || is_owners && !caller.owns(before) {
            return Err(Error::from(FileError::NotPermitted).into());
        }
        let by_now = set.accessed == Some(SetTime::Now) || set.modified == Some(SetTime::Now);
        match by_now && !caller.owns(before) {
            true => self.require(tx, caller, found, before, Access::WRITE).await,
            false => Ok(()),
        }
    }

    async fn apply(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        caller: &Caller,
        (node, found): (Id, &mut AnyNode),
        before: &Attributes,
        set: &SetAttributes,
    ) -> Result<(), TxError> {
        self.may_set(tx, caller, found, before, set).await?;
        let now = self.now();
        let mut posix = Posix {
            mode: before.mode,
            uid: before.uid,
            gid: before.gid,
            accessed: before.accessed,
            changed: now,
            device: before.device,
        };
        let chown = set.uid.is_some() || set.gid.is_some();
        if let Some(mode) = set.mode {
            posix.mode = mode & MODE_BITS;
        }
        posix.uid = set.uid.unwrap_or(posix.uid);
        posix.gid = set.gid.unwrap_or(posix.gid);
        if chown && before.kind != Kind::Directory && set.mode.is_none() && caller.is_ours_to_strip() {
            // Linux: whoever changes hands loses set-id bits; set-group-id without the group's execute bit is a mark for locking.
            posix.mode &= !SET_UID;
            if posix.mode & 0o010 != 0 {
                posix.mode &= !SET_GID;
            }
        }
        if chown
            && caller.is_ours_to_strip()
            && self.drop_capability(tx, node, found).await?
            && let AnyNode::File(record) = &mut *found
        {
            record.xattrs = record.xattrs.saturating_sub(1);
        }
        if set.mode.is_some() && !caller.checked && !caller.is_root() && !caller.is_in(posix.gid) {
            posix.mode &= !SET_GID;
        }
        let at = |time: SetTime| match time {
            SetTime::Now => now,
            SetTime::To(time) => time,
        };
        if let Some(time) = set.accessed {
            posix.accessed = at(time);
        }
        if set.mode.is_some() && found.xattrs() > 0 && before.kind != Kind::Symlink {
            self.acl_follows_mode(tx, node, posix.mode).await?;
        }
        match found {
            AnyNode::File(record) => {
                record.posix = Some(posix);
                if let Some(time) = set.modified {
                    record.modified = at(time);
                }
                self.tree().put_node_of(tx, node, record, Some(view.bucket_owner)).await
            }
            AnyNode::Directory(directory) => {
                directory.record.posix = Some(posix);
                if let Some(time) = set.modified {
                    directory.record.modified = Some((at(time), now.max(directory.touched)));
                }
                tx.put(Table::Index, keys::directory(node), directory.record.encode());
                Ok(())
            }
        }
    }

    async fn acl_follows_mode(&self, tx: &mut Transaction<'_>, node: Id, mode: u32) -> Result<(), TxError> {
        if let Some(mut acl) = self.acl(tx, node, acl::ACCESS).await? {
            acl.set_mode(mode);
            tx.put(Table::Index, keys::xattr(node, acl::ACCESS), super::xattr::sealed(&acl.to_bytes()));
        }
        Ok(())
    }

    /// The room of the place that the view's bytes go to. What the place keeps free is not free to files.
    pub async fn space(&self, view: &View) -> Result<Space> {
        let location = self.objects().location(&view.location)?;
        let space = location.store.space().map(|space| (space.total_bytes, space.writable_bytes));
        let (total_bytes, free_bytes) = space.unwrap_or((u64::MAX >> 1, u64::MAX >> 1));
        Ok(Space { total_bytes, free_bytes, name_bytes_max: u32::try_from(FILE_NAME_BYTES_MAX).unwrap_or(255) })
    }
}
