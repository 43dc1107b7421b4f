//! From a form's fields to a PutObject of the core.
//!
//! Always holds: a field means what the header of its name means in a PUT, read by the same code; what would ask for something
//! that is not built is refused.

use base64::Engine;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::xml::{Deserialize, Deserializer};
use trefoil_core::content::Upload;
use trefoil_core::error::Error;
use trefoil_core::objects::{PutObject, WriteConditions};
use trefoil_core::types::{BucketName, ObjectKey, Principal, TagSet};

use super::fields::Fields;
use crate::auth::echo;
use crate::context::{AuthContext, ErrorDetails};
use crate::error::Failure;
use crate::operations::{acl, digests, document, metadata, object_headers, refuse, tags};

pub fn put(
    bucket: BucketName,
    fields: &Fields,
    file: impl Stream<Item = Result<Bytes, Error>> + Send + 'static,
) -> Result<PutObject, Failure> {
    let Some(key) = fields.get("key").filter(|key| !key.is_empty()) else {
        let message =
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.";
        return Err(Failure::invalid_argument("key", "", message));
    };
    let headers = as_headers(fields)?;
    refuse::unsupported(&headers)?;
    // Nothing of a form's body is signed or announced by headers.
    let auth = AuthContext {
        principal: Principal::Anonymous,
        expected_sha256: None,
        trailer: None,
        request_id: String::new(),
        host_id: HeaderValue::from_static("host"),
        virtual_host: false,
        details: ErrorDetails::default(),
    };
    let expected = digests::expected(&headers, &auth)?;
    Ok(PutObject {
        bucket,
        key: ObjectKey::new(key)?,
        upload: Upload { body: file.boxed(), length: None, expected },
        headers: object_headers::from_headers(&headers)?,
        user_metadata: metadata::from_headers(&headers)?,
        tags: fields.get("tagging").map_or(Ok(TagSet::default()), tag_set)?,
        acl: acl::from_headers(&headers)?,
        conditions: WriteConditions::default(),
        location: None,
    })
}

/// The fields that are headers in a PUT.
fn as_headers(fields: &Fields) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields.iter() {
        let name = match name {
            "acl" => "x-amz-acl",
            "cache-control"
            | "content-type"
            | "content-disposition"
            | "content-encoding"
            | "content-language"
            | "expires"
            | "content-md5" => name,
            "x-amz-algorithm" | "x-amz-credential" | "x-amz-date" | "x-amz-signature" => continue,
            _ if name.starts_with("x-amz-") => name,
            // Browsers send a field for every input, the button too.
            _ => continue,
        };
        let invalid = || Failure::invalid_argument(echo(name), echo(value), "The form field can't be a header.");
        let text = match name.starts_with("x-amz-meta-") && !value.is_ascii() {
            // Forms are UTF-8; a header says so with RFC 2047.
            true => format!("=?UTF-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(value)),
            false => value.to_owned(),
        };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        headers.append(header, HeaderValue::from_bytes(text.as_bytes()).map_err(|_| invalid())?);
    }
    Ok(headers)
}

fn tag_set(document: &str) -> Result<TagSet, Failure> {
    let document = document::normal(document.as_bytes(), &document::schema::TAGGING)?.text;
    let mut reader = Deserializer::new(&document);
    let tagging = s3s::dto::Tagging::deserialize(&mut reader).map_err(|_| Failure::malformed_xml())?;
    reader.expect_eof().map_err(|_| Failure::malformed_xml())?;
    tags::for_object(tagging)
}
