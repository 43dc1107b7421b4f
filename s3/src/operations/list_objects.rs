//! ListObjects, the first version (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html>).
//!
//! Always holds: as in S3, a next marker is shown only where there is a delimiter; owners are always shown.

use s3s::dto::{ListObjectsInput, ListObjectsOutput};
use trefoil_core::limits::LIST_PAGE_MAX;
use trefoil_core::objects::ListObjects;

use super::S3Door;
use super::call::{Answer, Call, page_size};
use super::encoding::Encoding;
use super::listing::{self, Owners};
use super::rewrite::Rewrite;
use super::xml::Xml;

const ROOT: &str = "ListBucketResult";

pub(super) async fn call(door: &S3Door, call: Call<ListObjectsInput>) -> Answer<ListObjectsOutput> {
    let max_keys = page_size("max-keys", call.input.max_keys, LIST_PAGE_MAX)?;
    let encoding = Encoding::parse(call.input.encoding_type.as_ref().map(|kind| kind.as_str()))?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let delimiter = call.input.delimiter.filter(|delimiter| !delimiter.is_empty());
    let request = ListObjects {
        prefix: call.input.prefix.unwrap_or_default(),
        delimiter: delimiter.clone().unwrap_or_default(),
        after: call.input.marker.unwrap_or_default(),
        max_keys,
    };
    let page = door.service.list(&call.auth.principal, &bucket, request.clone()).await?;

    let mut xml = Xml::new(ROOT, listing::capacity(page.entries.len() + page.common_prefixes.len()));
    xml.text("Name", bucket.as_str());
    listing::name("Prefix", Some(&request.prefix), encoding, &mut xml);
    listing::name("Marker", Some(&request.after), encoding, &mut xml);
    // As in S3: without a delimiter the last key is the marker, where the page ends with one.
    let last = page.entries.last().map(|entry| entry.key.as_str());
    let next = page.next.as_deref().filter(|next| delimiter.is_some() || last != Some(next));
    listing::name("NextMarker", next, encoding, &mut xml);
    xml.number("MaxKeys", max_keys as u64);
    listing::name("Delimiter", delimiter.as_deref(), encoding, &mut xml);
    xml.opt("EncodingType", encoding.name());
    xml.flag("IsTruncated", page.next.is_some());
    let mut owners = Owners::new(&door.accounts);
    for entry in &page.entries {
        listing::entry(entry, encoding, Some(&mut owners), &mut xml);
    }
    listing::common_prefixes(&page.common_prefixes, encoding, &mut xml);
    Ok(Rewrite::document(xml.finish(ROOT)))
}
