//! GetBucketCors, PutBucketCors, DeleteBucketCors
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html>).
//!
//! Always holds: a rule goes to the core as it was sent, and comes back so; what a rule may say is for the core to decide.

use s3s::S3Response;
use s3s::dto::{
    CORSRule, DeleteBucketCorsInput, DeleteBucketCorsOutput, GetBucketCorsInput, GetBucketCorsOutput,
    PutBucketCorsInput, PutBucketCorsOutput,
};
use trefoil_core::objects::{CorsConfiguration, CorsRule};

use super::S3Door;
use super::call::{Answer, Call, of_bucket};
use crate::error::Failure;

#[cfg(test)]
mod tests;

pub(super) async fn get(door: &S3Door, call: Call<GetBucketCorsInput>) -> Answer<GetBucketCorsOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let found = door.service.cors(call.principal(), &bucket).await.map_err(|error| of_bucket(error, &bucket))?;
    let rules = found.rules.into_iter().map(to_s3).collect();
    Ok(S3Response::new(GetBucketCorsOutput { cors_rules: Some(rules) }))
}

pub(super) async fn put(door: &S3Door, mut call: Call<PutBucketCorsInput>) -> Answer<PutBucketCorsOutput> {
    let rules = std::mem::take(&mut call.input.cors_configuration.cors_rules);
    let rules = rules.into_iter().map(from_s3).collect::<Result<_, _>>()?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    door.service.set_cors(call.principal(), &bucket, Some(CorsConfiguration { rules })).await?;
    Ok(S3Response::new(PutBucketCorsOutput::default()))
}

pub(super) async fn delete(door: &S3Door, call: Call<DeleteBucketCorsInput>) -> Answer<DeleteBucketCorsOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    door.service.set_cors(call.principal(), &bucket, None).await?;
    Ok(S3Response::new(DeleteBucketCorsOutput::default()))
}

fn from_s3(rule: CORSRule) -> Result<CorsRule, Failure> {
    let max_age_seconds = rule.max_age_seconds.map(u32::try_from).transpose().map_err(|_| Failure::malformed_xml())?;
    Ok(CorsRule {
        id: rule.id,
        allowed_origins: rule.allowed_origins,
        allowed_methods: rule.allowed_methods,
        allowed_headers: rule.allowed_headers.unwrap_or_default(),
        expose_headers: rule.expose_headers.unwrap_or_default(),
        max_age_seconds,
    })
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
