//! ListBuckets (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>).
//!
//! Always holds: a page is of the requester's own buckets; of a region other than this store's there are none.

use s3s::S3Response;
use s3s::dto::{Bucket, ListBucketsInput, ListBucketsOutput};
use trefoil_core::limits::BUCKETS_PER_ACCOUNT_MAX;
use trefoil_core::objects::ListBuckets;

use super::S3Door;
use super::call::{Answer, Call};
use super::{acl, time, token};
use crate::error::Failure;

pub(super) async fn call(door: &S3Door, call: Call<ListBucketsInput>) -> Answer<ListBucketsOutput> {
    let paged = call.input.max_buckets.is_some() || call.input.continuation_token.is_some();
    let max_buckets = match call.input.max_buckets {
        None => BUCKETS_PER_ACCOUNT_MAX,
        Some(given) => usize::try_from(given)
            .ok()
            .filter(|count| (1..=BUCKETS_PER_ACCOUNT_MAX).contains(count))
            .ok_or_else(|| {
                Failure::invalid_argument(
                    "max-buckets",
                    &given.to_string(),
                    "Argument max-buckets must be an integer between 1 and 10000",
                )
            })?,
    };
    let request = ListBuckets {
        prefix: call.input.prefix.clone().unwrap_or_default(),
        after: token::decode(call.input.continuation_token.as_deref().unwrap_or_default())?,
        max_buckets,
    };
    let page = door.service.list_buckets(call.principal(), request).await?;
    let elsewhere = call.input.bucket_region.as_deref().is_some_and(|region| region != &*door.region);
    let region =
        (paged || call.input.prefix.is_some() || call.input.bucket_region.is_some()).then(|| door.region.to_string());
    let buckets = page.buckets.into_iter().filter(|_| !elsewhere).map(|bucket| Bucket {
        bucket_region: region.clone(),
        creation_date: Some(time::to_s3(bucket.created)),
        name: Some(bucket.name.to_string()),
    });
    Ok(S3Response::new(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        continuation_token: page.next.filter(|_| !elsewhere).map(|next| token::encode(&next)),
        owner: call.principal().account_id().map(|id| acl::owner(&door.accounts, id)),
        prefix: call.input.prefix,
    }))
}
