//! CreateBucket (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>).

use http::{HeaderMap, header};
use s3s::S3Response;
use s3s::dto::{CreateBucketInput, CreateBucketOutput};
use trefoil_core::objects::CreateBucket;

use super::S3Door;
use super::call::{Answer, Call, parse_bucket};
use super::{acl, object_headers};
use crate::error::Failure;

pub(super) async fn call(door: &S3Door, mut call: Call<CreateBucketInput>) -> Answer<CreateBucketOutput> {
    refuse(&call)?;
    let bucket = parse_bucket(&call.input.bucket)?;
    let configuration = call.input.create_bucket_configuration.take().unwrap_or_default();
    if configuration.bucket.is_some() || configuration.location.is_some() {
        // A directory bucket's type and zone.
        return Err(Failure::not_implemented("CreateBucketConfiguration"));
    }
    let location = configuration.location_constraint.map(|location| location.as_str().to_owned());
    let request = CreateBucket {
        bucket: bucket.clone(),
        location: location.filter(|location| !location.is_empty()),
        acl: acl::from_headers(&call.headers)?,
    };
    door.service.create_bucket(call.principal(), request).await?;
    let mut headers = HeaderMap::new();
    object_headers::set(&mut headers, header::LOCATION, &format!("/{bucket}"));
    Ok(S3Response::with_headers(CreateBucketOutput::default(), headers))
}

/// Object lock comes later; ownership is as in buckets with ACLs: each object belongs to its writer.
fn refuse(call: &Call<CreateBucketInput>) -> Result<(), Failure> {
    const LOCK: &str = "x-amz-bucket-object-lock-enabled";
    const OWNERSHIP: &str = "x-amz-object-ownership";
    match call.header(LOCK)? {
        Some(value) if value.eq_ignore_ascii_case("true") => return Err(Failure::not_implemented(LOCK)),
        Some(value) if !value.eq_ignore_ascii_case("false") => {
            return Err(Failure::invalid_argument(LOCK, value, "The value must be true or false."));
        }
        _ => {}
    }
    match call.header(OWNERSHIP)? {
        None | Some("ObjectWriter") => Ok(()),
        Some("BucketOwnerPreferred" | "BucketOwnerEnforced") => Err(Failure::not_implemented(OWNERSHIP)),
        Some(other) => Err(Failure::invalid_argument(OWNERSHIP, other, "Invalid x-amz-object-ownership header")),
    }
}
