//! What the tree remembers of directories and buckets, to guess a whole path before it asks.
//!
//! Always holds: nothing here is trusted. A guess is verified against the index in the one read that uses it; a wrong one costs a
//! walk.

use std::sync::Arc;

use super::resolve::Bucket;
use crate::limits::{BUCKET_CACHE_BYTES_MAX, CACHED_OVERHEAD_BYTES, DIRECTORY_CACHE_BYTES_MAX};
use crate::metadata::keys::Id;

pub struct Cache {
    directories: quick_cache::sync::Cache<(Id, Box<[u8]>), Id, Weight>,
    buckets: quick_cache::sync::Cache<Box<str>, Arc<Bucket>, Weight>,
}

/// What is remembered counts with the memory that it takes: names and records differ in size a thousandfold.
#[derive(Clone)]
struct Weight;

impl quick_cache::Weighter<(Id, Box<[u8]>), Id> for Weight {
    fn weight(&self, (_, name): &(Id, Box<[u8]>), _: &Id) -> u64 {
        CACHED_OVERHEAD_BYTES + name.len() as u64
    }
}

impl quick_cache::Weighter<Box<str>, Arc<Bucket>> for Weight {
    fn weight(&self, name: &Box<str>, bucket: &Arc<Bucket>) -> u64 {
        // Once as it is stored, and once decoded, with its name.
        CACHED_OVERHEAD_BYTES + 2 * (name.len() + bucket.stored_bytes()) as u64
    }
}

impl Default for Cache {
    fn default() -> Self {
        let items = |bytes: u64| usize::try_from(bytes / CACHED_OVERHEAD_BYTES).unwrap_or(usize::MAX);
        let (directories, buckets) = (DIRECTORY_CACHE_BYTES_MAX, BUCKET_CACHE_BYTES_MAX);
        Self {
            directories: quick_cache::sync::Cache::with_weighter(items(directories), directories, Weight),
            buckets: quick_cache::sync::Cache::with_weighter(items(buckets), buckets, Weight),
        }
    }
}

/// A borrowed form of the directories' key.
#[derive(Hash)]
struct NameRef<'a>(Id, &'a [u8]);

impl quick_cache::Equivalent<(Id, Box<[u8]>)> for NameRef<'_> {
    fn equivalent(&self, key: &(Id, Box<[u8]>)) -> bool {
        self.0 == key.0 && self.1 == &*key.1
    }
}

impl Cache {
    pub fn directory(&self, parent: Id, name: &[u8]) -> Option<Id> {
        self.directories.get(&NameRef(parent, name))
    }

    pub fn remember_directory(&self, parent: Id, name: &[u8], node: Id) {
        self.directories.insert((parent, name.into()), node);
    }

    pub fn forget_directory(&self, parent: Id, name: &[u8]) {
        self.directories.remove(&NameRef(parent, name));
    }

    pub fn bucket(&self, name: &str) -> Option<Arc<Bucket>> {
        self.buckets.get(name)
    }

    pub fn remember_bucket(&self, name: &str, bucket: Arc<Bucket>) {
        self.buckets.insert(name.into(), bucket);
    }

    pub fn forget_bucket(&self, name: &str) {
        self.buckets.remove(name);
    }
}
