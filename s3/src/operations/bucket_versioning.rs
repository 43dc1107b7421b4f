//! GetBucketVersioning and PutBucketVersioning
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>).
//!
//! Always holds: a status that S3 does not know, and MFA delete, which is not built, are refused.

use http::StatusCode;
use s3s::S3Response;
use s3s::dto::{
    BucketVersioningStatus, GetBucketVersioningInput, GetBucketVersioningOutput, PutBucketVersioningInput,
    PutBucketVersioningOutput,
};
use trefoil_core::types::Versioning;

use super::S3Door;
use super::call::{Answer, Call};
use crate::error::Failure;

pub(super) async fn get(door: &S3Door, call: Call<GetBucketVersioningInput>) -> Answer<GetBucketVersioningOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let status = match door.service.versioning(call.principal(), &bucket).await? {
        Versioning::Unset => None,
        Versioning::Enabled => Some(BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED)),
        Versioning::Suspended => Some(BucketVersioningStatus::from_static(BucketVersioningStatus::SUSPENDED)),
    };
    Ok(S3Response::new(GetBucketVersioningOutput { status, ..GetBucketVersioningOutput::default() }))
}

pub(super) async fn put(door: &S3Door, call: Call<PutBucketVersioningInput>) -> Answer<PutBucketVersioningOutput> {
    let configuration = &call.input.versioning_configuration;
    match configuration.mfa_delete.as_ref().map(|state| state.as_str()) {
        None | Some("Disabled") => {}
        Some("Enabled") => return Err(Failure::not_implemented("MfaDelete")),
        Some(_) => return Err(Failure::malformed_xml()),
    }
    let state = match configuration.status.as_ref().map(|status| status.as_str()) {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        Some(_) => return Err(Failure::malformed_xml()),
        None => {
            return Err(Failure::new(
                StatusCode::BAD_REQUEST,
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified",
            ));
        }
    };
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    door.service.set_versioning(call.principal(), &bucket, state).await?;
    Ok(S3Response::new(PutBucketVersioningOutput::default()))
}
