//! ListObjectsV2 (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>).
//!
//! Always holds: a token that is given goes before `start-after`; one that this server did not make is refused.

use s3s::dto::{ListObjectsV2Input, ListObjectsV2Output};
use trefoil_core::limits::LIST_PAGE_MAX;
use trefoil_core::objects::ListObjects;

use super::S3Door;
use super::call::{Answer, Call, page_size};
use super::encoding::Encoding;
use super::listing::{self, Owners};
use super::rewrite::Rewrite;
use super::token;
use super::xml::Xml;

const ROOT: &str = "ListBucketResult";

pub(super) async fn call(door: &S3Door, call: Call<ListObjectsV2Input>) -> Answer<ListObjectsV2Output> {
    let max_keys = page_size("max-keys", call.input.max_keys, LIST_PAGE_MAX)?;
    let encoding = Encoding::parse(call.input.encoding_type.as_ref().map(|kind| kind.as_str()))?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let input = call.input;
    let delimiter = input.delimiter.filter(|delimiter| !delimiter.is_empty());
    let after = match input.continuation_token.as_deref() {
        // The token stands for a later place than the one that the listing began behind.
        Some(given) if !given.is_empty() => token::decode(given)?,
        _ => input.start_after.clone().unwrap_or_default(),
    };
    let request = ListObjects {
        prefix: input.prefix.unwrap_or_default(),
        delimiter: delimiter.clone().unwrap_or_default(),
        after,
        max_keys,
    };
    let page = door.service.list(&call.auth.principal, &bucket, request.clone()).await?;

    let count = page.entries.len() + page.common_prefixes.len();
    let mut xml = Xml::new(ROOT, listing::capacity(count));
    xml.text("Name", bucket.as_str());
    listing::name("Prefix", Some(&request.prefix), encoding, &mut xml);
    xml.opt("ContinuationToken", input.continuation_token.as_deref());
    xml.opt("NextContinuationToken", page.next.as_deref().map(token::encode).as_deref());
    listing::name("StartAfter", input.start_after.as_deref(), encoding, &mut xml);
    xml.number("KeyCount", count as u64);
    xml.number("MaxKeys", max_keys as u64);
    listing::name("Delimiter", delimiter.as_deref(), encoding, &mut xml);
    xml.opt("EncodingType", encoding.name());
    xml.flag("IsTruncated", page.next.is_some());
    let mut owners = input.fetch_owner.unwrap_or(false).then(|| Owners::new(&door.accounts));
    for entry in &page.entries {
        listing::entry(entry, encoding, owners.as_mut(), &mut xml);
    }
    listing::common_prefixes(&page.common_prefixes, encoding, &mut xml);
    Ok(Rewrite::document(xml.finish(ROOT)))
}
