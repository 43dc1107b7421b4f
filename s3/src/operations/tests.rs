//! Requests through [`super::Operations`] over a store in memory, without sockets and signatures.

mod buckets;
mod conditional;
mod configurations;
mod documents;
mod errors;
mod harness;
mod listings;
mod multipart;
mod objects;
mod versions;
