//! The map from the core's errors to S3's codes.

use http::{StatusCode, header};
use trefoil_core::clock::Timestamp;
use trefoil_core::error::{Configuration, Error, NotModified};
use trefoil_core::types::{ETag, VersionId};

use super::{DELETE_MARKER, Failure, VERSION_ID};
use crate::context::ErrorDetails;

fn text(value: &str) -> String {
    value.to_owned()
}

fn not_modified() -> NotModified {
    NotModified {
        etag: ETag::Md5([0; 16]),
        modified: Timestamp(0),
        version: Some(VersionId::Null),
        cache_control: Some(text("no-store")),
        expires: None,
    }
}

fn cases() -> Vec<(Error, u16, &'static str)> {
    let version = VersionId::Sequence { sequence: 1, node: 2 };
    vec![
        (Error::NoSuchBucket(text("b")), 404, "NoSuchBucket"),
        (Error::BucketAlreadyOwnedByYou(text("b")), 409, "BucketAlreadyOwnedByYou"),
        (Error::BucketAlreadyExists(text("b")), 409, "BucketAlreadyExists"),
        (Error::BucketNotEmpty(text("b")), 409, "BucketNotEmpty"),
        (Error::TooManyBuckets(1), 400, "TooManyBuckets"),
        (Error::NoSuchKey(text("k")), 404, "NoSuchKey"),
        (Error::Deleted { key: text("k"), version, modified: Timestamp(0) }, 404, "NoSuchKey"),
        (Error::IsDeleteMarker { version, modified: Timestamp(0) }, 405, "MethodNotAllowed"),
        (Error::NoSuchVersion { key: text("k"), version: text("v") }, 404, "NoSuchVersion"),
        (Error::NoSuchUpload(text("u")), 404, "NoSuchUpload"),
        (Error::NotConfigured(Configuration::Cors), 404, "NoSuchCORSConfiguration"),
        (Error::NotConfigured(Configuration::BucketTags), 404, "NoSuchTagSet"),
        (Error::AccessDenied(text("because")), 403, "AccessDenied"),
        (Error::PreconditionFailed("If-Match"), 412, "PreconditionFailed"),
        (Error::NotModified(Box::new(not_modified())), 304, "NotModified"),
        (Error::ConditionalConflict, 409, "ConditionalRequestConflict"),
        (Error::InvalidRange { size: 3 }, 416, "InvalidRange"),
        (Error::InvalidPartNumber { requested: 3, count: 2 }, 416, "InvalidPartNumber"),
        (Error::IdempotencyMismatch, 400, "IdempotencyParameterMismatch"),
        (Error::InvalidArgument { name: "n", value: text("v"), message: text("m") }, 400, "InvalidArgument"),
        (
            Error::InvalidArgument { name: "LocationConstraint", value: text("v"), message: text("m") },
            400,
            "InvalidLocationConstraint",
        ),
        (Error::InvalidRequest(text("m")), 400, "InvalidRequest"),
        (Error::MalformedAcl(text("m")), 400, "MalformedACLError"),
        (Error::InvalidTag(text("m")), 400, "InvalidTag"),
        (Error::KeyTooLong { size: 2, max: 1 }, 400, "KeyTooLongError"),
        (Error::MetadataTooLarge { size: 2, max: 1 }, 400, "MetadataTooLarge"),
        (Error::UnresolvableGrantByEmail(text("e")), 400, "UnresolvableGrantByEmailAddress"),
        (Error::InvalidBucketState(text("m")), 409, "InvalidBucketState"),
        (Error::NotImplemented(text("m")), 501, "NotImplemented"),
        (Error::BadDigest("CRC32"), 400, "BadDigest"),
        (Error::BadMd5 { sent: [0; 16], computed: [1; 16] }, 400, "BadDigest"),
        (Error::BadPartDigest { algorithm: "sha256", part: 1 }, 400, "BadDigest"),
        (Error::InvalidMd5 { sent: text("x") }, 400, "InvalidDigest"),
        (Error::PayloadHashMismatch { sent: text("a"), computed: text("b") }, 400, "XAmzContentSHA256Mismatch"),
        (Error::BodySignature, 403, "SignatureDoesNotMatch"),
        (Error::IncompleteBody(text("m")), 400, "IncompleteBody"),
        (Error::MalformedTrailer(text("m")), 400, "MalformedTrailerError"),
        (Error::BodyTimeout, 400, "RequestTimeout"),
        (Error::EntityTooLarge { size: 2, max: 1 }, 400, "EntityTooLarge"),
        (Error::EntityTooSmall { size: 1, min: 2, part: Some((1, ETag::Md5([0; 16]))) }, 400, "EntityTooSmall"),
        (Error::InvalidPart { upload: text("u"), part: 1, etag: text("e") }, 400, "InvalidPart"),
        (Error::InvalidPartOrder { upload: text("u") }, 400, "InvalidPartOrder"),
        (Error::StorageFull(text("m")), 507, "InsufficientCapacity"),
        (Error::Unavailable(text("m")), 503, "ServiceUnavailable"),
        (Error::Corrupt(text("secret path")), 500, "InternalError"),
        (Error::Internal(text("secret path")), 500, "InternalError"),
    ]
}

#[test]
fn each_error_has_the_code_and_status_of_aws_also_through_s3s() {
    for (error, status, code) in cases() {
        let failure = Failure::from(error.clone());
        assert_eq!((failure.status.as_u16(), &*failure.code), (status, code), "{error:?}");
        assert!(!failure.message.is_empty(), "{error:?}");
        let rendered = failure.into_s3(&ErrorDetails::default());
        assert_eq!(rendered.code().as_str(), code);
        assert_eq!(rendered.status_code(), StatusCode::from_u16(status).ok());
    }
}

#[test]
fn documents_have_the_elements_that_aws_gives() {
    let tag = "9f".repeat(16);
    let etag = ETag::Md5([0x9f; 16]);
    for (error, elements) in [
        (
            Error::BadMd5 { sent: [0x9f; 16], computed: [0; 16] },
            vec![("ExpectedDigest", tag.as_str()), ("CalculatedDigest", "AAAAAAAAAAAAAAAAAAAAAA==")],
        ),
        (Error::InvalidMd5 { sent: text("x") }, vec![("Content-MD5", "x")]),
        (
            Error::InvalidPart { upload: text("u"), part: 3, etag: text("e") },
            vec![("UploadId", "u"), ("PartNumber", "3"), ("ETag", "e")],
        ),
        (Error::InvalidPartOrder { upload: text("u") }, vec![("UploadId", "u")]),
        (
            Error::EntityTooSmall { size: 1, min: 2, part: Some((3, etag)) },
            vec![("ProposedSize", "1"), ("MinSizeAllowed", "2"), ("PartNumber", "3"), ("ETag", &tag)],
        ),
        (
            Error::InvalidPartNumber { requested: 3, count: 2 },
            vec![("PartNumberRequested", "3"), ("ActualPartCount", "2")],
        ),
    ] {
        let details = Failure::from(error.clone()).details;
        let shown: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(shown, elements, "{error:?}");
    }
}

#[test]
fn what_happened_inside_is_not_told() {
    for error in
        [Error::Internal(text("/data/x")), Error::Corrupt(text("/data/x")), Error::AccessDenied(text("/data/x"))]
    {
        let failure = Failure::from(error);
        assert!(!failure.message.contains("/data/x") && failure.details.is_empty());
    }
}

#[test]
fn delete_markers_are_named_in_headers() {
    let version = VersionId::Sequence { sequence: 1, node: 2 };
    let deleted = Failure::from(Error::Deleted { key: text("k"), version, modified: Timestamp(0) });
    assert_eq!(deleted.headers[DELETE_MARKER], "true");
    assert_eq!(deleted.headers[VERSION_ID], version.to_string());
    let marker = Failure::from(Error::IsDeleteMarker { version, modified: Timestamp::from_secs(784_111_777) });
    assert_eq!(marker.headers[header::ALLOW], "DELETE");
    assert_eq!(marker.headers[header::LAST_MODIFIED], "Sun, 06 Nov 1994 08:49:37 GMT");
}

#[test]
fn details_reach_the_layer_that_renders_them() {
    let slot = ErrorDetails::default();
    let error = Failure::from(Error::InvalidRange { size: 7 }).into_s3(&slot.clone());
    assert_eq!(slot.get(), [("ActualObjectSize", text("7"))]);
    assert_eq!(error.headers().expect("headers")[header::CONTENT_RANGE], "bytes */7");
}

#[test]
fn what_has_not_changed_is_told_as_the_whole_would_be() {
    let failure = Failure::from(Error::NotModified(Box::new(not_modified())));
    let headers = [header::ETAG, header::LAST_MODIFIED, VERSION_ID, header::CACHE_CONTROL];
    let values = ["\"00000000000000000000000000000000\"", "Thu, 01 Jan 1970 00:00:00 GMT", "null", "no-store"];
    for (name, value) in headers.iter().zip(values) {
        assert_eq!(failure.headers[name], value, "{name}");
    }
    assert!(!failure.headers.contains_key(header::EXPIRES));
}

#[test]
fn the_method_that_is_not_allowed_is_named_once() {
    let marker = Error::IsDeleteMarker { version: VersionId::Null, modified: Timestamp(0) };
    let failure = Failure::from(marker).by(&http::Method::PUT).by(&http::Method::GET);
    assert_eq!(failure.details, [("Method", text("PUT")), ("ResourceType", text("DeleteMarker"))]);
    assert!(Failure::invalid_request("m").by(&http::Method::PUT).details.is_empty());
}
