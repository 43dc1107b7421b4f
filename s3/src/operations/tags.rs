//! Tags as headers and documents give them, and as documents show them
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>).
//!
//! Always holds: what the core refuses about a set of tags is `InvalidTag` to a client, also too many of them.

use s3s::dto;
use trefoil_core::error::{Error, Result as CoreResult};
use trefoil_core::types::TagSet;

use crate::error::Failure;

#[cfg(test)]
mod tests;

fn checked(set: CoreResult<TagSet>) -> Result<TagSet, Failure> {
    set.map_err(|error| match error {
        Error::InvalidRequest(message) => Error::InvalidTag(message).into(),
        other => other.into(),
    })
}

/// The header `x-amz-tagging`: `key=value&key2=value2`, encoded as a query string. A key without `=` has an empty value.
pub fn from_header(header: Option<&str>) -> Result<TagSet, Failure> {
    let Some(header) = header.filter(|header| !header.is_empty()) else {
        return Ok(TagSet::default());
    };
    let invalid = || {
        Failure::invalid_argument(
            "x-amz-tagging",
            header,
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name \
             duplicates.",
        )
    };
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| invalid())
    };
    let mut tags: Vec<(String, String)> = Vec::new();
    for pair in header.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decode(key)?, decode(value)?);
        if tags.iter().any(|(other, _)| *other == key) {
            return Err(invalid());
        }
        tags.push((key, value));
    }
    checked(TagSet::for_object(tags))
}

fn pairs(tagging: dto::Tagging) -> Result<Vec<(String, String)>, Failure> {
    tagging
        .tag_set
        .into_iter()
        .map(|tag| Some((tag.key?, tag.value?)))
        .collect::<Option<_>>()
        .ok_or_else(Failure::malformed_xml)
}

pub fn for_object(tagging: dto::Tagging) -> Result<TagSet, Failure> {
    checked(TagSet::for_object(pairs(tagging)?))
}

pub fn for_bucket(tagging: dto::Tagging) -> Result<TagSet, Failure> {
    checked(TagSet::for_bucket(pairs(tagging)?))
}

/// By key, as S3 shows them.
pub fn to_s3(tags: &TagSet) -> Vec<dto::Tag> {
    let mut pairs: Vec<_> = tags.iter().collect();
    pairs.sort_unstable();
    pairs
        .into_iter()
        .map(|(key, value)| dto::Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) })
        .collect()
}
