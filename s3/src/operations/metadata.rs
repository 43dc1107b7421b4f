//! User metadata: `x-amz-meta-*`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata>).
//!
//! Always holds: names are in lower case and without the prefix; names and values together take at most 2 KB. A value is
//! read as ISO 8859-1, as the example on AWS's page shows (UTF-8 comes back as the UTF-8 of its bytes); words of RFC 2047 in it are
//! decoded, and a value that is not ASCII is answered as one word of RFC 2047. A header sent several times is one value, joined by commas.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use trefoil_core::error::Error;
use trefoil_core::limits::USER_METADATA_BYTES_MAX;

use crate::error::Failure;

#[cfg(test)]
mod tests;

const PREFIX: &str = "x-amz-meta-";

/// All user metadata of a request, by name.
pub fn from_headers(headers: &HeaderMap) -> Result<Vec<(String, String)>, Failure> {
    let mut metadata: Vec<(String, String)> = Vec::new();
    let mut size = 0;
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix(PREFIX) else { continue };
        let value = decode(value.as_bytes());
        size += value.len();
        match metadata.iter_mut().find(|(other, _)| other == name) {
            Some((_, first)) => {
                first.push(',');
                first.push_str(&value);
            }
            None => {
                size += name.len();
                metadata.push((name.to_owned(), value));
            }
        }
    }
    if size > USER_METADATA_BYTES_MAX {
        return Err(Error::MetadataTooLarge { size, max: USER_METADATA_BYTES_MAX }.into());
    }
    metadata.sort();
    Ok(metadata)
}

/// Adds the headers of an answer.
pub fn to_headers(metadata: &[(String, String)], headers: &mut HeaderMap) {
    for (name, value) in metadata {
        let name = HeaderName::from_bytes(format!("{PREFIX}{name}").as_bytes());
        let value = HeaderValue::try_from(encode(value));
        // What came in as a header can go out as one; what a POST form gave might not, and is then left out as S3 does
        // (it counts them in x-amz-missing-meta).
        match (name, value) {
            (Ok(name), Ok(value)) => {
                headers.append(name, value);
            }
            _ => count_missing(headers),
        }
    }
}

fn count_missing(headers: &mut HeaderMap) {
    const MISSING: HeaderName = HeaderName::from_static("x-amz-missing-meta");
    let before = headers.get(&MISSING).and_then(|value| value.to_str().ok()?.parse::<u32>().ok()).unwrap_or(0);
    headers.insert(MISSING, HeaderValue::from(before + 1));
}

fn encode(value: &str) -> String {
    if value.bytes().all(|byte| (0x20..0x7f).contains(&byte) || byte == b'\t') {
        return value.to_owned();
    }
    format!("=?UTF-8?B?{}?=", STANDARD.encode(value))
}

fn decode(bytes: &[u8]) -> String {
    decode_words(&bytes.iter().map(|&byte| char::from(byte)).collect::<String>())
}

/// Decodes RFC 2047's encoded words; what is none stays as it is. Blanks between two words are not part of the text.
fn decode_words(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let (between, word) = rest.split_at(start);
        if !(after_word && between.chars().all(|c| c == ' ' || c == '\t')) {
            decoded.push_str(between);
        }
        if let Some((value, length)) = decode_word(word) {
            decoded.push_str(&value);
            rest = &word[length..];
            after_word = true;
        } else {
            if after_word && between.chars().all(|c| c == ' ' || c == '\t') {
                decoded.push_str(between);
            }
            decoded.push_str("=?");
            rest = &word[2..];
            after_word = false;
        }
    }
    decoded.push_str(rest);
    decoded
}

/// One word at the start of `text`, and its length in bytes.
fn decode_word(text: &str) -> Option<(String, usize)> {
    let (charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (payload, rest) = rest.split_once("?=")?;
    let bytes = match encoding {
        "B" | "b" => STANDARD.decode(payload).ok()?,
        "Q" | "q" => decode_q(payload)?,
        _ => return None,
    };
    let value = if charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("us-ascii") {
        String::from_utf8(bytes).ok()?
    } else if charset.eq_ignore_ascii_case("iso-8859-1") {
        bytes.into_iter().map(char::from).collect()
    } else {
        return None;
    };
    Some((value, text.len() - rest.len()))
}

fn decode_q(payload: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(payload.len());
    let mut rest = payload.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'_' => bytes.push(b' '),
            b'=' => {
                let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &tail[2..];
            }
            other => bytes.push(other),
        }
    }
    Some(bytes)
}
