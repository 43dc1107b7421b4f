//! What the S3 door counts.
//!
//! Always holds: operations are told apart by S3's own names; no bucket, key or account is a label.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use trefoil_s3::{DURATION_BOUNDS_SECS, Metrics};

use super::{Kind, Source};

pub fn source(metrics: Arc<Metrics>) -> Source {
    Box::new(move |exposition| {
        let operations = metrics.operations();
        let name = "trefoil_s3_requests_total";
        exposition.metric(name, Kind::Counter, "Requests answered, by operation and class of status.");
        for operation in &operations {
            for (class, count) in ["1xx", "2xx", "3xx", "4xx", "5xx"].iter().zip(operation.classes) {
                if count > 0 {
                    exposition.sample(name, &[("operation", operation.name), ("status", class)], count);
                }
            }
        }
        let name = "trefoil_s3_request_duration_seconds";
        exposition.metric(name, Kind::Histogram, "Time from a request's head to the last byte of its answer.");
        for operation in &operations {
            let sum = std::time::Duration::from_nanos(operation.duration_nanos).as_secs_f64();
            let labels = [("operation", operation.name)];
            exposition.histogram(name, &labels, &DURATION_BOUNDS_SECS, &operation.buckets, sum);
        }
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        for (name, kind, help, value) in [
            ("trefoil_s3_connections", Kind::Gauge, "Open connections.", load(&metrics.connections)),
            ("trefoil_s3_connections_total", Kind::Counter, "Connections accepted.", load(&metrics.connections_total)),
            ("trefoil_s3_requests_in_flight", Kind::Gauge, "Requests under way.", load(&metrics.in_flight)),
            (
                "trefoil_s3_received_bytes_total",
                Kind::Counter,
                "Bytes of request bodies as they were read, framing included.",
                load(&metrics.bytes_received),
            ),
            ("trefoil_s3_sent_bytes_total", Kind::Counter, "Bytes of response bodies.", load(&metrics.bytes_sent)),
            (
                "trefoil_s3_panics_total",
                Kind::Counter,
                "Handlers that panicked: faults of the program.",
                load(&metrics.panics),
            ),
        ] {
            exposition.single(name, kind, help, value);
        }
    })
}
