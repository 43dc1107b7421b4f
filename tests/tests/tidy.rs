//! Rules about the project itself: arrows between crates, shapes of files, words, commands, budgets.
//!
//! Always holds: reads the repository as it is; nothing here needs a server.

#[path = "../tidy/mod.rs"]
mod tidy;
