//! DeleteObjects (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>): DeleteObject, key by key; each key
//! succeeds or fails alone.
//!
//! Always holds: outcomes come in the order of the keys; the document was compared with its digest before a key was looked at.

use futures::StreamExt as _;
use s3s::S3Response;
use s3s::dto::{self, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ObjectIdentifier};
use trefoil_core::error::Error;
use trefoil_core::limits::DELETE_OBJECTS_MAX;
use trefoil_core::objects::{DeleteConditions, DeleteObject, DeleteOutput};
use trefoil_core::types::BucketName;

use super::S3Door;
use super::call::{Answer, Call, parse_existing_key};
use super::digests;
use crate::error::Failure;

/// Keys deleted at once for one request: enough for their commits to be synced together, few enough for others to get a turn.
const CONCURRENCY: usize = 32;

pub(super) async fn call(door: &S3Door, mut call: Call<DeleteObjectsInput>) -> Answer<DeleteObjectsOutput> {
    // The digest itself was compared when the document was read.
    let has_digest = call.headers.contains_key("content-md5")
        || digests::checksum_text(&call.headers)?.is_some()
        || call.auth.trailer.is_some();
    if !has_digest {
        return Err(Failure::invalid_request(
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
        ));
    }
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let objects = std::mem::take(&mut call.input.delete.objects);
    if objects.is_empty() || objects.len() > DELETE_OBJECTS_MAX {
        return Err(Failure::malformed_xml());
    }
    let quiet = call.input.delete.quiet.unwrap_or(false);
    let outcomes = futures::stream::iter(objects.into_iter().map(|object| one(door, &call, &bucket, object)))
        .buffered(CONCURRENCY)
        .collect::<Vec<_>>()
        .await;
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for (object, outcome) in outcomes {
        match outcome {
            Ok(_) if quiet => {}
            Ok(output) => deleted.push(shown(object, &output)),
            // It is the request that failed, not one key.
            Err(failure) if failure.code == "NoSuchBucket" => return Err(failure),
            Err(failure) => errors.push(dto::Error {
                code: Some(failure.code.into_owned()),
                key: Some(object.key),
                message: Some(failure.message.into_owned()),
                version_id: object.version_id,
            }),
        }
    }
    Ok(S3Response::new(DeleteObjectsOutput {
        deleted: Some(deleted),
        errors: Some(errors),
        ..DeleteObjectsOutput::default()
    }))
}

async fn one(
    door: &S3Door,
    call: &Call<DeleteObjectsInput>,
    bucket: &BucketName,
    object: ObjectIdentifier,
) -> (ObjectIdentifier, Result<DeleteOutput, Failure>) {
    let outcome = match request(bucket, &object) {
        Ok(request) => door.service.delete(call.principal(), request).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    (object, outcome)
}

fn request(bucket: &BucketName, object: &ObjectIdentifier) -> Result<DeleteObject, Failure> {
    let key = parse_existing_key(object.key.clone())?;
    let version = match object.version_id.as_deref().filter(|version| !version.is_empty()) {
        None => None,
        // Key by key, what is no version id is a version that does not exist.
        Some(version) => Some(version.parse().map_err(|_| {
            Failure::from(Error::NoSuchVersion { key: object.key.clone(), version: version.to_owned() })
        })?),
    };
    // A time that can't be said here is no condition that may be left out.
    let modified =
        object.last_modified_time.clone().map(|at| super::time::from_s3(at).ok_or_else(Failure::malformed_xml));
    let size = object.size.map(u64::try_from).transpose().map_err(|_| Failure::malformed_xml())?;
    let conditions = DeleteConditions {
        if_match: object.e_tag.as_ref().map(|tag| tag.value().to_owned()),
        if_modified_at: modified.transpose()?,
        if_size: size,
    };
    Ok(DeleteObject { bucket: bucket.clone(), key, version, conditions })
}

fn shown(object: ObjectIdentifier, output: &DeleteOutput) -> DeletedObject {
    let version = object.version_id.filter(|version| !version.is_empty());
    let marker = output.delete_marker.then(|| output.version.map(|version| version.to_string())).flatten();
    DeletedObject {
        delete_marker: output.delete_marker.then_some(true),
        delete_marker_version_id: marker,
        key: Some(object.key),
        version_id: version,
    }
}
