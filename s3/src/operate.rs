//! What stands behind the front: the operations.
//!
//! Always holds: a request that gets here is authenticated and is in the table; it is in path style, the names of its parameters are
//! in one spelling, it carries no credentials, and its body is decoded; errors of its body are [`trefoil_core::error::Error`].

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::context::AuthContext;
use crate::table::Operation;
use crate::target::Target;

/// A request as the front hands it on.
pub struct Asked {
    pub operation: &'static Operation,
    /// What the request names, decoded.
    pub target: Arc<Target>,
    pub auth: AuthContext,
    pub request: http::Request<s3s::Body>,
}

pub trait Operate: Send + Sync + 'static {
    /// Answers, whatever happens.
    fn call(&self, asked: Asked) -> BoxFuture<'_, http::Response<s3s::Body>>;
}
