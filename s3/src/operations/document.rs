//! The XML documents that requests carry in their bodies: read whole, bounded, and compared with their digests before s3s parses
//! them. Bodies of objects never come here.
//!
//! Always holds: at most [`DOCUMENT_BYTES_MAX`] are held for a request, and a digest that differs refuses it.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use sha2::Digest as _;
use trefoil_core::content::{Expected, ExpectedChecksum, Md5, checksum_of};
use trefoil_core::error::Error;

use super::digests;
use crate::context::AuthContext;
use crate::error::Failure;

mod normal;
#[cfg(test)]
mod tests;

pub use normal::normal;

/// CompleteMultipartUpload with 10,000 parts and their checksums takes about 4 MiB, DeleteObjects of 1,000 long escaped keys
/// about 6 MiB.
pub const DOCUMENT_BYTES_MAX: usize = 8 << 20;

/// Of what the headers `x-amz-checksum-*` speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    OfDocument,
    /// CompleteMultipartUpload: they are the object's, and the core compares them.
    OfObject,
}

/// Reads a document and compares it with what its headers, trailer and signature say.
pub async fn read(
    body: s3s::Body,
    headers: &HeaderMap,
    auth: &AuthContext,
    checksum: Checksum,
) -> Result<Bytes, Failure> {
    let document = collect(body).await?;
    let expected = match checksum {
        Checksum::OfDocument => digests::expected(headers, auth)?,
        Checksum::OfObject => {
            Expected { md5: digests::content_md5(headers)?, sha256: auth.expected_sha256, ..Expected::default() }
        }
    };
    verify(&document, expected)?;
    Ok(document)
}

fn too_long() -> Failure {
    Failure::new(http::StatusCode::BAD_REQUEST, "MaxMessageLengthExceeded", "Your request was too big.")
        .with("MaxMessageLengthBytes", DOCUMENT_BYTES_MAX)
}

async fn collect(mut body: s3s::Body) -> Result<Bytes, Failure> {
    if let Some(bytes) = body.bytes()
        && bytes.len() <= DOCUMENT_BYTES_MAX
    {
        return Ok(bytes);
    }
    let mut document = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(super::body::error)?;
        let Ok(data) = frame.into_data() else { continue };
        if document.len() + data.len() > DOCUMENT_BYTES_MAX {
            return Err(too_long());
        }
        document.extend_from_slice(&data);
    }
    Ok(document.freeze())
}

fn verify(document: &[u8], expected: Expected) -> Result<(), Failure> {
    if let Some(sent) = expected.md5 {
        let computed = Md5::of(document);
        if sent != computed {
            return Err(Error::BadMd5 { sent, computed }.into());
        }
    }
    if let Some(sent) = expected.sha256 {
        let computed = sha2::Sha256::digest(document);
        if sent[..] != computed[..] {
            return Err(Error::PayloadHashMismatch { sent: hex::encode(sent), computed: hex::encode(computed) }.into());
        }
    }
    let (algorithm, value) = match expected.checksum {
        ExpectedChecksum::Value(algorithm, value) => (algorithm, value),
        ExpectedChecksum::Trailing(algorithm, slot) => {
            let value = slot.get().cloned();
            (algorithm, value.ok_or_else(|| Error::IncompleteBody("the announced trailer is missing".into()))?)
        }
        ExpectedChecksum::None | ExpectedChecksum::Compute(_) => return Ok(()),
    };
    if checksum_of(algorithm, document) != value {
        return Err(Error::BadDigest(algorithm.name()).into());
    }
    Ok(())
}
