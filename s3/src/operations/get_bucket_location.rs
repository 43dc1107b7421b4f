//! GetBucketLocation (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>): what was given when the bucket
//! was made, else the region; `us-east-1` is shown as nothing, as in S3.

use s3s::S3Response;
use s3s::dto::{GetBucketLocationInput, GetBucketLocationOutput};

use super::S3Door;
use super::call::{Answer, Call};

pub(super) async fn call(door: &S3Door, call: Call<GetBucketLocationInput>) -> Answer<GetBucketLocationOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let found = door.service.bucket_as_owner(call.principal(), &bucket).await?;
    let location = found.location_constraint.unwrap_or_else(|| door.region.to_string());
    let shown = Some(location).filter(|location| location != "us-east-1");
    Ok(S3Response::new(GetBucketLocationOutput { location_constraint: shown.map(Into::into) }))
}
