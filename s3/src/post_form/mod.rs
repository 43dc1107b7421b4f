//! Uploads by HTML forms: `POST /bucket` with `multipart/form-data`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>).
//!
//! Always holds: the fields in front of the file are held within bounds, the file is streamed; a form with a policy is stored only
//! where signature, expiry and every condition hold; one without is anonymous, and the bucket's ACL decides.

mod disposition;
mod fields;
mod file;
mod multipart;
mod policy;
mod request;
mod signature;
mod success;

use http::request::Parts as Head;
use http::{HeaderMap, Response, StatusCode, header};
use trefoil_core::error::Error;
use trefoil_core::types::BucketName;

use crate::error::Failure;
use crate::front::Front;
use crate::inbound::Inbound;
use crate::target::{Target, invalid_bucket_name};

#[cfg(test)]
mod tests;

/// Whether this request is a form: s3s must not see one, for it would hold the file in memory.
pub fn is_form(head: &Head) -> bool {
    const FORM: &[u8] = b"multipart/form-data";
    head.method == http::Method::POST
        && head.headers.get(header::CONTENT_TYPE).is_some_and(|value| {
            value.as_bytes().trim_ascii_start().get(..FORM.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORM))
        })
}

/// Whether nothing but a form could be meant: a POST to a bucket without a parameter.
pub fn should_be_form(method: &http::Method, headers: &HeaderMap, target: &Target) -> bool {
    *method == http::Method::POST
        && target.bucket.is_some()
        && target.key.is_none()
        && target.query.pairs().is_empty()
        && !headers.contains_key("x-amz-request-route")
}

fn malformed() -> Failure {
    let message = "The body of your POST request is not well-formed multipart/form-data.";
    Failure::new(StatusCode::BAD_REQUEST, "MalformedPOSTRequest", message)
}

pub async fn answer(
    front: &Front,
    head: &Head,
    target: &Target,
    body: Inbound,
) -> Result<Response<s3s::Body>, Failure> {
    let bucket = target.bucket.as_deref().unwrap_or_default();
    let bucket: BucketName = bucket.parse().map_err(|_| invalid_bucket_name(bucket))?;
    let boundary = multipart::boundary(&head.headers).ok_or_else(malformed)?;
    let (mut fields, file) = multipart::read(body, &boundary).await?;
    fields.fill_in(file.filename())?;
    let (principal, policy) = signature::authenticate(front, &fields)?;
    let range = match &policy {
        None => policy::LengthRange::default(),
        Some(policy) => policy.check(&fields, bucket.as_str(), front.clock.now())?,
    };
    let request = request::put(bucket, &fields, file.into_stream(range))?;
    let (bucket, key) = (request.bucket.clone(), request.key.clone());
    let output = front.objects.put(&principal, request).await.map_err(|error| match error {
        // The form's length is not announced: what is short is the form, not its body.
        Error::IncompleteBody(_) => malformed(),
        other => other.into(),
    })?;
    success::answer(head, target, &fields, &bucket, &key, &output)
}
