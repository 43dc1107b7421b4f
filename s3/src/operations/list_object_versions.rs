//! ListObjectVersions (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>). Versions and delete markers
//! come in one order, which s3s can't write.
//!
//! Always holds: keys, prefixes and markers are encoded alike, as the request asked; a version marker without a key marker is
//! refused.

use s3s::dto::{ListObjectVersionsInput, ListObjectVersionsOutput};
use trefoil_core::limits::LIST_PAGE_MAX;
use trefoil_core::objects::{ListVersions, VersionEntry};
use trefoil_core::types::VersionId;

use super::S3Door;
use super::call::{Answer, Call, page_size};
use super::digests;
use super::encoding::Encoding;
use super::listing::{self, Owners};
use super::rewrite::Rewrite;
use super::xml::Xml;
use crate::error::Failure;

const ROOT: &str = "ListVersionsResult";
const MARKER: &str = "version-id-marker";

pub(super) async fn call(door: &S3Door, call: Call<ListObjectVersionsInput>) -> Answer<ListObjectVersionsOutput> {
    let max_keys = page_size("max-keys", call.input.max_keys, LIST_PAGE_MAX)?;
    let encoding = Encoding::parse(call.input.encoding_type.as_ref().map(|kind| kind.as_str()))?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let input = call.input;
    let delimiter = input.delimiter.filter(|delimiter| !delimiter.is_empty());
    let key_marker = input.key_marker.unwrap_or_default();
    let version_marker = input.version_id_marker.filter(|marker| !marker.is_empty());
    if let Some(marker) = &version_marker
        && key_marker.is_empty()
    {
        return Err(Failure::invalid_argument(
            MARKER,
            marker,
            "A version-id marker cannot be specified without a key marker.",
        ));
    }
    let request = ListVersions {
        prefix: input.prefix.unwrap_or_default(),
        delimiter: delimiter.clone().unwrap_or_default(),
        key_marker,
        version_marker: version_marker.as_deref().map(parse_marker).transpose()?,
        max_keys,
    };
    let page = door.service.list_versions(&call.auth.principal, &bucket, request.clone()).await?;

    let mut xml = Xml::new(ROOT, listing::capacity(page.versions.len() + page.common_prefixes.len()));
    xml.text("Name", bucket.as_str());
    listing::name("Prefix", Some(&request.prefix), encoding, &mut xml);
    listing::name("KeyMarker", Some(&request.key_marker), encoding, &mut xml);
    xml.text("VersionIdMarker", version_marker.as_deref().unwrap_or_default());
    if let Some((key, version)) = &page.next {
        listing::name("NextKeyMarker", Some(key), encoding, &mut xml);
        xml.opt("NextVersionIdMarker", version.map(|version| version.to_string()).as_deref());
    }
    xml.number("MaxKeys", max_keys as u64);
    listing::name("Delimiter", delimiter.as_deref(), encoding, &mut xml);
    xml.opt("EncodingType", encoding.name());
    xml.flag("IsTruncated", page.next.is_some());
    let mut owners = Owners::new(&door.accounts);
    for version in &page.versions {
        write(version, encoding, &mut owners, &mut xml);
    }
    listing::common_prefixes(&page.common_prefixes, encoding, &mut xml);
    Ok(Rewrite::document(xml.finish(ROOT)))
}

fn parse_marker(marker: &str) -> Result<VersionId, Failure> {
    let invalid = || Failure::invalid_argument(MARKER, marker, "Invalid version id specified");
    marker.parse().map_err(|_| invalid())
}

fn write(version: &VersionEntry, encoding: Encoding, owners: &mut Owners<'_>, xml: &mut Xml) {
    let element = if version.is_delete_marker { "DeleteMarker" } else { "Version" };
    let entry = &version.entry;
    xml.open(element);
    xml.text("Key", &encoding.encode(&entry.key));
    xml.text("VersionId", &version.version.to_string());
    xml.flag("IsLatest", version.is_latest);
    xml.time("LastModified", entry.modified);
    if !version.is_delete_marker {
        xml.etag(&entry.etag.to_string());
        digests::to_xml(entry.checksum, xml);
        xml.number("Size", entry.size);
    }
    owners.write("Owner", entry.owner, xml);
    if !version.is_delete_marker {
        xml.text("StorageClass", "STANDARD");
    }
    xml.close(element);
}
