//! What the core can't do, in the words of S3: one exhaustive map from [`Error`] to code, status, message, elements and headers
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
//!
//! Always holds: every variant has exactly one answer, with AWS's code and status. What went wrong inside the machine is logged,
//! not told.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use s3s::{S3Error, S3ErrorCode};
use trefoil_core::error::{Configuration, Error};
use trefoil_core::types::VersionId;

use crate::context::ErrorDetails;

#[cfg(test)]
mod tests;

/// A request's failure as a client sees it.
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: Cow<'static, str>,
    pub status: StatusCode,
    pub message: Cow<'static, str>,
    /// Elements of the document beside Code and Message.
    pub details: Vec<(&'static str, String)>,
    /// In a box, as most failures have none and every result carries the room for them.
    pub headers: Box<HeaderMap>,
}

/// Seconds after which a client told to come back may do so.
const RETRY_AFTER_SECS: &str = "1";
const INTERNAL: &str = "We encountered an internal error. Please try again.";

impl Failure {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: Cow::Borrowed(code),
            status,
            message: message.into(),
            details: Vec::new(),
            headers: Box::default(),
        }
    }

    fn bad(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    fn missing(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    fn conflict(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    pub fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad("InvalidRequest", message)
    }

    pub fn invalid_argument(name: &str, value: &str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad("InvalidArgument", message).with("ArgumentName", name).with("ArgumentValue", value)
    }

    pub fn malformed_xml() -> Self {
        Self::bad(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    }

    /// For what is refused rather than ignored. `what` is the header, parameter or document element.
    pub fn not_implemented(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "A header or parameter you provided implies functionality that is not implemented",
        )
        .with("Header", what)
    }

    /// Adds an element to the document.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.details.push((name, value.to_string()));
        self
    }

    /// Adds a header. A value that can't be one is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Says with which method a resource was met that does not allow it, where that is not said yet.
    #[must_use]
    pub fn by(mut self, method: &Method) -> Self {
        if self.code == "MethodNotAllowed" && !self.details.iter().any(|(name, _)| *name == "Method") {
            self.details.insert(0, ("Method", method.to_string()));
        }
        self
    }

    /// As s3s takes it; the elements go through `details`, which the outer layer reads.
    pub fn into_s3(self, details: &ErrorDetails) -> S3Error {
        if !self.details.is_empty() {
            details.set(self.details);
        }
        let code = S3ErrorCode::from_bytes(self.code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
        let mut error = S3Error::with_message(code, self.message);
        error.set_status_code(self.status);
        if !self.headers.is_empty() {
            error.set_headers(*self.headers);
        }
        error
    }
}

pub(crate) const VERSION_ID: HeaderName = HeaderName::from_static("x-amz-version-id");
pub(crate) const DELETE_MARKER: HeaderName = HeaderName::from_static("x-amz-delete-marker");

fn with_delete_marker(failure: Failure, version: VersionId) -> Failure {
    failure.header(DELETE_MARKER, "true").header(VERSION_ID, &version.to_string())
}

impl From<Error> for Failure {
    #[allow(clippy::too_many_lines, reason = "one arm a variant, so that the compiler holds it complete")]
    fn from(error: Error) -> Self {
        match error {
            Error::NoSuchBucket(bucket) => {
                Self::missing("NoSuchBucket", "The specified bucket does not exist").with("BucketName", bucket)
            }
            Error::BucketAlreadyOwnedByYou(bucket) => Self::conflict(
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            )
            .with("BucketName", bucket),
            Error::BucketAlreadyExists(bucket) => Self::conflict(
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system. \
                 Please select a different name and try again.",
            )
            .with("BucketName", bucket),
            Error::BucketNotEmpty(bucket) => {
                Self::conflict("BucketNotEmpty", "The bucket you tried to delete is not empty")
                    .with("BucketName", bucket)
            }
            Error::TooManyBuckets(_) => {
                Self::bad("TooManyBuckets", "You have attempted to create more buckets than allowed")
            }
            Error::NoSuchKey(key) => Self::missing("NoSuchKey", "The specified key does not exist.").with("Key", key),
            Error::Deleted { key, version, .. } => with_delete_marker(
                Self::missing("NoSuchKey", "The specified key does not exist.").with("Key", key),
                version,
            ),
            Error::IsDeleteMarker { version, modified } => with_delete_marker(
                Self::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "MethodNotAllowed",
                    "The specified method is not allowed against this resource.",
                )
                .with("ResourceType", "DeleteMarker")
                .header(header::ALLOW, "DELETE")
                .header(header::LAST_MODIFIED, &crate::operations::time::http_date(modified)),
                version,
            ),
            Error::NoSuchVersion { key, version } => {
                Self::missing("NoSuchVersion", "The specified version does not exist.")
                    .with("Key", key)
                    .with("VersionId", version)
            }
            Error::NoSuchUpload(upload) => Self::missing(
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted \
                 or completed.",
            )
            .with("UploadId", upload),
            Error::NotConfigured(Configuration::Cors) => {
                Self::missing("NoSuchCORSConfiguration", "The CORS configuration does not exist")
            }
            Error::NotConfigured(Configuration::BucketTags) => {
                Self::missing("NoSuchTagSet", "The TagSet does not exist")
            }
            // The reason would tell a stranger what exists.
            Error::AccessDenied(_) => Self::new(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied"),

            Error::PreconditionFailed(condition) => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
            )
            .with("Condition", condition),
            Error::NotModified(known) => {
                let failure = Self::new(StatusCode::NOT_MODIFIED, "NotModified", "Not Modified")
                    .header(header::ETAG, &format!("\"{}\"", known.etag))
                    .header(header::LAST_MODIFIED, &crate::operations::time::http_date(known.modified));
                let version = known.version.map(|version| version.to_string());
                [(VERSION_ID, version), (header::CACHE_CONTROL, known.cache_control), (header::EXPIRES, known.expires)]
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value?)))
                    .fold(failure, |failure, (name, value)| failure.header(name, &value))
            }
            Error::ConditionalConflict => Self::conflict(
                "ConditionalRequestConflict",
                "The conditional request cannot succeed due to a conflicting operation against this resource.",
            ),
            Error::InvalidRange { size } => Self::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "InvalidRange",
                "The requested range is not satisfiable",
            )
            .with("ActualObjectSize", size)
            .header(header::CONTENT_RANGE, &format!("bytes */{size}")),
            Error::InvalidPartNumber { requested, count } => Self::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "InvalidPartNumber",
                "The requested partnumber is not satisfiable",
            )
            .with("PartNumberRequested", requested)
            .with("ActualPartCount", count),

            Error::IdempotencyMismatch => Self::bad(
                "IdempotencyParameterMismatch",
                "Parameters on this idempotent request are inconsistent with parameters used in previous request(s).",
            ),

            Error::InvalidArgument { name: "LocationConstraint", value, .. } => {
                Self::bad("InvalidLocationConstraint", "The specified location-constraint is not valid")
                    .with("LocationConstraint", value)
            }
            Error::InvalidArgument { name, value, message } => Self::invalid_argument(name, &value, message),
            Error::InvalidRequest(message) => Self::invalid_request(message),
            Error::MalformedAcl(message) => Self::bad("MalformedACLError", message),
            Error::MalformedConfiguration(_) => Self::malformed_xml(),
            Error::InvalidTag(message) => Self::bad("InvalidTag", message),
            Error::KeyTooLong { size, max } => Self::bad("KeyTooLongError", "Your key is too long")
                .with("Size", size)
                .with("MaxSizeAllowed", max),
            Error::MetadataTooLarge { size, max } => Self::bad(
                "MetadataTooLarge",
                "Your metadata headers exceed the maximum allowed metadata size",
            )
            .with("Size", size)
            .with("MaxSizeAllowed", max),
            Error::UnresolvableGrantByEmail(_) => Self::bad(
                "UnresolvableGrantByEmailAddress",
                "The e-mail address you provided does not match any account on record.",
            ),
            Error::InvalidBucketState(message) => Self::conflict("InvalidBucketState", message),
            Error::NotImplemented(message) => Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message),

            // S3 shows what it expected in hexadecimal, and what it computed as the header has it.
            Error::BadMd5 { sent, computed } => {
                Self::bad("BadDigest", "The Content-MD5 you specified did not match what we received.")
                    .with("ExpectedDigest", hex::encode(sent))
                    .with("CalculatedDigest", STANDARD.encode(computed))
            }
            Error::BadPartDigest { algorithm, part } => Self::bad(
                "BadDigest",
                format!("The {algorithm} you specified for part {part} did not match what we received."),
            ),
            Error::BadDigest(what) => Self::bad(
                "BadDigest",
                format!("The {what} you specified did not match the calculated checksum."),
            ),
            Error::InvalidMd5 { sent } => {
                Self::bad("InvalidDigest", "The Content-MD5 you specified was invalid.").with("Content-MD5", sent)
            }
            Error::PayloadHashMismatch { sent, computed } => Self::bad(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )
            .with("ClientComputedContentSHA256", sent)
            .with("S3ComputedContentSHA256", computed),
            Error::BodySignature => Self::new(
                StatusCode::FORBIDDEN,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and \
                 signing method.",
            ),
            Error::IncompleteBody(_) => Self::bad(
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP header",
            ),
            Error::MalformedTrailer(_) => Self::bad(
                "MalformedTrailerError",
                "The request contained trailing data that was not well-formed or did not conform to our published schema.",
            ),
            Error::BodyTimeout => Self::bad(
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout period. Idle \
                 connections will be closed.",
            ),
            Error::EntityTooLarge { size, max } => {
                Self::bad("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
                    .with("ProposedSize", size)
                    .with("MaxSizeAllowed", max)
            }
            Error::EntityTooSmall { size, min, part } => {
                let failure =
                    Self::bad("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
                        .with("ProposedSize", size)
                        .with("MinSizeAllowed", min);
                match part {
                    Some((part, etag)) => failure.with("PartNumber", part).with("ETag", etag),
                    None => failure,
                }
            }
            Error::InvalidPart { upload, part, etag } => Self::bad(
                "InvalidPart",
                "One or more of the specified parts could not be found.  The part may not have been uploaded, or the \
                 specified entity tag may not match the part's entity tag.",
            )
            .with("UploadId", upload)
            .with("PartNumber", part)
            .with("ETag", etag),
            Error::InvalidPartOrder { upload } => Self::bad(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part number.",
            )
            .with("UploadId", upload),

            // General purpose buckets never fill up; this is what S3 on Outposts answers when its disks are full.
            Error::StorageFull(what) => {
                tracing::warn!(%what, "a request was refused for want of space");
                Self::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "InsufficientCapacity",
                    "There is not enough space to store the object.",
                )
            }
            Error::Unavailable(what) => {
                tracing::warn!(%what, "a request was put off");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "ServiceUnavailable",
                    "Service is unable to handle request.",
                )
                .header(header::RETRY_AFTER, RETRY_AFTER_SECS)
            }
            Error::Corrupt(what) => {
                tracing::error!(%what, "stored data is damaged");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", INTERNAL)
            }
            // No verb of objects gives one.
            Error::File(what) => {
                tracing::error!(error = %what, "an error of files reached S3");
                Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", INTERNAL)
            }
            Error::Internal(what) => {
                tracing::error!(%what, "a request failed inside");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", INTERNAL)
            }
        }
    }
}
