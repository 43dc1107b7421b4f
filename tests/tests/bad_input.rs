//! Malformed, oversized and hostile requests: each a named test with its exact answer.
//!
//! Always holds: nothing that these tests send is stored, and the server serves others throughout.

#[path = "../bad_input/mod.rs"]
mod bad_input;
