//! GetBucketTagging, PutBucketTagging, DeleteBucketTagging
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html>).

use http::StatusCode;
use s3s::S3Response;
use s3s::dto::{
    DeleteBucketTaggingInput, DeleteBucketTaggingOutput, GetBucketTaggingInput, GetBucketTaggingOutput,
    PutBucketTaggingInput, PutBucketTaggingOutput,
};

use super::S3Door;
use super::call::{Answer, Call, of_bucket};
use super::tags;

pub(super) async fn get(door: &S3Door, call: Call<GetBucketTaggingInput>) -> Answer<GetBucketTaggingOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let found = door.service.bucket_tags(call.principal(), &bucket).await.map_err(|error| of_bucket(error, &bucket))?;
    Ok(S3Response::new(GetBucketTaggingOutput { tag_set: tags::to_s3(&found) }))
}

pub(super) async fn put(door: &S3Door, mut call: Call<PutBucketTaggingInput>) -> Answer<PutBucketTaggingOutput> {
    let given = tags::for_bucket(std::mem::take(&mut call.input.tagging))?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let given = Some(given).filter(|tags| !tags.is_empty());
    door.service.set_bucket_tags(call.principal(), &bucket, given).await?;
    // S3 answers 204 here, s3s 200.
    let mut response = S3Response::new(PutBucketTaggingOutput::default());
    super::rewrite::Rewrite { status: Some(StatusCode::NO_CONTENT), document: None }.put(&mut response.extensions);
    Ok(response)
}

pub(super) async fn delete(door: &S3Door, call: Call<DeleteBucketTaggingInput>) -> Answer<DeleteBucketTaggingOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    door.service.set_bucket_tags(call.principal(), &bucket, None).await?;
    Ok(S3Response::new(DeleteBucketTaggingOutput::default()))
}
