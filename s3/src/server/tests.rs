//! The door over a real socket, with a store that only remembers.

mod harness;
mod requests;
