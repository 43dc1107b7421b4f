//! Work that the daemon does beside requests.
//!
//! Always holds: it runs on a thread of its own and ends when told to; nothing of it is lost, for its tasks are in the index.

use std::sync::atomic::AtomicU64;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use trefoil_core::objects::ObjectService;
use trefoil_core::work::{reclaim, sweep};

/// Starts it. The handle gives, at its end, whether nothing is left to search for: true where the daemon before ended in order, or
/// what it left behind was reclaimed.
pub fn start(service: ObjectService, crashed: bool, stopped: watch::Receiver<bool>) -> JoinHandle<bool> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            let (swept, ()) = futures::join!(
                reclaim_orphans(&service, crashed, stopped.clone()),
                reclaim::run(service.clone(), super::wait_for(stopped)),
            );
            swept
        })
    })
}

/// After a crash, looks for blobs that no name leads to and gives their space back.
async fn reclaim_orphans(service: &ObjectService, crashed: bool, stopped: watch::Receiver<bool>) -> bool {
    if !crashed {
        return true;
    }
    // Nobody shows how far it is.
    let seen = AtomicU64::default();
    tokio::select! {
        () = super::wait_for(stopped) => false,
        swept = sweep::sweep(service, true, &seen) => match swept {
            Ok(swept) => {
                tracing::info!(?swept, "the daemon before did not end in order; what it left was reclaimed");
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the search for orphans failed; it is repeated at the next start");
                false
            }
        }
    }
}
