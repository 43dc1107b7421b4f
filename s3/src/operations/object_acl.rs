//! GetObjectAcl, PutObjectAcl, GetBucketAcl, PutBucketAcl
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html>).
//!
//! Always holds: an ACL comes from headers, or a canned name, or a document, from one of them only.

use s3s::S3Response;
use s3s::dto::{
    GetBucketAclInput, GetBucketAclOutput, GetObjectAclInput, GetObjectAclOutput, PutBucketAclInput,
    PutBucketAclOutput, PutObjectAclInput, PutObjectAclOutput,
};

use super::S3Door;
use super::acl;
use super::call::{Answer, Call, parse_key, parse_opt_version};
use super::object_headers::set_version;
use super::rewrite::Rewrite;

pub(super) async fn get(door: &S3Door, call: Call<GetObjectAclInput>) -> Answer<GetObjectAclOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let key = parse_key(call.input.key.clone())?;
    let version = parse_opt_version(call.input.version_id.as_deref())?;
    let (found, version) = door.service.object_acl(call.principal(), &bucket, &key, version).await?;
    let mut response = Rewrite::document(acl::document(&door.accounts, &found));
    set_version(&mut response.headers, version);
    Ok(response)
}

pub(super) async fn put(door: &S3Door, mut call: Call<PutObjectAclInput>) -> Answer<PutObjectAclOutput> {
    let change = acl::replacement(&call.headers, call.input.access_control_policy.take())?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let key = parse_key(call.input.key.clone())?;
    let version = parse_opt_version(call.input.version_id.as_deref())?;
    let version = door.service.set_object_acl(call.principal(), &bucket, &key, version, change).await?;
    let mut response = S3Response::new(PutObjectAclOutput::default());
    set_version(&mut response.headers, version);
    Ok(response)
}

pub(super) async fn get_bucket(door: &S3Door, call: Call<GetBucketAclInput>) -> Answer<GetBucketAclOutput> {
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let found = door.service.bucket_acl(call.principal(), &bucket).await?;
    Ok(Rewrite::document(acl::document(&door.accounts, &found)))
}

pub(super) async fn put_bucket(door: &S3Door, mut call: Call<PutBucketAclInput>) -> Answer<PutBucketAclOutput> {
    let change = acl::replacement(&call.headers, call.input.access_control_policy.take())?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    door.service.set_bucket_acl(call.principal(), &bucket, change).await?;
    Ok(S3Response::new(PutBucketAclOutput::default()))
}
