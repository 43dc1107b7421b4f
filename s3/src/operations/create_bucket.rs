//! CreateBucket (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>).
//!
//! Always holds: object lock and ownership settings that are not built are refused before a bucket is made.

use http::{HeaderMap, header};
use s3s::S3Response;
use s3s::dto::{CreateBucketInput, CreateBucketOutput};
use trefoil_core::error::Error;
use trefoil_core::objects::{AclChange, CreateBucket};
use trefoil_core::types::{BucketName, CannedAcl};

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
    let legacy = &*door.region == LEGACY_REGION && request.location.is_none();
    let acl = request.acl.clone();
    match door.service.create_bucket(call.principal(), request).await {
        Err(Error::BucketAlreadyOwnedByYou(_)) if legacy => reset_acl(door, &call, &bucket, acl).await?,
        made => made?,
    }
    let mut headers = HeaderMap::new();
    object_headers::set(&mut headers, header::LOCATION, &format!("/{bucket}"));
    Ok(S3Response::with_headers(CreateBucketOutput::default(), headers))
}

/// Where making one's own bucket again succeeds and resets its ACL, for the sake of old clients
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html#API_CreateBucket_Errors>).
const LEGACY_REGION: &str = "us-east-1";

async fn reset_acl<I>(door: &S3Door, call: &Call<I>, bucket: &BucketName, acl: AclChange) -> Result<(), Failure> {
    let acl = match acl {
        AclChange::Default => AclChange::Canned(CannedAcl::Private),
        given => given,
    };
    Ok(door.service.set_bucket_acl(call.principal(), bucket, acl).await?)
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
