//! What stands behind the front: the operations.
//!
//! Always holds: a request that gets here is authenticated (its extensions have an [`crate::context::AuthContext`]), in path style,
//! and its body is decoded; errors of its body are [`trefoil_core::error::Error`].

use futures::future::BoxFuture;

pub trait Operate: Send + Sync + 'static {
    /// Answers, whatever happens.
    fn call(&self, request: http::Request<s3s::Body>) -> BoxFuture<'_, http::Response<s3s::Body>>;
}
