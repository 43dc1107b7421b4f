//! GetBucketCors, PutBucketCors, DeleteBucketCors
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html>).
//!
//! Always holds: a configuration is kept only if each of its rules may be in one; a document that breaks a limit of S3 is refused
//! whole.

use s3s::S3Response;
use s3s::dto::{
    CORSRule, DeleteBucketCorsInput, DeleteBucketCorsOutput, GetBucketCorsInput, GetBucketCorsOutput,
    PutBucketCorsInput, PutBucketCorsOutput,
};
use trefoil_core::limits::CORS_RULES_MAX;
use trefoil_core::objects::{CorsConfiguration, CorsRule};

use super::S3Door;
use super::call::{Answer, Call, of_bucket};
use crate::error::Failure;

#[cfg(test)]
mod tests;

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];
const ID_CHARS_MAX: usize = 255;

pub(super) async fn get(door: &S3Door, call: Call<GetBucketCorsInput>) -> Answer<GetBucketCorsOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let found = door.service.cors(call.principal(), &bucket).await.map_err(|error| of_bucket(error, &bucket))?;
    let rules = found.rules.into_iter().map(to_s3).collect();
    Ok(S3Response::new(GetBucketCorsOutput { cors_rules: Some(rules) }))
}

pub(super) async fn put(door: &S3Door, mut call: Call<PutBucketCorsInput>) -> Answer<PutBucketCorsOutput> {
    let rules = checked(std::mem::take(&mut call.input.cors_configuration.cors_rules))?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    door.service.set_cors(call.principal(), &bucket, Some(CorsConfiguration { rules })).await?;
    Ok(S3Response::new(PutBucketCorsOutput::default()))
}

pub(super) async fn delete(door: &S3Door, call: Call<DeleteBucketCorsInput>) -> Answer<DeleteBucketCorsOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    door.service.set_cors(call.principal(), &bucket, None).await?;
    Ok(S3Response::new(DeleteBucketCorsOutput::default()))
}

fn checked(rules: Vec<CORSRule>) -> Result<Vec<CorsRule>, Failure> {
    if rules.is_empty() {
        return Err(Failure::malformed_xml());
    }
    if rules.len() > CORS_RULES_MAX {
        return Err(Failure::invalid_request(format!(
            "The number of CORS rules should not exceed allowed limit of {CORS_RULES_MAX} rules."
        )));
    }
    rules.into_iter().map(rule).collect()
}

fn rule(rule: CORSRule) -> Result<CorsRule, Failure> {
    if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
        return Err(Failure::malformed_xml());
    }
    if rule.id.as_ref().is_some_and(|id| id.chars().count() > ID_CHARS_MAX) {
        return Err(Failure::malformed_xml());
    }
    if let Some(other) = rule.allowed_methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
        return Err(Failure::invalid_request(format!(
            "Found unsupported HTTP method in CORS config. Unsupported method is {other}"
        )));
    }
    let allowed_headers = rule.allowed_headers.unwrap_or_default();
    let expose_headers = rule.expose_headers.unwrap_or_default();
    for (element, values) in [("AllowedOrigin", &rule.allowed_origins), ("AllowedHeader", &allowed_headers)] {
        if let Some(value) = values.iter().find(|value| value.matches('*').count() > 1) {
            return Err(Failure::invalid_request(format!(
                "{element} \"{value}\" can not have more than one wildcard."
            )));
        }
    }
    if let Some(header) = expose_headers.iter().find(|header| header.contains('*')) {
        return Err(Failure::invalid_request(format!(
            "ExposeHeader \"{header}\" contains wildcard. We currently do not support wildcard for ExposeHeader"
        )));
    }
    // It goes out in a header: RFC 9110, section 5.6.2.
    if let Some(header) = expose_headers.iter().find(|header| !is_token(header)) {
        return Err(Failure::invalid_request(format!("ExposeHeader {header:?} is not a header name.")));
    }
    Ok(CorsRule {
        id: rule.id,
        allowed_origins: rule.allowed_origins,
        allowed_methods: rule.allowed_methods,
        allowed_headers,
        expose_headers,
        max_age_seconds: rule
            .max_age_seconds
            .map(|seconds| u32::try_from(seconds).map_err(|_| Failure::malformed_xml()))
            .transpose()?,
    })
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn to_s3(rule: CorsRule) -> CORSRule {
    let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
    CORSRule {
        allowed_headers: some(rule.allowed_headers),
        allowed_methods: rule.allowed_methods,
        allowed_origins: rule.allowed_origins,
        expose_headers: some(rule.expose_headers),
        id: rule.id,
        max_age_seconds: rule.max_age_seconds.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)),
    }
}
