//! The door over a real socket, asked by a client that shares no code with it.
//!
//! Always holds: requests are written and answers read by `client`, byte by byte, from the RFCs; core is real, over memory.

mod client;
mod files;
mod fixture;
mod hostile;
mod protocol;
