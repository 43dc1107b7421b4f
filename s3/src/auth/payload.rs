//! How a request says its body is framed and signed: `x-amz-content-sha256`.
//!
//! Always holds: a signed chunked body has the signer that goes on from the request's signature; nothing else has one.

use std::sync::Arc;

use http::HeaderMap;

use super::{AmzDate, SigningKey};
use crate::error::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// As it comes: `UNSIGNED-PAYLOAD`, or nothing said.
    Unsigned,
    /// Signed in one piece.
    Sha256([u8; 32]),
    /// `aws-chunked`, each chunk signed.
    SignedChunks { trailer: bool },
    /// `aws-chunked`, unsigned, with a checksum behind.
    UnsignedTrailer,
}

impl Payload {
    /// Reads the header's value.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "UNSIGNED-PAYLOAD" => Ok(Self::Unsigned),
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(Self::UnsignedTrailer),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Ok(Self::SignedChunks { trailer: false }),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Ok(Self::SignedChunks { trailer: true }),
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" | "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER" => {
                Err(Failure::not_implemented("x-amz-content-sha256").with("Value", text))
            }
            _ => {
                let mut digest = [0; 32];
                hex::decode_to_slice(text, &mut digest).map_err(|_| {
                    let message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                                   STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid \
                                   sha256 value.";
                    Failure::invalid_argument("x-amz-content-sha256", super::echo(text), message)
                })?;
                Ok(Self::Sha256(digest))
            }
        }
    }

    /// The header of the request, where there is one.
    pub fn of(headers: &HeaderMap) -> Result<Option<(Self, &str)>, Failure> {
        let Some(value) = headers.get("x-amz-content-sha256") else { return Ok(None) };
        let text = value.to_str().unwrap_or("");
        Ok(Some((Self::parse(text)?, text)))
    }
}

/// Signs what stands in a body, each piece with the signature before it.
#[derive(Clone, Debug)]
pub struct ChunkSigner {
    pub key: Arc<SigningKey>,
    pub date: AmzDate,
    /// `day/region/s3/aws4_request`.
    pub scope: String,
    /// The signature before: at first the request's own.
    pub previous: [u8; 64],
}
