//! The NFS door and its exports, as the daemon has them.

use std::sync::Arc;

use trefoil_core::files::FileService;
use trefoil_core::types::Principal;
use trefoil_nfs::{NfsAddress, NfsServer, Parts};

use super::open::Opened;
use super::taken;
use crate::exports::ExportManager;
use crate::nfs_key;
use crate::settings::Settings;

/// The door at `address`, where one was taken, and the exports, which there are either way.
pub fn open(
    store: &Opened,
    settings: &Settings,
    address: Option<NfsAddress>,
    files: FileService,
    principal: Principal,
) -> Result<(Option<NfsServer>, Arc<ExportManager>), String> {
    let (dir, random) = (store.dir.root(), Arc::clone(&store.random));
    let listen = address.as_ref().map(NfsAddress::local_addr);
    let exports = ExportManager::open(dir, &settings.exports, files.clone(), principal, random, listen)?;
    let server = match address {
        Some(address) => {
            let handle_key = nfs_key::load(dir, &*store.random)?;
            let parts = Parts { files, exports: exports.table(), handle_key };
            Some(NfsServer::listen(address, parts).map_err(|error| taken(settings, error, "--nfs-listen"))?)
        }
        None => None,
    };
    if server.is_none() && !exports.table().list().is_empty() {
        tracing::warn!("there are exports, but the NFS door does not listen; set [nfs] listen, or give --nfs-listen");
    }
    Ok((server, Arc::new(exports)))
}
