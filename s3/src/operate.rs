//! What stands behind the front: the operations.
//!
//! Always holds: a request that gets here is authenticated (its extensions have an [`crate::context::AuthContext`]) and is in the
//! table (they have its `&'static` [`crate::table::Operation`]); it is in path style, the names of its parameters are in one spelling,
//! and its body is decoded; errors of its body are [`trefoil_core::error::Error`].

use futures::future::BoxFuture;

pub trait Operate: Send + Sync + 'static {
    /// Answers, whatever happens.
    fn call(&self, request: http::Request<s3s::Body>) -> BoxFuture<'_, http::Response<s3s::Body>>;
}
