//! CreateBucket (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>).
//!
//! Always holds: object lock and ownership settings that are not built are refused before a bucket is made.

use http::{HeaderMap, header};
use s3s::S3Response;
use s3s::dto::{self, CreateBucketInput, CreateBucketOutput};
use s3s::xml::Deserializer;
use trefoil_core::error::Error;
use trefoil_core::objects::{AclChange, CreateBucket};
use trefoil_core::types::{BucketName, CannedAcl, TagSet};

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
        tags: tags(&call.document)?,
    };
    // Tags that were given are not kept in what exists, so that the old client's answer would be no answer to them.
    let legacy = &*door.region == LEGACY_REGION && request.location.is_none() && request.tags.is_empty();
    let acl = request.acl.clone();
    match door.service.create_bucket(call.principal(), request).await {
        Err(Error::BucketAlreadyOwnedByYou(_)) if legacy => reset_acl(door, &call, &bucket, acl).await?,
        made => made?,
    }
    let mut headers = HeaderMap::new();
    object_headers::set(&mut headers, header::LOCATION, &format!("/{bucket}"));
    Ok(S3Response::with_headers(CreateBucketOutput::default(), headers))
}

/// The element `Tags` of the document, which s3s does not know and passes over.
fn tags(document: &[u8]) -> Result<TagSet, Failure> {
    if document.is_empty() {
        return Ok(TagSet::default());
    }
    let mut tags = dto::Tagging::default();
    let mut reader = Deserializer::new(document);
    let read = reader.named_element("CreateBucketConfiguration", |inside| {
        inside.for_each_element(|inside, name| {
            if name == b"Tags" {
                tags.tag_set = inside.list_content("Tag")?;
                return Ok(());
            }
            inside.for_each_element(|inside, _| inside.text(|_| Ok(())))
        })
    });
    read.map_err(|_| Failure::malformed_xml())?;
    super::tags::for_bucket(tags)
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
