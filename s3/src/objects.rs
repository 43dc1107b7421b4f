//! What the front itself asks of the store, beside what it forwards: forms and CORS rules.
//!
//! Always holds: this is `ObjectService`, word for word; the trait exists so that the front's tests need no store.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use trefoil_core::error::Result;
use trefoil_core::objects::{CorsConfiguration, ObjectService, PutObject, PutOutput};
use trefoil_core::types::{BucketName, Principal};

pub trait FrontObjects: Send + Sync + 'static {
    fn put<'a>(&'a self, principal: &'a Principal, request: PutObject) -> BoxFuture<'a, Result<PutOutput>>;

    fn cors<'a>(&'a self, bucket: &'a BucketName) -> BoxFuture<'a, Result<Option<Arc<CorsConfiguration>>>>;
}

impl FrontObjects for ObjectService {
    fn put<'a>(&'a self, principal: &'a Principal, request: PutObject) -> BoxFuture<'a, Result<PutOutput>> {
        ObjectService::put(self, principal, request).boxed()
    }

    fn cors<'a>(&'a self, bucket: &'a BucketName) -> BoxFuture<'a, Result<Option<Arc<CorsConfiguration>>>> {
        self.cors_for_preflight(bucket).boxed()
    }
}
