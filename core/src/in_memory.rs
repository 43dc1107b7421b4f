//! A whole store in memory, with root's account: what tests of doors work on.
//!
//! Always holds: made of the parts that a store on disk is made of, but for the two engines; nothing of it outlives its last clone.

use std::collections::HashMap;
use std::sync::Arc;

use crate::access::{Accounts, Secret};
use crate::clock::SystemClock;
use crate::data::Location;
use crate::data::memory::MemoryStore as MemoryBlobs;
use crate::error::Result;
use crate::files::FileService;
use crate::metadata::memory::MemoryStore as MemoryIndex;
use crate::metadata::watched::{Coherence, Watched};
use crate::objects::{AclChange, CreateBucket, ObjectService, Parts};
use crate::random::SystemRandom;
use crate::types::{BucketName, Principal, TagSet};

/// The one location's name, and the region.
const LOCATION: &str = "files";
const REGION: &str = "us-east-1";

pub struct InMemory {
    pub objects: ObjectService,
    pub accounts: Arc<Accounts>,
    /// Root's account.
    pub root: Principal,
    coherence: Arc<Coherence>,
}

impl InMemory {
    /// One with room for so many bytes of blobs.
    ///
    /// # Errors
    /// Those of an index that is empty and whole: none.
    pub async fn new(blob_bytes: u64) -> Result<Self> {
        let (metadata, coherence) = Watched::new(Arc::new(MemoryIndex::new()));
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let key = ("ROOTKEY".to_owned(), Secret::new("root-secret"));
        let accounts = Arc::new(Accounts::load(metadata.clone(), clock.clone(), random.clone(), key).await?);
        let location = Location { name: LOCATION.into(), store: MemoryBlobs::new(blob_bytes), inline: true };
        let objects = ObjectService::new(Parts {
            metadata,
            locations: HashMap::from([(LOCATION.to_owned(), location)]),
            default_location: LOCATION.into(),
            accounts: Arc::clone(&accounts),
            clock,
            random,
            region: REGION.into(),
        });
        let root = Principal::Account(accounts.root());
        Ok(Self { objects, accounts, root, coherence })
    }

    /// Makes a bucket of root's.
    ///
    /// # Errors
    /// [`ObjectService::create_bucket`]'s.
    pub async fn bucket(&self, bucket: BucketName) -> Result<()> {
        let create = CreateBucket { bucket, location: None, acl: AclChange::default(), tags: TagSet::default() };
        self.objects.create_bucket(&self.root, create).await.map(|_| ())
    }

    /// The one service of files: to be made once, for sessions and locks are its own.
    pub fn files(&self) -> FileService {
        FileService::new(self.objects.clone(), Arc::clone(&self.coherence))
    }
}
