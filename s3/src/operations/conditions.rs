//! Conditional headers (RFC 9110, section 13;
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>).
//!
//! Always holds: a date that can't be read is ignored, as the RFC asks; an entity tag is taken with or without quotes, and weak
//! ones as strong, but for `If-Range`, whose whole point is that bytes are the same. (s3s takes one tag only, and refuses what it can't read, which is why these headers are read here.)

use http::HeaderMap;
use trefoil_core::clock::Timestamp;
use trefoil_core::objects::{DeleteConditions, IfRange, ReadConditions, WriteConditions};

use super::call::{integer, one};
use super::time::parse_http_date;
use crate::error::Failure;

#[cfg(test)]
mod tests;

/// Entity tags of a header, without quotes; `*` alone means any.
fn tags(headers: &HeaderMap, name: &str) -> Option<Vec<String>> {
    let mut found = None;
    for value in headers.get_all(name) {
        let text = String::from_utf8_lossy(value.as_bytes());
        let list = found.get_or_insert_with(Vec::new);
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (tag, tail) = first_tag(rest);
            if !tag.is_empty() {
                list.push(tag.to_owned());
            }
            rest = tail.trim_start_matches([',', ' ', '\t']);
        }
    }
    found
}

/// The first of a list of tags without its quotes, and what follows. Commas within quotes belong to the tag.
fn first_tag(text: &str) -> (&str, &str) {
    let strong = text.strip_prefix("W/").unwrap_or(text);
    if let Some((tag, rest)) = strong.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
        return (tag, rest);
    }
    let (tag, rest) = strong.split_at(strong.find(',').unwrap_or(strong.len()));
    (tag.trim().trim_matches('"'), rest)
}

fn date(headers: &HeaderMap, name: &str) -> Option<Timestamp> {
    headers.get(name)?.to_str().ok().and_then(parse_http_date)
}

/// Of GetObject, HeadObject and GetObjectAttributes.
pub fn of_read(headers: &HeaderMap) -> ReadConditions {
    of_source(headers, ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"])
}

/// `If-Range`: a tag has quotes and a date has none.
pub fn of_range(headers: &HeaderMap) -> Option<IfRange> {
    let text = headers.get("if-range")?.to_str().unwrap_or_default().trim();
    let tag = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Some(match (tag, parse_http_date(text)) {
        (Some(tag), _) => IfRange::Tag(tag.to_owned()),
        (None, Some(date)) => IfRange::Modified(date),
        (None, None) => IfRange::Never,
    })
}

/// Of the source of a copy.
pub fn of_copy_source(headers: &HeaderMap) -> ReadConditions {
    of_source(
        headers,
        [
            "x-amz-copy-source-if-match",
            "x-amz-copy-source-if-none-match",
            "x-amz-copy-source-if-modified-since",
            "x-amz-copy-source-if-unmodified-since",
        ],
    )
}

/// From headers of these names: match, none match, modified, unmodified.
pub fn of_source(headers: &HeaderMap, names: [&str; 4]) -> ReadConditions {
    ReadConditions {
        if_match: tags(headers, names[0]),
        if_none_match: tags(headers, names[1]),
        if_modified_since: date(headers, names[2]),
        if_unmodified_since: date(headers, names[3]),
    }
}

/// Exactly one tag, or `*`.
fn single_tag(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Failure> {
    match tags(headers, name) {
        None => Ok(None),
        Some(mut list) if list.len() == 1 => Ok(list.pop()),
        Some(_) => Err(Failure::not_implemented(name)),
    }
}

/// Of PutObject, CopyObject's target and CompleteMultipartUpload. As in S3, `If-None-Match` takes `*` only.
pub fn of_write(headers: &HeaderMap) -> Result<WriteConditions, Failure> {
    let if_absent = match single_tag(headers, "if-none-match")? {
        None => false,
        Some(tag) if tag == "*" => true,
        Some(_) => return Err(Failure::not_implemented("If-None-Match")),
    };
    for name in ["if-modified-since", "if-unmodified-since"] {
        if headers.contains_key(name) {
            return Err(Failure::not_implemented(name));
        }
    }
    Ok(WriteConditions { if_match: single_tag(headers, "if-match")?, if_absent })
}

/// Of DeleteObject (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>).
pub fn of_delete(headers: &HeaderMap) -> Result<DeleteConditions, Failure> {
    const MODIFIED: &str = "x-amz-if-match-last-modified-time";
    let if_modified_at = match one(headers, MODIFIED)? {
        None => None,
        Some(text) => Some(parse_http_date(text).ok_or_else(|| {
            Failure::invalid_argument(MODIFIED, text, "The date is not one of RFC 9110 or ISO 8601.")
        })?),
    };
    Ok(DeleteConditions {
        if_match: single_tag(headers, "if-match")?,
        if_modified_at,
        if_size: integer(headers, "x-amz-if-match-size")?,
    })
}
