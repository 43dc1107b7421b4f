//! A bucket's CORS configuration (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>).
//!
//! Always holds: at most 100 rules; each has a method and an origin; an origin and a header have at most one `*`.

use std::sync::Arc;

use super::ObjectService;
use super::bucket::Configurations;
use crate::error::{Configuration, Error, Result};
use crate::limits::CORS_RULES_MAX;
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

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

impl CorsConfiguration {
    fn check(&self) -> Result<()> {
        if self.rules.is_empty() || self.rules.len() > CORS_RULES_MAX {
            return Err(Error::InvalidRequest(format!("a CORS configuration has 1 to {CORS_RULES_MAX} rules")));
        }
        for rule in &self.rules {
            if rule.allowed_origins.is_empty() || rule.allowed_methods.is_empty() {
                return Err(Error::InvalidRequest("a CORS rule has an AllowedOrigin and an AllowedMethod".into()));
            }
            if let Some(method) = rule.allowed_methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
                let message = format!("Found unsupported HTTP method in CORS config. Unsupported method is {method}");
                return Err(Error::InvalidRequest(message));
            }
            for (what, values) in [("AllowedOrigin", &rule.allowed_origins), ("AllowedHeader", &rule.allowed_headers)] {
                if let Some(value) = values.iter().find(|value| value.matches('*').count() > 1) {
                    return Err(Error::InvalidRequest(format!(
                        "{what} \"{value}\" can not have more than one wildcard."
                    )));
                }
            }
        }
        Ok(())
    }
}

impl ObjectService {
    /// `NotConfigured` where there is none.
    pub async fn cors(&self, principal: &Principal, bucket: &BucketName) -> Result<CorsConfiguration> {
        let bucket = self.tree().bucket(bucket).await?;
        self.require_owner(principal, &bucket)?;
        let cors = self.configuration(&bucket, Configurations::CORS).await?;
        cors.ok_or(Error::NotConfigured(Configuration::Cors))
    }

    pub async fn set_cors(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        cors: Option<CorsConfiguration>,
    ) -> Result<()> {
        if let Some(cors) = &cors {
            cors.check()?;
        }
        self.set_configuration(principal, bucket, Configurations::CORS, cors.as_ref()).await
    }

    /// The rules by which a browser's request is answered, for a preflight that carries no credentials. `None` where the bucket
    /// has none or does not exist.
    pub async fn cors_for_preflight(&self, bucket: &BucketName) -> Result<Option<Arc<CorsConfiguration>>> {
        let bucket = match self.tree().bucket(bucket).await {
            Err(Error::NoSuchBucket(_)) => return Ok(None),
            found => found?,
        };
        Ok(self.configuration(&bucket, Configurations::CORS).await?.map(Arc::new))
    }
}
