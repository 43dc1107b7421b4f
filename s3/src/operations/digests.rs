//! The digests that a request says its body has
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>).
//!
//! Always holds: at most one additional checksum is named, in front of or behind the body, and each value has its algorithm's
//! length. What names an algorithm that is not known is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use trefoil_core::content::{Expected, ExpectedChecksum};
use trefoil_core::error::Error;
use trefoil_core::types::{Checksum, ChecksumAlgorithm, ChecksumKind};

use super::call::one;
use crate::context::AuthContext;
use crate::error::Failure;

#[cfg(test)]
mod tests;

const PREFIX: &str = "x-amz-checksum-";
const MULTIPLE: &str = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";

/// The header, or trailer, that carries a checksum.
pub const fn header_name(algorithm: ChecksumAlgorithm) -> &'static str {
    match algorithm {
        ChecksumAlgorithm::Crc32 => "x-amz-checksum-crc32",
        ChecksumAlgorithm::Crc32c => "x-amz-checksum-crc32c",
        ChecksumAlgorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
        ChecksumAlgorithm::Sha1 => "x-amz-checksum-sha1",
        ChecksumAlgorithm::Sha256 => "x-amz-checksum-sha256",
    }
}

fn invalid_value(name: &str) -> Failure {
    Failure::invalid_request(format!("Value for {name} header is invalid."))
}

/// The one `x-amz-checksum-<algorithm>` header, as sent.
pub fn checksum_text(headers: &HeaderMap) -> Result<Option<(ChecksumAlgorithm, String)>, Failure> {
    let mut found = None;
    for (name, value) in headers {
        let Some(suffix) = name.as_str().strip_prefix(PREFIX) else { continue };
        if matches!(suffix, "algorithm" | "type" | "mode") {
            continue;
        }
        let algorithm: ChecksumAlgorithm = suffix.parse().map_err(|_| Failure::not_implemented(name.as_str()))?;
        let text = value.to_str().map_err(|_| invalid_value(name.as_str()))?.trim();
        if found.replace((algorithm, text.to_owned())).is_some() {
            return Err(Failure::invalid_request(MULTIPLE));
        }
    }
    Ok(found)
}

/// `Content-MD5`; an empty one is invalid too.
pub fn content_md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, Failure> {
    let Some(value) = headers.get("content-md5") else { return Ok(None) };
    let digest = STANDARD.decode(value.as_bytes()).ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    digest
        .map(Some)
        .ok_or_else(|| Error::InvalidMd5 { sent: String::from_utf8_lossy(value.as_bytes()).into_owned() }.into())
}

/// A header that names an algorithm.
pub fn algorithm(headers: &HeaderMap, name: &'static str) -> Result<Option<ChecksumAlgorithm>, Failure> {
    let Some(text) = one(headers, name)? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| invalid_algorithm(name))
}

fn invalid_algorithm(name: &str) -> Failure {
    if name == "x-amz-checksum-algorithm" {
        return Failure::invalid_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
             [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
        );
    }
    invalid_value(name)
}

/// `x-amz-checksum-type`.
pub fn kind(headers: &HeaderMap) -> Result<Option<ChecksumKind>, Failure> {
    const NAME: &str = "x-amz-checksum-type";
    match one(headers, NAME)? {
        None => Ok(None),
        Some("FULL_OBJECT") => Ok(Some(ChecksumKind::FullObject)),
        Some("COMPOSITE") => Ok(Some(ChecksumKind::Composite)),
        Some(_) => Err(invalid_value(NAME)),
    }
}

pub const fn kind_name(kind: ChecksumKind) -> &'static str {
    kind.name()
}

/// All that a body is to be compared with.
///
/// A value that can't be one of its algorithm is an invalid request; where `x-amz-sdk-checksum-algorithm` named the algorithm, it
/// is a bad digest, as AWS documents for PutObject.
pub fn expected(headers: &HeaderMap, auth: &AuthContext) -> Result<Expected, Failure> {
    let named = algorithm(headers, "x-amz-sdk-checksum-algorithm")?;
    let checksum = match (checksum_text(headers)?, &auth.trailer) {
        (Some(_), Some(_)) => return Err(Failure::invalid_request(MULTIPLE)),
        (Some((algorithm, text)), None) => match (Checksum::parse_value(algorithm, &text), named) {
            (Some(value), _) => ExpectedChecksum::Value(algorithm, value),
            (None, Some(named)) => return Err(Error::BadDigest(named.name()).into()),
            (None, None) => return Err(invalid_value(header_name(algorithm))),
        },
        (None, Some((algorithm, slot))) => ExpectedChecksum::Trailing(*algorithm, slot.clone()),
        (None, None) => ExpectedChecksum::None,
    };
    match (&checksum, named) {
        (_, None) => {}
        (ExpectedChecksum::None | ExpectedChecksum::Compute(_), Some(_)) => {
            return Err(Failure::invalid_request(
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers \
                 were found.",
            ));
        }
        (ExpectedChecksum::Value(sent, _) | ExpectedChecksum::Trailing(sent, _), Some(named)) => {
            if *sent != named {
                return Err(Error::BadDigest(named.name()).into());
            }
        }
    }
    Ok(Expected { md5: content_md5(headers)?, sha256: auth.expected_sha256, checksum })
}

/// Adds the header by which an answer tells a checksum.
pub fn value_to_headers(checksum: Option<&Checksum>, headers: &mut HeaderMap) {
    let Some(checksum) = checksum else { return };
    if let Ok(value) = checksum.to_text().try_into() {
        headers.insert(header_name(checksum.algorithm), value);
    }
}

/// The same, and the checksum's type, which answers about whole objects tell too.
pub fn to_headers(checksum: Option<&Checksum>, headers: &mut HeaderMap) {
    value_to_headers(checksum, headers);
    if let Some(checksum) = checksum {
        headers.insert("x-amz-checksum-type", http::HeaderValue::from_static(kind_name(checksum.kind)));
    }
}

/// A checksum as s3s' documents have it: a field an algorithm.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    pub crc32: Option<String>,
    pub crc32c: Option<String>,
    pub crc64nvme: Option<String>,
    pub sha1: Option<String>,
    pub sha256: Option<String>,
    pub kind: Option<s3s::dto::ChecksumType>,
}

impl From<Option<&Checksum>> for Fields {
    fn from(checksum: Option<&Checksum>) -> Self {
        let mut fields = Self::default();
        let Some(checksum) = checksum else { return fields };
        let field = match checksum.algorithm {
            ChecksumAlgorithm::Crc32 => &mut fields.crc32,
            ChecksumAlgorithm::Crc32c => &mut fields.crc32c,
            ChecksumAlgorithm::Crc64Nvme => &mut fields.crc64nvme,
            ChecksumAlgorithm::Sha1 => &mut fields.sha1,
            ChecksumAlgorithm::Sha256 => &mut fields.sha256,
        };
        *field = Some(checksum.to_text());
        fields.kind = Some(kind_to_s3(checksum.kind));
        fields
    }
}

pub fn kind_to_s3(kind: ChecksumKind) -> s3s::dto::ChecksumType {
    s3s::dto::ChecksumType::from_static(kind_name(kind))
}

pub fn algorithm_to_s3(algorithm: ChecksumAlgorithm) -> s3s::dto::ChecksumAlgorithm {
    s3s::dto::ChecksumAlgorithm::from_static(algorithm.name())
}

/// Adds `ChecksumAlgorithm` and `ChecksumType` of a listing's entry.
pub fn to_xml(checksum: Option<(ChecksumAlgorithm, ChecksumKind)>, xml: &mut super::xml::Xml) {
    if let Some((algorithm, kind)) = checksum {
        xml.text("ChecksumAlgorithm", algorithm.name());
        xml.text("ChecksumType", kind_name(kind));
    }
}

/// The name of a checksum's element in documents.
pub const fn element_name(algorithm: ChecksumAlgorithm) -> &'static str {
    match algorithm {
        ChecksumAlgorithm::Crc32 => "ChecksumCRC32",
        ChecksumAlgorithm::Crc32c => "ChecksumCRC32C",
        ChecksumAlgorithm::Crc64Nvme => "ChecksumCRC64NVME",
        ChecksumAlgorithm::Sha1 => "ChecksumSHA1",
        ChecksumAlgorithm::Sha256 => "ChecksumSHA256",
    }
}
