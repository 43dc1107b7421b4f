//! Crashes: kill -9 under load and at every fail point, and an outside oracle that remembers what was acknowledged.
//!
//! Always holds: nothing acknowledged is lost, nothing is half, and `trefoil check` is clean afterwards. The tests that need fail
//! points are ignored without a binary that has them (`trefoil-failpoints` beside `trefoil`, made by `make crash-build`);
//! `TREFOIL_CRASH=full` runs the whole instead of a slice.

#[path = "../crash/mod.rs"]
mod crash;
