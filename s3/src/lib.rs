//! The S3 door: sockets, authentication, bodies and forms in front; `operations` translate; `s3s` routes, parses and renders all but the
//! verbs of one object.
//!
//! Always holds (T7): no hashing, placing, committing or queueing of objects here. What comes from a socket is authenticated
//! before anything is done with it, held in bounded memory, and never reaches a panic (T8).
//!
//! A request's way: `connection` (hyper) → `front` (target, credentials, body) → `operations` (most with s3s inside) →
//! `response` (envelope).

#![allow(clippy::result_large_err, reason = "a Failure is made once, where a request is refused")]

mod auth;
mod body;
mod classify;
mod config;
mod connection;
pub mod context;
mod cors;
pub mod error;
mod front;
mod inbound;
pub mod limits;
mod location;
mod metrics;
mod objects;
mod operate;
pub mod operations;
mod post_form;
mod request_id;
mod response;
mod server;
mod signed_request;
mod socket;
pub mod table;
mod target;
mod xml_text;

pub use auth::Credentials;
pub use config::{InvalidSetting, S3Config};
pub use front::Parts;
pub use metrics::{DURATION_BOUNDS_SECS, Metrics, OperationCounts};
pub use objects::FrontObjects;
pub use operate::{Asked, Operate};
pub use server::{S3Address, S3Server};
pub use signed_request::SignedRequests;

/// Directive for a log filter: s3s logs each refused request, a 404 too, as an error. What matters of it is logged here.
pub const LOG_DIRECTIVE: &str = "s3s=off";
