//! DeleteBucket (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html>).

use s3s::S3Response;
use s3s::dto::{DeleteBucketInput, DeleteBucketOutput};

use super::S3Door;
use super::call::{Answer, Call};

pub(super) async fn call(door: &S3Door, call: Call<DeleteBucketInput>) -> Answer<DeleteBucketOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    door.service.delete_bucket(call.principal(), &bucket).await?;
    Ok(S3Response::new(DeleteBucketOutput::default()))
}
