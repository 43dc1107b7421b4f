//! A store in memory, with exports, behind a door that listens.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use trefoil_core::access::{Accounts, Secret};
use trefoil_core::clock::SystemClock;
use trefoil_core::data::Location;
use trefoil_core::data::memory::MemoryStore as MemoryBlobs;
use trefoil_core::files::{Defaults, FileService};
use trefoil_core::metadata::memory::MemoryStore as MemoryIndex;
use trefoil_core::objects::{AclChange, CreateBucket, ObjectService, Parts as ObjectParts};
use trefoil_core::random::SystemRandom;
use trefoil_core::types::{Principal, TagSet};

use super::client::{As, Client};
use crate::metrics::Metrics;
use crate::{Export, ExportOptions, Exports, Hosts, NOBODY, NfsAddress, NfsServer, Parts, Squash};

pub const BUCKET: &str = "bucket";
pub const KEY: [u8; 32] = [42; 32];

pub struct Fixture {
    pub address: SocketAddr,
    pub exports: Arc<Exports>,
    pub metrics: Arc<Metrics>,
    pub stop: Option<oneshot::Sender<()>>,
    pub served: JoinHandle<()>,
}

/// An export of the whole bucket, whose clients are who they say.
pub fn options(name: &str) -> ExportOptions {
    ExportOptions {
        name: name.into(),
        bucket: BUCKET.parse().expect("a bucket's name"),
        prefix: String::new(),
        read_only: false,
        hosts: Hosts::local(),
        squash: Squash::None,
        anonymous: (NOBODY, NOBODY),
        secure: false,
        defaults: Defaults::default(),
    }
}

pub async fn fixture() -> Fixture {
    let metadata = Arc::new(MemoryIndex::new());
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let root = ("ROOTKEY".to_owned(), Secret::new("root-secret-of-the-tests"));
    let accounts = Accounts::load(metadata.clone(), clock.clone(), random.clone(), root).await.expect("accounts");
    let accounts = Arc::new(accounts);
    let location = Location { name: "files".into(), store: MemoryBlobs::new(1 << 30), inline: true };
    let service = ObjectService::new(ObjectParts {
        metadata,
        locations: HashMap::from([("files".to_owned(), location)]),
        default_location: "files".into(),
        accounts: Arc::clone(&accounts),
        clock,
        random,
        region: "us-east-1".into(),
    });
    let principal = Principal::Account(accounts.root());
    let bucket = CreateBucket {
        bucket: BUCKET.parse().expect("a bucket's name"),
        location: None,
        acl: AclChange::default(),
        tags: TagSet::default(),
    };
    service.create_bucket(&principal, bucket).await.expect("a bucket");

    let exports = Arc::new(Exports::default());
    let elsewhere = Hosts::parse(["192.0.2.1"]).expect("hosts");
    for (id, options) in [
        (1, options("open")),
        (2, ExportOptions { read_only: true, ..options("read") }),
        (3, ExportOptions { squash: Squash::All, ..options("squashed") }),
        (4, ExportOptions { squash: Squash::Root, ..options("root") }),
        (5, ExportOptions { hosts: elsewhere, ..options("elsewhere") }),
        (6, ExportOptions { secure: true, ..options("secure") }),
        (7, ExportOptions { bucket: "no-such-bucket".parse().expect("a bucket's name"), ..options("gone") }),
    ] {
        exports.add(Export::new(id, principal.clone(), options).expect("an export")).expect("added");
    }
    let address = NfsAddress::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let parts = Parts {
        files: FileService::new(service.clone(), Arc::default()),
        exports: Arc::clone(&exports),
        handle_key: KEY,
    };
    let server = NfsServer::listen(address, parts).expect("a listener");
    let (address, metrics) = (server.local_addr(), server.metrics());
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.serve(async {
        // Dropped with the fixture, too.
        let _ = stopped.await;
    }));
    Fixture { address, exports, metrics, stop: Some(stop), served }
}

impl Fixture {
    pub async fn client(&self, identity: As) -> Client {
        Client::connect(self.address, identity).await
    }

    pub async fn root(&self) -> Client {
        self.client(As::Unix(0, 0, vec![])).await
    }
}
