//! Stores that earlier releases wrote are opened by this one, whole, for ever.
//!
//! Always holds: `tests/upgrade/fixtures/VERSION.tar.gz` is a data directory as that release left it, and never changes once that
//! release is out. `make fixture` (the ignored test) writes the present version's. Each kind of record that a store keeps is in it:
//! what `contents` writes, it also looks at.

#[path = "../upgrade/mod.rs"]
mod upgrade;
