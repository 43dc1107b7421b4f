//! What the store counts: contents, the files location, its space.
//!
//! Always holds: a location's samples carry its name.

use std::sync::Arc;

use trefoil_core::data::Location;
use trefoil_core::data::files::FilesStore;

use super::{Kind, Source};

/// Counters of contents written and read.
pub fn content() -> Source {
    Box::new(|exposition| {
        for (name, help, value) in trefoil_core::content::metrics().all() {
            exposition.single(&format!("trefoil_content_{name}"), Kind::Counter, help, value);
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
        let (writes, reads) = store.queued();
        exposition.metric("trefoil_files_queued_hops", Kind::Gauge, "Hops that wait for a disk thread.");
        for (direction, queued) in [("write", writes), ("read", reads)] {
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
