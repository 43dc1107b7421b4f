//! The command as a process: what a start says, what an end waits for, what the other commands answer.
//!
//! Always holds: nothing here looks into the process; each test has a data directory of its own.

#[path = "../daemon/mod.rs"]
mod daemon;
