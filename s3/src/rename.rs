//! RenameObject: `PUT /bucket/new-key?renameObject`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html>), which s3s does not know.
//!
//! Always holds: source and target are keys of the same bucket. The source header is URL-encoded, either the key alone or
//! `/bucket/key`; a slash in front of a key that does not begin with the bucket's name is not part of the key.

use http::request::Parts as Head;
use http::{HeaderMap, HeaderValue, Response, header};
use trefoil_core::objects::{ReadConditions, RenameObject, WriteConditions};
use trefoil_core::types::{BucketName, ObjectKey, Principal};

use crate::auth::AmzDate;
use crate::error::Failure;
use crate::front::Front;
use crate::target::{Target, decode, invalid_bucket_name};

#[cfg(test)]
mod tests;

const CLIENT_TOKEN_BYTES_MAX: usize = 64;

pub async fn answer(
    front: &Front,
    head: &Head,
    target: &Target,
    principal: &Principal,
) -> Result<Response<s3s::Body>, Failure> {
    let (Some(bucket), Some(key)) = (&target.bucket, &target.key) else { return Err(invalid_bucket_name("")) };
    let request = parse(bucket, key, &head.headers)?;
    front.objects.rename(principal, request).await?;
    let mut response = Response::new(s3s::Body::empty());
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    Ok(response)
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Failure> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    value
        .to_str()
        .map(|text| Some(text.trim()))
        .map_err(|_| Failure::invalid_argument(name, "", "The header is not text."))
}

fn parse(bucket: &str, key: &str, headers: &HeaderMap) -> Result<RenameObject, Failure> {
    for name in ["if-modified-since", "if-unmodified-since"] {
        if headers.contains_key(name) {
            return Err(Failure::not_implemented(name));
        }
    }
    let Some(source) = text(headers, "x-amz-rename-source")?.filter(|source| !source.is_empty()) else {
        return Err(Failure::invalid_request("Missing required header for this request: x-amz-rename-source"));
    };
    let decoded = decode(source).map_err(|_| {
        Failure::invalid_argument("x-amz-rename-source", source, "The rename source must be URL encoded.")
    })?;
    let source = match decoded.strip_prefix('/') {
        None => &*decoded,
        Some(path) => path.strip_prefix(bucket).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path),
    };
    let if_none_match = text(headers, "if-none-match")?;
    if if_none_match.is_some_and(|tag| tag != "*") {
        return Err(Failure::not_implemented("If-None-Match"));
    }
    let client_token = text(headers, "x-amz-client-token")?;
    if let Some(token) = client_token
        && (token.is_empty()
            || token.len() > CLIENT_TOKEN_BYTES_MAX
            || !token.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        let message = "The client token has 1 to 64 characters in the ASCII range of 33 - 126.";
        return Err(Failure::invalid_argument("x-amz-client-token", token, message));
    }
    Ok(RenameObject {
        bucket: bucket.parse::<BucketName>().map_err(|_| invalid_bucket_name(bucket))?,
        source: ObjectKey::new(source)?,
        target: ObjectKey::new(key)?,
        source_conditions: ReadConditions {
            if_match: text(headers, "x-amz-rename-source-if-match")?.map(tags),
            if_none_match: text(headers, "x-amz-rename-source-if-none-match")?.map(tags),
            if_modified_since: date(headers, "x-amz-rename-source-if-modified-since")?,
            if_unmodified_since: date(headers, "x-amz-rename-source-if-unmodified-since")?,
        },
        conditions: WriteConditions {
            if_match: text(headers, "if-match")?.map(|tag| unquoted(tag).to_owned()),
            if_absent: if_none_match.is_some(),
        },
        client_token: client_token.map(str::to_owned),
    })
}

fn unquoted(tag: &str) -> &str {
    tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag)
}

fn tags(list: &str) -> Vec<String> {
    list.split(',').map(|tag| unquoted(tag.trim()).to_owned()).collect()
}

fn date(headers: &HeaderMap, name: &'static str) -> Result<Option<trefoil_core::clock::Timestamp>, Failure> {
    let Some(text) = text(headers, name)? else { return Ok(None) };
    match AmzDate::parse_http(text) {
        Some(date) => Ok(Some(trefoil_core::clock::Timestamp::from_secs(date.secs()))),
        None => Err(Failure::invalid_argument(name, text, "The header is no date.")),
    }
}
