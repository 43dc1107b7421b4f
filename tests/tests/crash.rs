//! Crashes: kill -9 under load and at every fail point, and an outside oracle that remembers what was acknowledged.
//!
//! Always holds: nothing acknowledged is lost, nothing is half, and `trefoil check` is clean afterwards. The tests that need fail
//! points are ignored unless asked for, as a binary of release has none: `make test`, `make crash-slice` and `make crash` build one
//! that has. `TREFOIL_CRASH=full` runs the whole instead of a slice.

#[path = "../crash/mod.rs"]
mod crash;
