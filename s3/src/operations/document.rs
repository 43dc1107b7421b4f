//! The XML documents that requests carry in their bodies: read whole, bounded, and compared with their digests before s3s parses
//! them. Bodies of objects never come here.
//!
//! Always holds: no more is held for a request than its document may have, and than there is [`Room`] for; one that is announced as
//! too long is refused unread, one that comes too slowly ends; a digest that differs refuses it.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use sha2::Digest as _;
use tokio::time::{Duration, Instant, timeout};
use trefoil_core::content::{Expected, ExpectedChecksum, Md5, checksum_of};
use trefoil_core::error::Error;

use super::digests;
use crate::context::AuthContext;
use crate::error::Failure;
use crate::limits;

mod normal;
mod room;
pub mod schema;
#[cfg(test)]
mod tests;

pub use normal::normal;
pub use room::{Room, Rooms};

/// Of what the headers `x-amz-checksum-*` speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    OfDocument,
    /// CompleteMultipartUpload: they are the object's, and the core compares them.
    OfObject,
}

/// Reads a document of at most `max` bytes and compares it with what its headers, trailer and signature say.
pub async fn read(
    body: s3s::Body,
    headers: &HeaderMap,
    auth: &AuthContext,
    checksum: Checksum,
    max: usize,
    room: &mut Room<'_>,
) -> Result<Bytes, Failure> {
    let document = collect(body, max, room).await?;
    let expected = match checksum {
        Checksum::OfDocument => digests::expected(headers, auth)?,
        Checksum::OfObject => {
            Expected { md5: digests::content_md5(headers)?, sha256: auth.expected_sha256, ..Expected::default() }
        }
    };
    verify(&document, expected)?;
    Ok(document)
}

fn too_long(max: usize) -> Failure {
    Failure::new(http::StatusCode::BAD_REQUEST, "MaxMessageLengthExceeded", "Your request was too big.")
        .with("MaxMessageLengthBytes", max)
}

async fn collect(mut body: s3s::Body, max: usize, room: &mut Room<'_>) -> Result<Bytes, Failure> {
    if body.size_hint().lower() > max as u64 {
        return Err(too_long(max));
    }
    if let Some(bytes) = body.bytes() {
        room.grow(bytes.len()).await?;
        return Ok(bytes);
    }
    let mut document = BytesMut::new();
    let mut patience = limits::DOCUMENT_GRACE;
    // Room for the beginning, before it is asked for.
    room.grow(1).await?;
    loop {
        // Only the sender's time counts, not what is waited for room.
        let asked = Instant::now();
        let Some(frame) = timeout(patience, body.frame()).await.map_err(|_| Error::BodyTimeout)? else { break };
        patience = patience.saturating_sub(asked.elapsed());
        let Ok(data) = frame.map_err(super::body::error)?.into_data() else { continue };
        if document.len() + data.len() > max {
            return Err(too_long(max));
        }
        // A buffer that grows takes up to twice what is in it.
        room.grow(2 * data.len()).await?;
        document.extend_from_slice(&data);
        patience += Duration::from_secs(data.len() as u64) / limits::DOCUMENT_RATE_BYTES_PER_SEC_MIN;
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
