//! HeadBucket (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).

use s3s::S3Response;
use s3s::dto::{HeadBucketInput, HeadBucketOutput};

use super::S3Door;
use super::call::{Answer, Call};

pub(super) async fn call(door: &S3Door, call: Call<HeadBucketInput>) -> Answer<HeadBucketOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    door.service.bucket(call.principal(), &bucket).await?;
    Ok(S3Response::new(HeadBucketOutput {
        bucket_region: Some(door.region.to_string()),
        ..HeadBucketOutput::default()
    }))
}
