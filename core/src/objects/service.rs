//! The service itself: what its verbs have in common.
//!
//! Always holds: clones share everything; a right is refused here or in the verb, never in a door.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::access::{Accounts, allows};
use crate::clock::Clock;
use crate::content::Pins;
use crate::data::Location;
use crate::error::{Error, Result};
use crate::metadata::MetadataStore;
use crate::metadata::records::Version;
use crate::metadata::watched::Coherence;
use crate::namespace::{Bucket, Tree};
use crate::random::Random;
use crate::types::{AccountId, Permission, Principal, VersionId, Versioning};

/// What a service is made of.
pub struct Parts {
    pub metadata: Arc<dyn MetadataStore>,
    /// Every configured location by name; `default_location` is among them.
    pub locations: HashMap<String, Location>,
    pub default_location: String,
    pub accounts: Arc<Accounts>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    /// The region that buckets live in, for location constraints.
    pub region: String,
}

/// Buckets, keys and versions. Cheap to clone.
#[derive(Clone)]
pub struct ObjectService {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub parts: Parts,
    pub tree: Tree,
    /// Contents that are being read: their blobs stay.
    pub pins: Pins,
    /// Contents that are being written, and whose blobs may have no name yet: they are no orphans.
    pub writers: Pins,
    /// Who is told of changes of the index, once somebody caches.
    pub coherence: OnceLock<Arc<Coherence>>,
}

impl ObjectService {
    pub fn new(parts: Parts) -> Self {
        let tree = Tree::new(Arc::clone(&parts.metadata), Arc::clone(&parts.clock));
        let (pins, writers) = (Pins::default(), Pins::default());
        Self { inner: Arc::new(Inner { parts, tree, pins, writers, coherence: OnceLock::new() }) }
    }

    /// Whether every blob that was put since the start has got its name, or is gone. To be asked when no request runs any more:
    /// where the answer is no, the next start has to search for orphans.
    pub fn is_settled(&self) -> bool {
        self.inner.writers.count() == 0 && crate::content::metrics().blobs_orphaned_total.get() == 0
    }

    pub fn accounts(&self) -> &Arc<Accounts> {
        &self.inner.parts.accounts
    }

    pub fn region(&self) -> &str {
        &self.inner.parts.region
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.inner.tree
    }

    pub(crate) fn store(&self) -> &dyn MetadataStore {
        &*self.inner.parts.metadata
    }

    /// A location by its name in a record; a record names none that is not configured, unless the settings lost it.
    pub(crate) fn location(&self, name: &str) -> Result<&Location> {
        self.inner.parts.locations.get(name).ok_or_else(|| {
            Error::Unavailable(format!("the location {name} is not configured; put it back into the settings"))
        })
    }

    /// Where a write's bytes go: as the request says, or the bucket.
    pub(crate) fn location_for(&self, bucket: &Bucket, requested: Option<&str>) -> Result<&Location> {
        match requested {
            None => self.location(&bucket.record.location),
            Some(name) => self.inner.parts.locations.get(name).ok_or_else(|| Error::InvalidArgument {
                name: "Location",
                value: name.to_owned(),
                message: format!("there is no location {name}"),
            }),
        }
    }

    /// Refuses whoever lacks a permission on the bucket.
    pub(crate) fn require(&self, principal: &Principal, bucket: &Bucket, wanted: Permission) -> Result<()> {
        match allows(principal, bucket.record.owner, bucket.record.acl.as_ref(), wanted) {
            true => Ok(()),
            false => Err(Error::AccessDenied(format!("no {wanted:?} on the bucket {}", bucket.name))),
        }
    }

    /// Refuses all but the bucket's owner (and root).
    pub(crate) fn require_owner(&self, principal: &Principal, bucket: &Bucket) -> Result<()> {
        match principal.is_root() || principal.account_id() == Some(bucket.record.owner) {
            true => Ok(()),
            false => Err(Error::AccessDenied(format!("the bucket {} belongs to another account", bucket.name))),
        }
    }

    /// Who owns what `principal` makes in a bucket: what everybody may write belongs to the bucket's owner.
    pub(crate) fn owner_of_new(principal: &Principal, bucket: &Bucket) -> AccountId {
        principal.account_id().unwrap_or(bucket.record.owner)
    }
}

/// The id that a version shows: none in a bucket that never had versions.
pub(crate) fn version_id(bucket: &Bucket, node: u64, version: Version) -> Option<VersionId> {
    match bucket.record.versioning {
        Versioning::Unset => None,
        Versioning::Enabled | Versioning::Suspended => Some(version.id(node)),
    }
}

/// The id that the answer to a write shows: S3 names none for a null version.
pub(crate) fn made_version(bucket: &Bucket, node: u64, version: Version) -> Option<VersionId> {
    version_id(bucket, node, version).filter(|version| *version != VersionId::Null)
}
