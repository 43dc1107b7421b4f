//! The door over a real socket, with a store that only remembers.

mod bodies;
mod forms;
mod harness;
mod hostile;
mod requests;
