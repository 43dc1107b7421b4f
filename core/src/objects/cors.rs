//! A bucket's CORS configuration (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>).
//!
//! Always holds: at most 100 rules; each has a method and an origin; an origin and a header have at most one `*`.

use super::ObjectService;
use crate::error::Result;
use crate::types::{BucketName, Principal};

#[derive(Clone, Debug, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct CorsRule {
    pub id: Option<String>,
    pub allowed_origins: Vec<String>,
    /// GET, PUT, POST, DELETE, HEAD only.
    pub allowed_methods: Vec<String>,
    pub allowed_headers: Vec<String>,
    pub expose_headers: Vec<String>,
    pub max_age_seconds: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct CorsConfiguration {
    pub rules: Vec<CorsRule>,
}

impl ObjectService {
    /// `NotConfigured` where there is none.
    pub async fn cors(&self, principal: &Principal, bucket: &BucketName) -> Result<CorsConfiguration> { let _ = (principal, bucket); unimplemented!() }

    pub async fn set_cors(&self, principal: &Principal, bucket: &BucketName, cors: Option<CorsConfiguration>) -> Result<()> { let _ = (principal, bucket, cors); unimplemented!() }

    /// The rules by which a browser's request is answered, for a preflight that carries no credentials. `None` where the bucket
    /// has none or does not exist.
    pub async fn cors_for_preflight(&self, bucket: &BucketName) -> Result<Option<std::sync::Arc<CorsConfiguration>>> { let _ = bucket; unimplemented!() }
}
