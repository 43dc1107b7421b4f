//! What the store counts: contents, the files location, its space.
//!
//! Always holds: a location's samples carry its name.

use std::sync::Arc;

use trefoil_core::data::Location;
use trefoil_core::data::files::FilesStore;
use trefoil_core::data::histogram::Buckets;
use trefoil_core::data::metered::{Metered, Reading};

use super::{Kind, Source};

/// Counters of contents written and read.
pub fn content() -> Source {
    Box::new(|exposition| {
        for (name, help, value) in trefoil_core::content::metrics().all() {
            exposition.single(&format!("trefoil_content_{name}"), Kind::Counter, help, value);
        }
    })
}

/// What the workers did, and what waits for them.
pub fn work() -> Source {
    Box::new(|exposition| {
        let metrics = trefoil_core::work::metrics::metrics();
        for (name, help, value) in metrics.counters() {
            exposition.single(&format!("trefoil_{name}"), Kind::Counter, help, value);
        }
        for (name, help, value) in metrics.gauges() {
            exposition.single(&format!("trefoil_{name}"), Kind::Gauge, help, value);
        }
    })
}

/// Calls of a location by verb: how many, how long, how much, and what went wrong.
pub fn data_store(name: &str, store: Arc<Metered>) -> Source {
    let name = name.to_owned();
    Box::new(move |exposition| {
        let readings = store.read();
        let labels = |verb| [("location", name.as_str()), ("verb", verb)];
        type Read = fn(&Reading) -> u64;
        let counters: [(&str, Kind, &str, Read); 4] = [
            ("calls_total", Kind::Counter, "Calls that ended, well or not.", |reading| reading.ended),
            ("calls_abandoned_total", Kind::Counter, "Calls that their caller gave up.", |reading| reading.abandoned),
            ("calls_under_way", Kind::Gauge, "Calls that have not ended yet.", |reading| reading.under_way),
            ("content_bytes_total", Kind::Counter, "Bytes of content stored, or given out.", |reading| reading.bytes),
        ];
        for (metric, kind, help, value) in counters {
            let metric = format!("trefoil_location_{metric}");
            exposition.metric(&metric, kind, help);
            for reading in &readings {
                exposition.sample(&metric, &labels(reading.verb), value(reading));
            }
        }
        let metric = "trefoil_location_errors_total";
        exposition.metric(metric, Kind::Counter, "Calls that failed, by the kind of error.");
        for reading in &readings {
            for &(error, count) in &reading.errors {
                let labels = [("location", name.as_str()), ("verb", reading.verb), ("error", error)];
                exposition.sample(metric, &labels, count);
            }
        }
        let metric = "trefoil_location_call_seconds";
        exposition.metric(metric, Kind::Histogram, "Time that calls took; of a get, that to its first bytes.");
        for reading in &readings {
            let Buckets { bounds, counts, sum_seconds } = &reading.latency;
            exposition.histogram(metric, &labels(reading.verb), bounds, counts, *sum_seconds);
        }
    })
}

/// Counters and queues of a `files` store.
pub fn files(name: &str, store: Arc<FilesStore>) -> Source {
    let name = name.to_owned();
    Box::new(move |exposition| {
        let labels = [("location", name.as_str())];
        for (counter, value) in store.metrics().read() {
            let metric = format!("trefoil_files_{counter}");
            exposition.metric(&metric, Kind::Counter, &help(counter));
            exposition.sample(&metric, &labels, value);
        }
        exposition.metric("trefoil_files_queued_hops", Kind::Gauge, "Hops that wait for a disk thread.");
        for (direction, queued) in store.queued() {
            let labels = [("location", name.as_str()), ("direction", direction)];
            exposition.sample("trefoil_files_queued_hops", &labels, queued);
        }
    })
}

/// A counter's name as a sentence.
fn help(counter: &str) -> String {
    let mut words = counter.trim_end_matches("_total").replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{words} since the store was opened.")
}

/// The space of locations that can tell.
pub fn location(locations: Vec<Location>) -> Source {
    Box::new(move |exposition| {
        let spaces: Vec<_> =
            locations.iter().filter_map(|location| Some((&location.name, location.store.space()?))).collect();
        exposition.metric("trefoil_location_free_bytes", Kind::Gauge, "Bytes that the location can still take.");
        for (name, space) in &spaces {
            exposition.sample("trefoil_location_free_bytes", &[("location", name)], space.free_bytes);
        }
        exposition.metric("trefoil_location_total_bytes", Kind::Gauge, "Bytes of the place that the location is on.");
        for (name, space) in &spaces {
            exposition.sample("trefoil_location_total_bytes", &[("location", name)], space.total_bytes);
        }
    })
}
