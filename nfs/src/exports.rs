//! What is exported, to whom, and as whom they act: a table that changes while the door serves.
//!
//! Always holds: an export's id is its own for as long as it exists, over restarts, and of no other; handles carry it. A name is one
//! component of a path. Who asks is decided anew at each call: a handle alone opens nothing.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use trefoil_core::error::{Error, Result};
use trefoil_core::files::{AccessTimes, Caller, Defaults, FileService, NO_ID, View, ViewRequest};
use trefoil_core::types::{AccountId, BucketName, Principal};

use crate::hosts::Hosts;
use crate::limits::{EXPORT_NAME_BYTES_MAX, EXPORTS_MAX};
use crate::rpc::Identity;

/// uid and gid of whoever is nobody: the number that systems have for `nobody`.
pub const NOBODY: u32 = 65_534;
/// Ports that only a client's root may send from.
const PRIVILEGED_PORTS: std::ops::Range<u16> = 1..1024;

/// Whose requests are carried out as nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Squash {
    /// Root's: uid 0 and gid 0.
    Root,
    /// Everybody's.
    All,
    None,
}

/// What an export is, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// Clients mount `/NAME`.
    pub name: String,
    pub bucket: BucketName,
    /// A directory of the bucket, without slashes at its ends; empty for the whole.
    pub prefix: String,
    pub read_only: bool,
    pub hosts: Hosts,
    pub squash: Squash,
    /// uid and gid of squashed requests, and of those without credentials.
    pub anonymous: (u32, u32),
    /// Whether requests must come from a port that only root may use.
    pub secure: bool,
    /// Owner and mode of what S3 made.
    pub defaults: Defaults,
}

impl ExportOptions {
    /// Says what is wrong with them.
    pub fn check(&self) -> Result<(), ExportError> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let name = &self.name;
        if name.is_empty()
            || name.len() > EXPORT_NAME_BYTES_MAX
            || !name.bytes().all(letter)
            || [".", ".."].contains(&name.as_str())
        {
            return Err(ExportError::InvalidName);
        }
        Ok(())
    }
}

/// Why an export can't be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    #[error("an export of this name exists")]
    Exists,
    #[error("there are {EXPORTS_MAX} exports, and there can't be more")]
    TooMany,
    #[error("the name of an export has 1 to 255 letters, digits, and any of . - _, and is not . or ..")]
    InvalidName,
}

#[derive(Debug)]
pub struct Export {
    pub id: u64,
    pub options: ExportOptions,
    /// Who must be allowed the bucket.
    principal: Principal,
    /// The tree as it was found when somebody first used it, or mounted it last.
    view: RwLock<Option<Arc<View>>>,
    /// Whose bucket it was when it was found first: by itself, an export goes over to no other account's.
    owner: Mutex<Option<AccountId>>,
}

impl Export {
    /// `owner`: whose bucket it was, where that is known.
    pub fn new(
        id: u64,
        principal: Principal,
        options: ExportOptions,
        owner: Option<AccountId>,
    ) -> Result<Self, ExportError> {
        options.check()?;
        Ok(Self { id, options, principal, view: RwLock::new(None), owner: Mutex::new(owner) })
    }

    pub fn owner(&self) -> Option<AccountId> {
        *self.owner.lock()
    }

    /// Whether a request from there is let in.
    pub fn admits(&self, peer: SocketAddr) -> bool {
        self.options.hosts.admits(peer.ip()) && (!self.options.secure || PRIVILEGED_PORTS.contains(&peer.port()))
    }

    /// As whom a request is carried out.
    pub fn caller(&self, identity: &Identity) -> Caller {
        let (anonymous_uid, anonymous_gid) = self.options.anonymous;
        let squashed = |id: u32| id == NO_ID || id == 0 && self.options.squash == Squash::Root;
        let group = |gid: u32| if squashed(gid) { anonymous_gid } else { gid };
        match identity {
            Identity::Unix { uid, gid, groups } if self.options.squash != Squash::All => Caller {
                uid: if squashed(*uid) { anonymous_uid } else { *uid },
                gid: group(*gid),
                groups: groups.iter().filter(|gid| **gid != NO_ID).map(|gid| group(*gid)).collect(),
                ..Caller::default()
            },
            _ => Caller { uid: anonymous_uid, gid: anonymous_gid, groups: Vec::new(), ..Caller::default() },
        }
    }

    /// The tree, looked for where it was not yet.
    pub async fn view(&self, files: &FileService) -> Result<Arc<View>> {
        let known = self.view.read().clone();
        match known {
            Some(view) => Ok(view),
            None => self.find(files).await,
        }
    }

    /// The tree as it is now, and from now on: a bucket that was deleted and made again is another.
    pub async fn find(&self, files: &FileService) -> Result<Arc<View>> {
        let view = Arc::new(self.look(files).await?);
        *self.view.write() = Some(Arc::clone(&view));
        Ok(view)
    }

    /// The same, changing nothing for those who use it. `AccessDenied` where the bucket has become another account's.
    pub async fn look(&self, files: &FileService) -> Result<View> {
        let wanted = ViewRequest {
            bucket: self.options.bucket.clone(),
            prefix: self.options.prefix.clone(),
            read_only: self.options.read_only,
            // What NFS answers of names and attributes is stable (RFC 1813, 4.8).
            strict: true,
            access_times: AccessTimes::Never,
            defaults: self.options.defaults,
        };
        let view = files.view(&self.principal, wanted).await?;
        let owner = *self.owner.lock().get_or_insert(view.bucket_owner);
        if owner != view.bucket_owner {
            let name = &self.options.name;
            return Err(Error::AccessDenied(format!(
                "the bucket {} is another account's now; where that is meant, delete the export {name} and make it anew (of one in the \
                 settings, start the daemon anew)",
                view.bucket
            )));
        }
        Ok(view)
    }
}

#[derive(Debug, Default)]
struct Table {
    by_id: HashMap<u64, Arc<Export>>,
    by_name: BTreeMap<String, Arc<Export>>,
}

/// The exports of a door. What is added serves at once; what is removed is gone at once: its handles are stale.
#[derive(Debug, Default)]
pub struct Exports {
    table: RwLock<Table>,
}

impl Exports {
    pub fn add(&self, export: Export) -> Result<Arc<Export>, ExportError> {
        let mut table = self.table.write();
        let name = &export.options.name;
        if table.by_name.contains_key(name) || table.by_id.contains_key(&export.id) {
            return Err(ExportError::Exists);
        }
        if table.by_id.len() >= EXPORTS_MAX {
            return Err(ExportError::TooMany);
        }
        let (name, export) = (name.clone(), Arc::new(export));
        table.by_id.insert(export.id, Arc::clone(&export));
        table.by_name.insert(name, Arc::clone(&export));
        Ok(export)
    }

    /// Whether there was one.
    pub fn remove(&self, name: &str) -> bool {
        let mut table = self.table.write();
        let Some(export) = table.by_name.remove(name) else { return false };
        table.by_id.remove(&export.id);
        true
    }

    /// Whether there can't be one more.
    pub fn is_full(&self) -> bool {
        self.table.read().by_id.len() >= EXPORTS_MAX
    }

    pub fn by_id(&self, id: u64) -> Option<Arc<Export>> {
        self.table.read().by_id.get(&id).cloned()
    }

    pub fn by_name(&self, name: &str) -> Option<Arc<Export>> {
        self.table.read().by_name.get(name).cloned()
    }

    /// All of them, by name.
    pub fn list(&self) -> Vec<Arc<Export>> {
        self.table.read().by_name.values().cloned().collect()
    }

    /// Whether any export lets this client in.
    pub fn admit(&self, peer: SocketAddr) -> bool {
        self.table.read().by_id.values().any(|export| export.admits(peer))
    }
}
