//! A store in memory, with exports, behind a door that listens.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use trefoil_core::files::Defaults;
use trefoil_core::in_memory::InMemory;

use super::client::{As, Client};
use crate::metrics::Metrics;
use crate::{Export, ExportOptions, Exports, Hosts, NOBODY, NfsAddress, NfsServer, Parts, Squash};

pub const BUCKET: &str = "bucket";
pub const KEY: [u8; 32] = [42; 32];

pub struct Fixture {
    pub store: InMemory,
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
    let store = InMemory::new(1 << 30).await.expect("a store");
    store.bucket(BUCKET.parse().expect("a bucket's name")).await.expect("a bucket");

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
        exports.add(Export::new(id, store.root.clone(), options, None).expect("an export")).expect("added");
    }
    let address = NfsAddress::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let parts = Parts { files: store.files(), exports: Arc::clone(&exports), handle_key: KEY };
    let server = NfsServer::listen(address, parts).expect("a listener");
    let (address, metrics) = (server.local_addr(), server.metrics());
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.serve(async {
        // Dropped with the fixture, too.
        let _ = stopped.await;
    }));
    Fixture { address, store, exports, metrics, stop: Some(stop), served }
}

impl Fixture {
    pub async fn client(&self, identity: As) -> Client {
        Client::connect(self.address, identity).await
    }

    pub async fn root(&self) -> Client {
        self.client(As::Unix(0, 0, vec![])).await
    }
}
