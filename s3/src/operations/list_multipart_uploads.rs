//! ListMultipartUploads (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>).
//!
//! Always holds: keys, prefixes and markers are encoded alike, as the request asked.

use s3s::dto::{ListMultipartUploadsInput, ListMultipartUploadsOutput};
use trefoil_core::limits::LIST_PAGE_MAX;
use trefoil_core::objects::{ListUploads, UploadEntry};

use super::S3Door;
use super::call::{Answer, Call, page_size};
use super::digests;
use super::encoding::Encoding;
use super::listing::{self, Owners};
use super::rewrite::Rewrite;
use super::xml::Xml;

const ROOT: &str = "ListMultipartUploadsResult";

pub(super) async fn call(door: &S3Door, call: Call<ListMultipartUploadsInput>) -> Answer<ListMultipartUploadsOutput> {
    let max_uploads = page_size("max-uploads", call.input.max_uploads, LIST_PAGE_MAX)?;
    let encoding = Encoding::parse(call.input.encoding_type.as_ref().map(|kind| kind.as_str()))?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let input = call.input;
    let delimiter = input.delimiter.filter(|delimiter| !delimiter.is_empty());
    let key_marker = input.key_marker.unwrap_or_default();
    // S3 ignores an upload id without a key.
    let upload_id_marker = input.upload_id_marker.filter(|_| !key_marker.is_empty()).unwrap_or_default();
    let request = ListUploads {
        prefix: input.prefix.unwrap_or_default(),
        delimiter: delimiter.clone().unwrap_or_default(),
        key_marker,
        upload_id_marker,
        max_uploads,
    };
    let page = door.service.list_uploads(&call.auth.principal, &bucket, request.clone()).await?;

    let mut xml = Xml::new(ROOT, listing::capacity(page.uploads.len() + page.common_prefixes.len()));
    xml.text("Bucket", bucket.as_str());
    listing::name("KeyMarker", Some(&request.key_marker), encoding, &mut xml);
    xml.text("UploadIdMarker", &request.upload_id_marker);
    // S3 tells where a page ends also where it is the last.
    let last = page.uploads.last().map(|upload| (upload.key.as_str(), upload.upload_id.as_str()));
    let next = page.next.as_ref().map(|(key, upload)| (key.as_str(), upload.as_str()));
    let (key, upload) = next.or(last).unwrap_or_default();
    listing::name("NextKeyMarker", Some(key), encoding, &mut xml);
    xml.text("NextUploadIdMarker", upload);
    listing::name("Prefix", Some(&request.prefix), encoding, &mut xml);
    listing::name("Delimiter", delimiter.as_deref(), encoding, &mut xml);
    xml.opt("EncodingType", encoding.name());
    xml.number("MaxUploads", max_uploads as u64);
    xml.flag("IsTruncated", page.next.is_some());
    let mut owners = Owners::new(&door.accounts);
    for upload in &page.uploads {
        write(upload, encoding, &mut owners, &mut xml);
    }
    listing::common_prefixes(&page.common_prefixes, encoding, &mut xml);
    Ok(Rewrite::document(xml.finish(ROOT)))
}

fn write(upload: &UploadEntry, encoding: Encoding, owners: &mut Owners<'_>, xml: &mut Xml) {
    xml.open("Upload");
    xml.text("Key", &encoding.encode(&upload.key));
    xml.text("UploadId", &upload.upload_id);
    owners.write("Initiator", upload.initiator, xml);
    owners.write("Owner", upload.owner, xml);
    xml.text("StorageClass", "STANDARD");
    xml.time("Initiated", upload.initiated);
    digests::to_xml(upload.checksum, xml);
    xml.close("Upload");
}
