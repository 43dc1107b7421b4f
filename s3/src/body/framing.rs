//! What a request's headers say about its body's framing, settled before the first byte is asked for.
//!
//! Always holds: the headers that s3s and the operations see describe the decoded body: no `aws-chunked`, no encoded length.

use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use trefoil_core::content::TrailerSlot;
use trefoil_core::types::ChecksumAlgorithm;

use super::chunked::Announced;
use crate::auth::{ChunkSigner, Payload};
use crate::error::Failure;
use crate::operations::digests::header_name;

/// How a body is to be read.
#[derive(Debug)]
pub enum Framing {
    /// As it comes, with its length where one was sent.
    Plain {
        length: Option<u64>,
    },
    Chunked(Announced),
}

impl Framing {
    /// Bytes of the decoded body, where known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Framing::Plain { length } => *length,
            Framing::Chunked(announced) => Some(announced.length),
        }
    }

    pub fn trailer(&self) -> Option<(ChecksumAlgorithm, TrailerSlot)> {
        match self {
            Framing::Plain { .. } => None,
            Framing::Chunked(announced) => announced.checksum.clone(),
        }
    }
}

fn missing_content_length() -> Failure {
    let message = "You must provide the Content-Length HTTP header.";
    Failure::new(StatusCode::LENGTH_REQUIRED, "MissingContentLength", message)
}

fn number(headers: &HeaderMap, name: &str) -> Result<Option<u64>, Failure> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().unwrap_or("").trim();
    // A sign or a blank inside is no length.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(number) if digits => Ok(Some(number)),
        _ => Err(Failure::invalid_request(format!("The value of the header {name} is no length."))),
    }
}

/// Settles the framing and rewrites `headers` for what lies behind it.
pub fn framing(headers: &mut HeaderMap, payload: Payload, signer: Option<ChunkSigner>) -> Result<Framing, Failure> {
    let length = number(headers, "content-length")?;
    let trailer = match payload {
        Payload::SignedChunks { trailer } => trailer,
        Payload::UnsignedTrailer => true,
        // Without a signer nobody sets x-amz-content-sha256: SDKs then say it by these two headers alone.
        Payload::Unsigned if is_aws_chunked(headers) && headers.contains_key("x-amz-decoded-content-length") => true,
        Payload::Unsigned | Payload::Sha256(_) => {
            strip_aws_chunked(headers);
            if headers.contains_key("x-amz-trailer") {
                let message = "x-amz-trailer needs one of the STREAMING values of x-amz-content-sha256.";
                return Err(Failure::invalid_request(message));
            }
            return Ok(Framing::Plain { length });
        }
    };
    let Some(decoded) = number(headers, "x-amz-decoded-content-length")? else {
        return Err(missing_content_length());
    };
    let checksum = announced_checksum(headers)?;
    if trailer && checksum.is_none() && matches!(payload, Payload::SignedChunks { .. }) {
        return Err(Failure::invalid_request("x-amz-trailer is missing, though trailers were announced."));
    }
    strip_aws_chunked(headers);
    headers.remove("x-amz-decoded-content-length");
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(decoded));
    Ok(Framing::Chunked(Announced { length: decoded, signer, trailer, checksum }))
}

/// The one checksum that `x-amz-trailer` names.
fn announced_checksum(headers: &HeaderMap) -> Result<Option<(ChecksumAlgorithm, TrailerSlot)>, Failure> {
    let mut values = headers.get_all("x-amz-trailer").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or("").trim().to_ascii_lowercase();
    let algorithm = ChecksumAlgorithm::ALL.into_iter().find(|algorithm| header_name(*algorithm) == text);
    match algorithm {
        Some(algorithm) if values.next().is_none() => Ok(Some((algorithm, Arc::new(OnceLock::new())))),
        _ => Err(Failure::invalid_request("The value specified in the x-amz-trailer header is not supported")),
    }
}

/// Whether `aws-chunked` is among the content codings.
fn is_aws_chunked(headers: &HeaderMap) -> bool {
    let codings =
        headers.get_all(header::CONTENT_ENCODING).iter().flat_map(|value| value.as_bytes().split(|&b| b == b','));
    codings.into_iter().any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"aws-chunked"))
}

/// `aws-chunked` describes the transfer and is never kept with an object.
fn strip_aws_chunked(headers: &mut HeaderMap) {
    if !is_aws_chunked(headers) {
        return;
    }
    let rest: Vec<String> = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .flat_map(|value| {
            String::from_utf8_lossy(value.as_bytes()).split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>()
        })
        .filter(|part| !part.is_empty() && !part.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    headers.remove(header::CONTENT_ENCODING);
    if let Ok(value) = HeaderValue::from_str(&rest.join(","))
        && !rest.is_empty()
    {
        headers.insert(header::CONTENT_ENCODING, value);
    }
}
