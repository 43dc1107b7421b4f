//! Work that happens later: durable tasks in the index, and the workers that carry them out.
//!
//! Always holds: a task is put by the transaction that makes it necessary and removed by the one that records its result. A worker
//! is a reconciler: no input but the index, idempotent, bounded, woken by signal and by clock.

pub mod check;
pub mod forget;
pub mod metrics;
mod migrate;
pub mod reclaim;
mod remnants;
mod scan;
pub mod start;
pub mod sweep;

#[cfg(test)]
pub(crate) mod tests;
