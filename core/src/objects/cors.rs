//! A bucket's CORS configuration (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>).
//!
//! Always holds: at most 100 rules; each has a method and an origin; an origin and a header have at most one `*`, and a header that is
//! exposed is the name of one.

use std::sync::Arc;

use super::ObjectService;
use super::bucket::Configurations;
use crate::error::{Configuration, Error, Result};
use crate::limits::{CORS_ID_CHARS_MAX, CORS_RULES_MAX};
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
        if self.rules.is_empty() {
            return Err(Error::MalformedConfiguration("a CORS configuration has a rule"));
        }
        if self.rules.len() > CORS_RULES_MAX {
            return Err(Error::InvalidRequest(format!(
                "The number of CORS rules should not exceed allowed limit of {CORS_RULES_MAX} rules."
            )));
        }
        self.rules.iter().try_for_each(CorsRule::check)
    }
}

impl CorsRule {
    fn check(&self) -> Result<()> {
        if self.allowed_origins.is_empty() || self.allowed_methods.is_empty() {
            return Err(Error::MalformedConfiguration("a CORS rule has an origin and a method"));
        }
        if self.id.as_ref().is_some_and(|id| id.chars().count() > CORS_ID_CHARS_MAX) {
            return Err(Error::MalformedConfiguration("the id of a CORS rule has at most 255 characters"));
        }
        if let Some(method) = self.allowed_methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
            let message = format!("Found unsupported HTTP method in CORS config. Unsupported method is {method}");
            return Err(Error::InvalidRequest(message));
        }
        for (what, values) in [("AllowedOrigin", &self.allowed_origins), ("AllowedHeader", &self.allowed_headers)] {
            if let Some(value) = values.iter().find(|value| value.matches('*').count() > 1) {
                let message = format!("{what} \"{value}\" can not have more than one wildcard.");
                return Err(Error::InvalidRequest(message));
            }
        }
        if let Some(header) = self.expose_headers.iter().find(|header| header.contains('*')) {
            return Err(Error::InvalidRequest(format!(
                "ExposeHeader \"{header}\" contains wildcard. We currently do not support wildcard for ExposeHeader"
            )));
        }
        // It goes out in a header: RFC 9110, section 5.6.2.
        if let Some(header) = self.expose_headers.iter().find(|header| !is_token(header)) {
            return Err(Error::InvalidRequest(format!("ExposeHeader {header:?} is not a header name.")));
        }
        Ok(())
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
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

#[cfg(test)]
mod tests;
