//! Extended attributes: `user.`, `trusted.`, `security.` and the ACLs of `system.` (xattr(7)).
//!
//! Always holds: a node's record says how many it has; each change is one transaction with that. An ACL is checked, and the mode follows
//! it, before it is kept.

use bytes::Bytes;

use super::access;
use super::acl::{self, Acl};
use super::attributes::AnyNode;
use super::{Access, Attributes, Caller, FileError, FileService, Kind, SetXattr, View};
use crate::error::{Error, Result};
use crate::limits::{XATTR_NAME_BYTES_MAX, XATTR_VALUE_BYTES_MAX, XATTRS_MAX};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Record, Xattr};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::{ReadError, Table};
use crate::transact;

/// A value as the index keeps it.
pub(crate) fn sealed(value: &[u8]) -> Bytes {
    Xattr(value.to_vec()).encode()
}

pub(crate) fn opened(stored: &[u8]) -> Result<Vec<u8>, ReadError> {
    Ok(Xattr::decode(stored)?.0)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Namespace {
    User,
    Trusted,
    Security,
    Acl,
}

fn namespace(name: &[u8]) -> Result<Namespace, FileError> {
    if name.len() > XATTR_NAME_BYTES_MAX {
        return Err(FileError::BufferTooSmall);
    }
    let known =
        [(&b"user."[..], Namespace::User), (b"trusted.", Namespace::Trusted), (b"security.", Namespace::Security)];
    match known.iter().find(|(prefix, _)| name.starts_with(prefix) && name.len() > prefix.len()) {
        Some((_, namespace)) => Ok(*namespace),
        None if name == acl::ACCESS || name == acl::DEFAULT => Ok(Namespace::Acl),
        None => Err(FileError::NotSupported("an attribute's name begins with user., trusted. or security.")),
    }
}

impl FileService {
    /// `NoAttribute` where there is none of that name.
    pub async fn get_xattr(&self, view: &View, caller: &Caller, node: Id, name: &[u8]) -> Result<Bytes> {
        let namespace = namespace(name)?;
        let mut tx = Transaction::new(self.store());
        let found = self.any_node(&mut tx, node, false).await?;
        let attributes = found.attributes(view, node);
        self.may_read(&mut tx, caller, &found, &attributes, namespace).await?;
        if found.xattrs() == 0 {
            return Err(FileError::NoAttribute.into());
        }
        match tx.get(Table::Index, &keys::xattr(node, name)).await? {
            Some(value) => Ok(opened(&value)?.into()),
            None => Err(FileError::NoAttribute.into()),
        }
    }

    /// The names, in their order; those of `trusted.` for root only.
    pub async fn list_xattrs(&self, _view: &View, caller: &Caller, node: Id) -> Result<Vec<Vec<u8>>> {
        let mut tx = Transaction::new(self.store());
        let found = self.any_node(&mut tx, node, false).await?;
        if found.xattrs() == 0 {
            return Ok(Vec::new());
        }
        let prefix = keys::xattrs(node);
        let values = tx.snapshot_scan(&prefix, &keys::behind(&prefix), XATTRS_MAX).await?;
        let names = values.into_iter().map(|(key, _)| keys::xattr_name(&key).to_vec());
        Ok(names.filter(|name| caller.is_root() || !name.starts_with(b"trusted.")).collect())
    }

    /// Sets one, `system.posix_acl_*` too, which changes the mode with it. `Exists` and `NoAttribute` as `mode` asks, `AttributeTooLarge`
    /// and `StorageFull` beyond the limits. In the log when it returns (on the disk with `durability=strict`).
    pub async fn set_xattr(
        &self,
        view: &View,
        caller: &Caller,
        node: Id,
        name: &[u8],
        value: &[u8],
        mode: SetXattr,
    ) -> Result<()> {
        let namespace = namespace(name)?;
        if value.len() > XATTR_VALUE_BYTES_MAX {
            return Err(FileError::AttributeTooLarge.into());
        }
        let acl = (namespace == Namespace::Acl).then(|| Acl::parse(value)).transpose()?;
        transact!(self.store(), self.durability(view), |tx| {
            self.begin(tx, view).await?;
            let mut found = self.any_node(tx, node, false).await?;
            let attributes = found.attributes(view, node);
            self.may_write(tx, caller, &found, &attributes, namespace).await?;
            let key = keys::xattr(node, name);
            let there = tx.get(Table::Index, &key).await?.is_some();
            let refused = match (mode, there) {
                (SetXattr::Create, true) => Some(FileError::Exists),
                (SetXattr::Replace, false) => Some(FileError::NoAttribute),
                _ if !there && found.xattrs() as usize >= XATTRS_MAX => {
                    let full = format!("a file has at most {XATTRS_MAX} extended attributes");
                    return Err(Error::StorageFull(full).into());
                }
                _ => None,
            };
            if let Some(error) = refused {
                return Err(Error::from(error).into());
            }
            let mut new_mode = None;
            match &acl {
                Some(_) if attributes.kind == Kind::Symlink => {
                    return Err(Error::from(FileError::NotSupported("a symbolic link has no ACL")).into());
                }
                Some(_) if name == acl::DEFAULT && attributes.kind != Kind::Directory => {
                    return Err(Error::from(FileError::PermissionDenied).into());
                }
                Some(acl) if name == acl::ACCESS => {
                    let strange = !caller.is_root() && !caller.is_in(attributes.gid);
                    let lost = if strange { access::SET_GID } else { 0 };
                    new_mode = Some(attributes.mode & !0o777 & !lost | acl.mode());
                }
                _ => {}
            }
            // An ACL that says no more than a mode is none.
            let keeps = acl.as_ref().is_none_or(|acl| name == acl::DEFAULT || !acl.is_mode());
            match keeps {
                true => tx.put(Table::Index, key, sealed(value)),
                false => tx.delete(Table::Index, key),
            }
            let change = i32::from(keeps) - i32::from(there);
            self.put_changed(tx, view, (node, &mut found), &attributes, change, new_mode).await
        })?;
        self.settled(view);
        self.changed_node(view, node, false).await;
        Ok(())
    }

    /// `NoAttribute` where there is none of that name; an ACL that is not there is let go of all the same. As durable as
    /// [`FileService::set_xattr`].
    pub async fn remove_xattr(&self, view: &View, caller: &Caller, node: Id, name: &[u8]) -> Result<()> {
        let namespace = namespace(name)?;
        transact!(self.store(), self.durability(view), |tx| {
            self.begin(tx, view).await?;
            let mut found = self.any_node(tx, node, false).await?;
            let attributes = found.attributes(view, node);
            self.may_write(tx, caller, &found, &attributes, namespace).await?;
            let key = keys::xattr(node, name);
            if tx.get(Table::Index, &key).await?.is_none() {
                // Linux lets go of an ACL that is not there.
                return match namespace {
                    Namespace::Acl => Ok(()),
                    _ => Err(Error::from(FileError::NoAttribute).into()),
                };
            }
            tx.delete(Table::Index, key);
            self.put_changed(tx, view, (node, &mut found), &attributes, -1, None).await
        })?;
        self.settled(view);
        self.changed_node(view, node, false).await;
        Ok(())
    }

    /// The node's record, after its attributes have become more or fewer.
    pub(super) async fn put_changed(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        (node, found): (Id, &mut AnyNode),
        attributes: &Attributes,
        change: i32,
        mode: Option<u32>,
    ) -> Result<(), TxError> {
        let Attributes { uid, gid, accessed, device, .. } = *attributes;
        let mode = mode.unwrap_or(attributes.mode);
        let posix = crate::metadata::records::Posix { mode, uid, gid, accessed, changed: self.now(), device };
        match found {
            AnyNode::File(record) => {
                record.posix = Some(posix);
                record.xattrs = record.xattrs.saturating_add_signed(change);
                self.tree().put_node_of(tx, node, record, Some(view.bucket_owner)).await
            }
            AnyNode::Directory(directory) => {
                directory.record.posix = Some(posix);
                directory.record.xattrs = directory.record.xattrs.saturating_add_signed(change);
                tx.put(Table::Index, keys::directory(node), directory.record.encode());
                Ok(())
            }
        }
    }

    async fn may_read(
        &self,
        tx: &mut Transaction<'_>,
        caller: &Caller,
        found: &AnyNode,
        attributes: &Attributes,
        namespace: Namespace,
    ) -> Result<(), TxError> {
        match namespace {
            Namespace::User => self.require(tx, caller, found, attributes, Access::READ).await,
            Namespace::Trusted if !caller.is_root() => Err(Error::from(FileError::NoAttribute).into()),
            _ => Ok(()),
        }
    }

    async fn may_write(
        &self,
        tx: &mut Transaction<'_>,
        caller: &Caller,
        found: &AnyNode,
        attributes: &Attributes,
        namespace: Namespace,
    ) -> Result<(), TxError> {
        let refuse = |error: FileError| Err(Error::from(error).into());
        match namespace {
            Namespace::User => {
                if !matches!(attributes.kind, Kind::File | Kind::Directory) {
                    return refuse(FileError::NotPermitted);
                }
                if attributes.kind == Kind::Directory
                    && attributes.mode & access::STICKY != 0
                    && !caller.owns(attributes)
                {
                    return refuse(FileError::NotPermitted);
                }
                self.require(tx, caller, found, attributes, Access::WRITE).await
            }
            Namespace::Trusted | Namespace::Security if !caller.is_root() && !caller.checked => {
                refuse(FileError::NotPermitted)
            }
            Namespace::Acl if !caller.owns(attributes) => refuse(FileError::NotPermitted),
            _ => Ok(()),
        }
    }
}
