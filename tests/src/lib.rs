//! The harness of the suites that look at Trefoil from outside: a server as a process, and a client that controls every byte.
//!
//! Always holds: nothing here shares code with the server's doors. Signing, framing, parsing and checksums are written a second
//! time, from AWS's pages, so that a mistake in one is seen by the other. No SDK is used, because SDKs repair and hide.

pub mod account;
pub mod answer;
pub mod case;
pub mod checksum;
pub mod content;
pub mod form;
pub mod nfs;
pub mod oracle;
pub mod process;
pub mod request;
pub mod runner;
pub mod server;
pub mod shared;
pub mod sign;
pub mod sign_v2;
pub mod stream;
pub mod survey;
pub mod trace;
pub mod wire;
pub mod workload;
pub mod xml;

pub use account::{Account, Key};
pub use answer::Answer;
pub use case::{Call, Case, Suite, Test, case};
pub use request::{Payload, Request};
pub use server::{Options, Server, Target};
