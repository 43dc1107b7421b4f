//! What the NFS door counts.
//!
//! Always holds: procedures are told apart by the RFC's own names; no export, path or client is a label.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use trefoil_nfs::{DURATION_BOUNDS_SECS, Metrics};

use super::{Kind, Source};

pub fn source(metrics: Arc<Metrics>) -> Source {
    Box::new(move |exposition| {
        let procedures = metrics.procedures();
        let name = "trefoil_nfs_requests_total";
        exposition.metric(name, Kind::Counter, "Calls answered, by procedure and whether the status was OK.");
        for procedure in &procedures {
            for (result, count) in
                [("ok", procedure.requests - procedure.errors.min(procedure.requests)), ("error", procedure.errors)]
            {
                if count > 0 {
                    exposition.sample(name, &[("procedure", procedure.name), ("result", result)], count);
                }
            }
        }
        let name = "trefoil_nfs_request_duration_seconds";
        exposition.metric(name, Kind::Histogram, "Time from a call's record to its answer.");
        for procedure in &procedures {
            let sum = std::time::Duration::from_nanos(procedure.duration_nanos).as_secs_f64();
            let labels = [("procedure", procedure.name)];
            exposition.histogram(name, &labels, &DURATION_BOUNDS_SECS, &procedure.buckets, sum);
        }
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        for (name, kind, help, value) in [
            ("trefoil_nfs_connections", Kind::Gauge, "Open connections.", load(&metrics.connections)),
            ("trefoil_nfs_connections_total", Kind::Counter, "Connections accepted.", load(&metrics.connections_total)),
            (
                "trefoil_nfs_connections_broken_total",
                Kind::Counter,
                "Connections cut off for what was sent on them, or not sent or taken in time.",
                load(&metrics.connections_broken),
            ),
            (
                "trefoil_nfs_refused_total",
                Kind::Counter,
                "Calls of no procedure here, that did not decode, or whose credentials are not taken.",
                load(&metrics.refused),
            ),
            (
                "trefoil_nfs_repeated_total",
                Kind::Counter,
                "Repeated calls that got the answer of the first.",
                load(&metrics.repeated),
            ),
            (
                "trefoil_nfs_repeated_dropped_total",
                Kind::Counter,
                "Repeated calls that were dropped while the first was under way.",
                load(&metrics.repeated_dropped),
            ),
            ("trefoil_nfs_read_bytes_total", Kind::Counter, "Bytes of READ's data.", load(&metrics.bytes_read)),
            ("trefoil_nfs_written_bytes_total", Kind::Counter, "Bytes of WRITE's data.", load(&metrics.bytes_written)),
            (
                "trefoil_nfs_panics_total",
                Kind::Counter,
                "Handlers that panicked: faults of the program.",
                load(&metrics.panics),
            ),
        ] {
            exposition.single(name, kind, help, value);
        }
    })
}
