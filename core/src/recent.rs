//! Caches of what happened last: the oldest goes first.
//!
//! Always holds: a cache that has taken more than it holds has the last of it. That is not what `quick_cache` does by itself: it keeps 97 % of
//! its room for what is used again, fills that with whatever comes first, and what is never asked for stays there.

#[cfg(test)]
mod tests;

use std::hash::Hash;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

/// Of the room, for what was asked for. More than the weight of one entry in a shard, or none would be let in.
const ASKED_FOR: f64 = 0.01;
/// Few, so that a hundredth of one has room for an entry.
const SHARDS: usize = 8;

pub(crate) type Recent<K, V, W = quick_cache::UnitWeighter> = Cache<K, V, W>;

/// Holds `weight`, of about `items` entries. None may weigh more than a hundredth of an eighth of it.
pub(crate) fn recent<K, V, W>(items: usize, weight: u64, weighter: W) -> Recent<K, V, W>
where
    K: Eq + Hash,
    V: Clone,
    W: Weighter<K, V> + Clone,
{
    let mut options = OptionsBuilder::new();
    options.shards(SHARDS).hot_allocation(ASKED_FOR).estimated_items_capacity(items).weight_capacity(weight);
    let options = options.build().expect("both capacities are set");
    Cache::with_options(options, weighter, DefaultHashBuilder::default(), DefaultLifecycle::default())
}
