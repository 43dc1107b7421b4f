//! A request as an operation sees it: its input (path, query and document), the headers as they were sent, and who asks.
//!
//! Always holds: headers are read from [`Call::headers`] only; the input's fields that s3s would fill from headers are empty,
//! because [`super::prepare`] keeps the headers from s3s.

use std::str::FromStr;

use bytes::Bytes;
use http::HeaderMap;
use s3s::{S3Request, S3Response};
use trefoil_core::error::Error;
use trefoil_core::objects::ObjectService;
use trefoil_core::types::{BucketName, ObjectKey, Principal, VersionId};

use super::prepare::Sent;
use crate::context::{AuthContext, ErrorDetails};
use crate::error::Failure;

pub type Answer<O> = Result<S3Response<O>, Failure>;

pub struct Call<I> {
    pub input: I,
    pub headers: HeaderMap,
    pub auth: AuthContext,
    /// The document that the input was parsed from; empty where the operation has none.
    pub document: Bytes,
}

impl<I> Call<I> {
    /// Takes s3s' request apart. Without what was [`Sent`], nothing is answered: somebody forgot to authenticate.
    pub(super) fn new(mut request: S3Request<I>) -> Result<(Self, ErrorDetails), Failure> {
        let sent: Sent = request
            .extensions
            .remove()
            .ok_or_else(|| Error::Internal("a request reached its operation without preparation".into()))?;
        let Sent { headers, document, auth } = sent;
        let details = auth.details.clone();
        Ok((Self { input: request.input, headers, auth, document }, details))
    }

    pub fn principal(&self) -> &Principal {
        &self.auth.principal
    }

    /// A header's text, where it is there and not empty.
    pub fn header(&self, name: &'static str) -> Result<Option<&str>, Failure> {
        one(&self.headers, name)
    }

    /// The location that the request chose for its bytes, by our own header `x-trefoil-location`.
    pub fn location(&self) -> Result<Option<String>, Failure> {
        Ok(self.header("x-trefoil-location")?.map(str::to_owned))
    }

    /// The bucket, once it is known to belong to whom `x-amz-expected-bucket-owner` says.
    pub async fn bucket(&self, service: &ObjectService, name: &str) -> Result<BucketName, Failure> {
        let bucket = parse_bucket(name)?;
        self.expect_owner(service, &bucket, "x-amz-expected-bucket-owner").await?;
        Ok(bucket)
    }

    /// `AccessDenied` where the named header names another account than the bucket's owner.
    pub async fn expect_owner(
        &self,
        service: &ObjectService,
        bucket: &BucketName,
        header: &'static str,
    ) -> Result<(), Failure> {
        let Some(expected) = self.header(header)? else { return Ok(()) };
        let owner = service.bucket_owner(bucket).await?;
        if expected.eq_ignore_ascii_case(&owner.to_string()) {
            return Ok(());
        }
        Err(Error::AccessDenied(format!("{bucket} belongs to another account than {header} says")).into())
    }
}

/// The only value of a header, where it is there and not empty. Several are refused: which one counts would be a guess.
pub fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Failure> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Failure::invalid_request(format!("The header {name} was sent more than once.")));
    }
    let text = std::str::from_utf8(value.as_bytes())
        .map_err(|_| Failure::invalid_request(format!("The header {name} is not valid UTF-8.")))?;
    let text = text.trim();
    Ok((!text.is_empty()).then_some(text))
}

/// A header that is a whole number, not negative.
pub fn integer<T: FromStr>(headers: &HeaderMap, name: &'static str) -> Result<Option<T>, Failure> {
    let Some(text) = one(headers, name)? else { return Ok(None) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse().ok().filter(|_| digits) {
        Some(number) => Ok(Some(number)),
        None => Err(Failure::invalid_argument(name, text, format!("The value of {name} is not a valid integer."))),
    }
}

pub fn parse_bucket(name: &str) -> Result<BucketName, Failure> {
    name.parse().map_err(|_| {
        Failure::new(http::StatusCode::BAD_REQUEST, "InvalidBucketName", "The specified bucket is not valid.")
            .with("BucketName", name)
    })
}

/// A failure; that of a configuration which is not there tells its bucket.
pub fn of_bucket(error: Error, bucket: &BucketName) -> Failure {
    let absent = matches!(error, Error::NotConfigured(_));
    let failure = Failure::from(error);
    if absent { failure.with("BucketName", bucket) } else { failure }
}

/// The key of what the request makes.
pub fn parse_key(key: String) -> Result<ObjectKey, Failure> {
    Ok(ObjectKey::new(key)?)
}

/// The key of what should be there.
pub fn parse_existing_key(key: String) -> Result<ObjectKey, Failure> {
    Ok(ObjectKey::existing(key)?)
}

pub fn parse_version(version: &str) -> Result<VersionId, Failure> {
    if version.is_empty() {
        return Err(Failure::invalid_argument("versionId", "", "Version id cannot be the empty string"));
    }
    version.parse().map_err(|_| Failure::invalid_argument("versionId", version, "Invalid version id specified"))
}

pub fn parse_opt_version(version: Option<&str>) -> Result<Option<VersionId>, Failure> {
    version.map(parse_version).transpose()
}

/// A page's size: `default` where not given, at most `max`, which is what the answer then says too. Never negative.
pub fn page_size(parameter: &'static str, given: Option<i32>, max: usize) -> Result<usize, Failure> {
    let Some(given) = given else { return Ok(max) };
    usize::try_from(given).map(|size| size.min(max)).map_err(|_| {
        Failure::invalid_argument(
            parameter,
            &given.to_string(),
            format!("Argument {parameter} must be an integer between 0 and 2147483647"),
        )
    })
}
