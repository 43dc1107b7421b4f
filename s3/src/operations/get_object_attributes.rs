//! GetObjectAttributes (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html>). Its ETag has no quotes,
//! which s3s would write.
//!
//! Always holds: the document has what was asked for and no more; an attribute that is not known is refused.

use http::header;
use s3s::dto::{GetObjectAttributesInput, GetObjectAttributesOutput};
use trefoil_core::limits::{LIST_PAGE_MAX, PARTS_MAX};
use trefoil_core::objects::{GetObject, ObjectAttributes, PartsPage};
use trefoil_core::types::{Checksum, ChecksumKind};

use super::S3Door;
use super::call::{Answer, Call, integer, parse_key, parse_opt_version};
use super::object_headers::{set, set_version};
use super::rewrite::Rewrite;
use super::time::http_date;
use super::xml::Xml;
use super::{conditions, digests, refuse};
use crate::error::Failure;

const ROOT: &str = "GetObjectAttributesResponse";
const ATTRIBUTES: &str = "x-amz-object-attributes";

#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    etag: bool,
    checksum: bool,
    parts: bool,
    storage_class: bool,
    size: bool,
}

pub(super) async fn call(door: &S3Door, call: Call<GetObjectAttributesInput>) -> Answer<GetObjectAttributesOutput> {
    refuse::unsupported_read(&call.headers)?;
    let wanted = wanted(&call)?;
    let max_parts = integer::<usize>(&call.headers, "x-amz-max-parts")?.unwrap_or(LIST_PAGE_MAX).min(LIST_PAGE_MAX);
    let marker = integer::<u32>(&call.headers, "x-amz-part-number-marker")?.unwrap_or(0).min(PARTS_MAX);
    let request = GetObject {
        bucket: call.bucket(&door.service, &call.input.bucket).await?,
        key: parse_key(call.input.key.clone())?,
        version: parse_opt_version(call.input.version_id.as_deref())?,
        range: None,
        if_range: None,
        part_number: None,
        conditions: conditions::of_read(&call.headers),
    };
    let found = door.service.attributes(call.principal(), request, marker, max_parts).await?;
    let mut response = Rewrite::document(document(&found, wanted, marker, max_parts));
    set(&mut response.headers, header::LAST_MODIFIED, &http_date(found.info.modified));
    set_version(&mut response.headers, found.info.version);
    Ok(response)
}

fn wanted<I>(call: &Call<I>) -> Result<Wanted, Failure> {
    let mut wanted = Wanted::default();
    let mut any = false;
    for value in call.headers.get_all(ATTRIBUTES) {
        for name in value.to_str().unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()) {
            any = true;
            match name {
                "ETag" => wanted.etag = true,
                "Checksum" => wanted.checksum = true,
                "ObjectParts" => wanted.parts = true,
                "StorageClass" => wanted.storage_class = true,
                "ObjectSize" => wanted.size = true,
                other => {
                    return Err(Failure::invalid_argument(ATTRIBUTES, other, "Invalid attribute name specified."));
                }
            }
        }
    }
    if any {
        return Ok(wanted);
    }
    Err(Failure::invalid_request(
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
    ))
}

fn document(found: &ObjectAttributes, wanted: Wanted, marker: u32, max_parts: usize) -> bytes::Bytes {
    let info = &found.info;
    let mut xml = Xml::new(ROOT, 1024);
    if wanted.etag {
        xml.text("ETag", &info.etag.to_string());
    }
    if let (true, Some(checksum)) = (wanted.checksum, &info.checksum) {
        xml.open("Checksum");
        value(checksum, &mut xml);
        xml.text("ChecksumType", digests::kind_name(checksum.kind));
        xml.close("Checksum");
    }
    if let (true, Some(page)) = (wanted.parts, &found.parts) {
        // As in S3, parts are shown one by one only where the whole's checksum is composed of theirs.
        let each = info.checksum.as_ref().is_some_and(|checksum| checksum.kind == ChecksumKind::Composite);
        parts(page, each.then_some((marker, max_parts)), &mut xml);
    }
    if wanted.storage_class {
        xml.text("StorageClass", "STANDARD");
    }
    if wanted.size {
        xml.number("ObjectSize", info.size);
    }
    xml.finish(ROOT)
}

fn value(checksum: &Checksum, xml: &mut Xml) {
    xml.text(digests::element_name(checksum.algorithm), &checksum.to_text());
}

fn parts(page: &PartsPage, each: Option<(u32, usize)>, xml: &mut Xml) {
    xml.open("ObjectParts");
    xml.number("PartsCount", page.total);
    if let Some((marker, max_parts)) = each {
        xml.number("PartNumberMarker", marker);
        xml.number("NextPartNumberMarker", page.parts.last().map_or(0, |part| part.number));
        xml.number("MaxParts", max_parts as u64);
        // A page of nothing is never followed by another.
        xml.flag("IsTruncated", page.truncated && max_parts > 0);
        for part in &page.parts {
            xml.open("Part");
            xml.number("PartNumber", part.number);
            xml.number("Size", part.size);
            if let Some(checksum) = &part.checksum {
                value(checksum, xml);
            }
            xml.close("Part");
        }
    }
    xml.close("ObjectParts");
}
