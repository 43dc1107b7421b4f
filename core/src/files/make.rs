//! Making what has a name: files, directories, symbolic links and special files.
//!
//! Always holds: a name is given to one thing only, whoever else tries at the same time; owner and mode are in the transaction that makes
//! the name.

use super::access::{MODE_BITS, SET_GID};
use super::acl::{self, Acl};
use super::attributes::{of_directory, of_node};
use super::{
    Around, Attributes, Caller, Exclusive, FileError, FileName, FileService, Made, Make, SetAttributes, SetTime, View,
};
use crate::clock::Timestamp;
use crate::content::seal_inline;
use crate::error::{Error, Result};
use crate::limits::{SYMLINK_BYTES_MAX, TRANSACTION_ATTEMPTS_MAX};
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRef, NodeKind, NodeRecord, Posix, Record};
use crate::metadata::transaction::{Transaction, TxError};
use crate::namespace::{Bucket, Named, NewNode, directory_name};
use crate::transact;
use crate::types::ETag;

/// The mode of a program that runs as its group: without the right to execute it, set-group-id is a mark for locking.
const GROUP_PROGRAM: u32 = SET_GID | 0o010;

/// S3 would see nothing below it.
pub(crate) const UNSEEN_DIRECTORY: FileError =
    FileError::Invalid("a name that NFS clients give to removed files can't be a directory's");

/// A name that exists already, or the new one.
enum Outcome {
    Exists(Named),
    New { attributes: Attributes, is_draft: bool },
}

impl FileService {
    /// Makes what `make` says under a name. `attributes.mode` is what was asked for; the caller's umask, or the directory's default ACL, is
    /// applied here. `Exists`, but for a file that is not made exclusively; that one stays as it is. As Linux has it, whoever may search the
    /// directory and not write to it is told of what exists, and whoever may not search it of nothing.
    pub async fn make(
        &self,
        view: &View,
        caller: &Caller,
        directory: Id,
        name: &[u8],
        make: Make,
        attributes: SetAttributes,
    ) -> Result<(Made, Around)> {
        let name = FileName::parse(name)?;
        if let Make::Symlink(target) = &make
            && (target.is_empty() || target.len() > SYMLINK_BYTES_MAX)
        {
            return Err(if target.is_empty() { FileError::NoSuchName } else { FileError::NameTooLong }.into());
        }
        if matches!(&make, Make::Symlink(target) if target.contains(&0)) {
            return Err(FileError::Invalid("a symbolic link's target can't hold NUL").into());
        }
        for _ in 0..TRANSACTION_ATTEMPTS_MAX {
            if let Some(made) = self.make_or_find(view, caller, directory, &name, &make, &attributes).await? {
                return Ok(made);
            }
        }
        Err(Error::Unavailable("the name leads elsewhere faster than it can be looked at; try again".into()))
    }

    /// `None` where the name was there, and led elsewhere a moment later.
    async fn make_or_find(
        &self,
        view: &View,
        caller: &Caller,
        directory: Id,
        name: &FileName,
        make: &Make,
        attributes: &SetAttributes,
    ) -> Result<Option<(Made, Around)>> {
        let (outcome, around) = transact!(self.store(), self.durability(view), |tx| {
            self.read_ahead(tx, view, directory, name).await?;
            let bucket = self.begin(tx, view).await?;
            if let (FileName::Either(stored) | FileName::Hidden(stored), true) = (name, is_version(make, &bucket)) {
                self.tree().lock_names(tx, &[(directory, stored)]).await?;
            }
            self.directory_to_add(tx, directory).await?;
            self.searching(tx, view, caller, directory).await?;
            if let Some(named) = self.tree().named(tx, directory, name).await? {
                return Ok((Outcome::Exists(named), Around::default()));
            }
            let stored = self.free_name(tx, directory, name, make).await?;
            let parent = self.changing(tx, view, caller, directory).await?;
            // mknod(2): a device is a way to the machine of whoever mounts this.
            let is_device = matches!(make, Make::BlockDevice(_) | Make::CharacterDevice(_));
            if is_device && !caller.checked && !caller.is_root() {
                return Err(Error::from(FileError::NotPermitted).into());
            }
            let made = self.make_new(tx, view, &bucket, caller, &parent.0, &stored, make, attributes).await?;
            let outcome = Outcome::New { attributes: made, is_draft: is_draft(make, &bucket, &stored) };
            Ok((outcome, self.around(tx, view, &parent).await?))
        })?;
        let made = match outcome {
            Outcome::New { attributes, is_draft } => {
                self.settled(view);
                if is_draft {
                    self.inner.drafts.note(attributes.node, &view.bucket);
                }
                Made { attributes, created: true }
            }
            Outcome::Exists(named) => match self.existing(view, &named, make).await? {
                Some(made) => made,
                None => return Ok(None),
            },
        };
        Ok(Some((made, around)))
    }

    /// A directory that is to get a name.
    pub(crate) async fn directory_to_add(&self, tx: &mut Transaction<'_>, directory: Id) -> Result<(), TxError> {
        match self.tree().directory_to_add(tx, directory).await {
            Err(TxError::Other(Error::File(FileError::Stale)))
                if self.tree().find_node(tx, directory).await?.is_some() =>
            {
                Err(Error::from(FileError::NotADirectory).into())
            }
            found => found.map(|_| ()),
        }
    }

    /// The name in the tree that a new name of files stands for.
    async fn free_name(
        &self,
        tx: &mut Transaction<'_>,
        directory: Id,
        name: &FileName,
        make: &Make,
    ) -> Result<Vec<u8>, TxError> {
        let refuse = |error: FileError| Err(Error::from(error).into());
        let is_directory = matches!(make, Make::Directory);
        match name {
            FileName::Either(stored) if is_directory && keys::is_unseen(stored) => refuse(UNSEEN_DIRECTORY),
            FileName::Either(stored) => Ok(stored.clone()),
            FileName::Hidden(_) if is_directory => {
                refuse(FileError::Invalid("a name that begins with %~s is an object's, which a directory hides"))
            }
            // There is nothing that would hide it: it would have another name at once.
            FileName::Hidden(stored) => {
                match self.tree().named(tx, directory, &FileName::Either(stored.clone())).await? {
                    Some(Named::Directory { .. }) => Ok(stored.clone()),
                    _ => refuse(FileError::Invalid("no directory of that name hides it")),
                }
            }
            FileName::Node(_) => refuse(FileError::Invalid("a name by number can't be made")),
            FileName::Unknown => refuse(FileError::Invalid("names that begin with %~ stand for what a path can't say")),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one step of one transaction")]
    async fn make_new(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        bucket: &Bucket,
        caller: &Caller,
        parent: &Attributes,
        stored: &[u8],
        make: &Make,
        wanted: &SetAttributes,
    ) -> Result<Attributes, TxError> {
        let mut node = self.tree().ids.next().await?;
        let now = self.now();
        let is_directory = matches!(make, Make::Directory);
        if stored.is_empty() && !is_directory {
            return Err(Error::from(FileError::Invalid("only a directory can be without a name")).into());
        }
        let inherited = self.default_acl(tx, parent.node).await?;
        let asked = wanted.mode.unwrap_or(if is_directory { 0o777 } else { 0o666 }) & MODE_BITS;
        let (mut mode, access_acl) = match (&inherited, make) {
            (_, Make::Symlink(_)) => (0o777, None),
            (Some(acl), _) => {
                let (acl, bits) = acl.inherited(asked);
                (asked & !0o777 | bits, Some(acl).filter(|acl| !acl.is_mode()))
            }
            (None, _) => (asked & !caller.umask, None),
        };
        let gid = if parent.mode & SET_GID != 0 { parent.gid } else { caller.gid };
        if parent.mode & SET_GID != 0 && is_directory {
            mode |= SET_GID;
        } else if asked & GROUP_PROGRAM == GROUP_PROGRAM && !is_directory && !caller.is_root() && !caller.is_in(gid) {
            // Nobody makes a program that runs as a group which it is not in. A kernel sees to that itself from Linux 6.0 on, and not before.
            mode &= !SET_GID;
        }
        let mut posix = Posix { mode, uid: caller.uid, gid, accessed: now, changed: now, device: 0 };
        // NFS may name an owner at once; only root gives away.
        if !caller.checked && (caller.is_root() || wanted.uid == Some(caller.uid)) {
            posix.uid = wanted.uid.unwrap_or(posix.uid);
        }
        if !caller.checked && wanted.gid.is_some_and(|gid| caller.is_root() || caller.is_in(gid)) {
            posix.gid = wanted.gid.unwrap_or(posix.gid);
        }
        let at = |time: Option<SetTime>| match time {
            Some(SetTime::To(time)) => Some(time),
            _ => None,
        };
        posix.accessed = at(wanted.accessed).unwrap_or(now);

        if is_directory {
            let mut record = self.tree().new_directory(parent.node, &directory_name(stored));
            record.posix = Some(posix);
            // Its marker is a name in it, and a change of its time: the one that was asked for comes after that.
            let modified = || at(wanted.modified).map(|time| (time, self.now()));
            if bucket.versioned() {
                node = self.make_directory_version(tx, view, bucket, (parent.node, stored)).await?;
                record.modified = modified();
                // One that held versions only is taken up again: nothing of its former attributes stays.
                self.tree().drop_xattrs(tx, node).await?;
                record.xattrs = self.put_acls(tx, node, inherited.as_ref(), access_acl.as_ref());
                tx.put(Table::Index, keys::directory(node), record.encode());
            } else {
                record.xattrs = self.put_acls(tx, node, inherited.as_ref(), access_acl.as_ref());
                self.tree().put_marker(tx, node, view.owner, view.bucket_owner).await?;
                record.modified = modified();
                self.tree().put_new_directory(tx, node, &record);
            }
            // With the time that its own names have given it.
            let directory = self.tree().directory_in(tx, node, true).await?;
            return match directory {
                Some(directory) => Ok(of_directory(view, node, &directory)),
                None => Err(Error::Internal(format!("directory {node} is not there when it is made")).into()),
            };
        }
        let mut record = NodeRecord::empty(kind(make), view.owner, at(wanted.modified).unwrap_or(now));
        match make {
            Make::BlockDevice(device) | Make::CharacterDevice(device) => posix.device = *device,
            Make::File(Exclusive::Verifier(verifier)) => {
                // Kept where RFC 1813 suggests: the client sets its own times afterwards.
                posix.accessed = Timestamp(u64::from_be_bytes(*verifier));
            }
            Make::Symlink(target) => {
                record.size = target.len() as u64;
                record.content = ContentRef::Inline;
                record.etag = ETag::Md5(crate::content::Md5::of(target));
                tx.put(Table::Inline, keys::inline(node, 0), seal_inline(node, 0, target));
            }
            Make::File(_) | Make::Fifo | Make::Socket | Make::Directory => {}
        }
        record.headers.content_type = content_type(make).map(str::to_owned);
        record.posix = Some(posix);
        record.xattrs = self.put_acls(tx, node, None, access_acl.as_ref());
        let name = (parent.node, stored);
        if is_draft(make, bucket, stored) {
            self.tree().put_draft(tx, node, &mut record, name, bucket);
            self.tree().touched(tx, parent.node);
        } else if is_version(make, bucket) && !keys::is_unseen(stored) {
            let new = NewNode { id: node, record: record.clone(), inline: None, content: None };
            record.modified = self.insert_version(tx, bucket, name, &new).await?;
        } else {
            self.tree().put_new_node(tx, node, &mut record, name, view.bucket_owner);
        }
        Ok(of_node(view, node, &record))
    }

    async fn default_acl(&self, tx: &mut Transaction<'_>, directory: Id) -> Result<Option<Acl>, TxError> {
        match self.tree().find_directory(tx, directory).await? {
            Some(record) if record.xattrs > 0 => self.acl(tx, directory, acl::DEFAULT).await,
            _ => Ok(None),
        }
    }

    /// Puts the ACLs of something new; their number.
    fn put_acls(&self, tx: &mut Transaction<'_>, node: Id, default: Option<&Acl>, access: Option<&Acl>) -> u32 {
        let mut count = 0;
        for (name, acl) in [(acl::DEFAULT, default), (acl::ACCESS, access)] {
            if let Some(acl) = acl {
                tx.put(Table::Index, keys::xattr(node, name), super::xattr::sealed(&acl.to_bytes()));
                count += 1;
            }
        }
        count
    }

    /// The name was there already. `None` where it has led elsewhere since.
    async fn existing(&self, view: &View, named: &Named, make: &Make) -> Result<Option<Made>> {
        let exists = || Err(FileError::Exists.into());
        let Make::File(exclusive) = make else { return exists() };
        if named.is_directory() {
            return exists();
        }
        let Some(attributes) = self.attributes_of(view, named).await? else { return Ok(None) };
        self.heard_of(view, attributes.node).await;
        match exclusive {
            Exclusive::Yes => exists(),
            Exclusive::Verifier(verifier) => {
                let same = attributes.accessed == Timestamp(u64::from_be_bytes(*verifier)) && attributes.size == 0;
                if same { Ok(Some(Made { attributes, created: false })) } else { exists() }
            }
            Exclusive::No => Ok(Some(Made { attributes, created: false })),
        }
    }
}

/// Whether what is made is a draft at first: in a bucket with versions S3 sees a file once it was closed.
fn is_draft(make: &Make, bucket: &Bucket, stored: &[u8]) -> bool {
    matches!(make, Make::File(_)) && bucket.versioned() && !keys::is_unseen(stored)
}

/// Whether what is made is one at once: it has no bytes that are still to come.
fn is_version(make: &Make, bucket: &Bucket) -> bool {
    bucket.versioned() && !matches!(make, Make::File(_) | Make::Directory)
}

fn kind(make: &Make) -> NodeKind {
    match make {
        Make::File(_) | Make::Directory => NodeKind::File,
        Make::Symlink(_) => NodeKind::Symlink,
        Make::Fifo => NodeKind::Fifo,
        Make::Socket => NodeKind::Socket,
        Make::BlockDevice(_) => NodeKind::BlockDevice,
        Make::CharacterDevice(_) => NodeKind::CharacterDevice,
    }
}

/// What S3 is told of what is no file (the names of shared-mime-info).
fn content_type(make: &Make) -> Option<&'static str> {
    match make {
        Make::File(_) | Make::Directory => None,
        Make::Symlink(_) => Some("inode/symlink"),
        Make::Fifo => Some("inode/fifo"),
        Make::Socket => Some("inode/socket"),
        Make::BlockDevice(_) => Some("inode/blockdevice"),
        Make::CharacterDevice(_) => Some("inode/chardevice"),
    }
}
