//! GetObjectTagging, PutObjectTagging, DeleteObjectTagging
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>).
//!
//! Always holds: the limits of S3 are checked before anything changes; the version that was read or changed is told.

use s3s::S3Response;
use s3s::dto::{
    DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
    PutObjectTaggingInput, PutObjectTaggingOutput,
};
use trefoil_core::types::TagSet;

use super::S3Door;
use super::call::{Answer, Call, parse_key, parse_opt_version};
use super::tags;

pub(super) async fn get(door: &S3Door, call: Call<GetObjectTaggingInput>) -> Answer<GetObjectTaggingOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let key = parse_key(call.input.key.clone())?;
    let version = parse_opt_version(call.input.version_id.as_deref())?;
    let (found, version) = door.service.object_tags(call.principal(), &bucket, &key, version).await?;
    Ok(S3Response::new(GetObjectTaggingOutput {
        tag_set: tags::to_s3(&found),
        version_id: version.map(|version| version.to_string()),
    }))
}

pub(super) async fn put(door: &S3Door, mut call: Call<PutObjectTaggingInput>) -> Answer<PutObjectTaggingOutput> {
    let given = tags::for_object(std::mem::take(&mut call.input.tagging))?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let key = parse_key(call.input.key.clone())?;
    let version = parse_opt_version(call.input.version_id.as_deref())?;
    let version = door.service.set_object_tags(call.principal(), &bucket, &key, version, given).await?;
    Ok(S3Response::new(PutObjectTaggingOutput { version_id: version.map(|version| version.to_string()) }))
}

pub(super) async fn delete(door: &S3Door, call: Call<DeleteObjectTaggingInput>) -> Answer<DeleteObjectTaggingOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let key = parse_key(call.input.key.clone())?;
    let version = parse_opt_version(call.input.version_id.as_deref())?;
    let none = TagSet::default();
    let version = door.service.set_object_tags(call.principal(), &bucket, &key, version, none).await?;
    Ok(S3Response::new(DeleteObjectTaggingOutput { version_id: version.map(|version| version.to_string()) }))
}
