//! Requests before s3s.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Request};
use trefoil_core::types::Principal;

use super::{check, check_names, take_headers};
use crate::context::{AuthContext, ErrorDetails};
use crate::error::Failure;
use crate::operate::Asked;
use crate::table;
use crate::target::Target;

fn auth() -> AuthContext {
    AuthContext {
        principal: Principal::Anonymous,
        expected_sha256: None,
        trailer: None,
        request_id: "1".into(),
        host_id: HeaderValue::from_static("host"),
        virtual_host: false,
        details: ErrorDetails::default(),
    }
}

fn asked(method: &str, uri: &str, headers: &[(&str, &str)]) -> Asked {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(s3s::Body::empty()).expect("a request");
    let target = Target::parse(request.uri(), request.headers(), &[]).expect(uri);
    let operation = table::find(request.method(), request.headers(), &target).expect(uri);
    Asked { operation, target: Arc::new(target), auth: auth(), request }
}

/// The operation's name, where the request may go on to s3s.
fn prepare(asked: &Asked) -> Result<&'static str, Failure> {
    check(asked)?;
    check_names(asked.request.uri().path())?;
    Ok(asked.operation.name)
}

#[test]
fn s3s_sees_no_header_that_it_could_choke_on() {
    let mut headers = HeaderMap::new();
    for (name, value) in [("range", "x"), ("x-amz-copy-source", "a+b"), ("expires", "never")] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let sent = take_headers(&mut headers, auth());
    assert_eq!(headers.len(), 1);
    assert_eq!(headers["x-amz-copy-source"], "bucket/key");
    assert_eq!(sent.headers["x-amz-copy-source"], "a+b");
    assert_eq!(sent.headers["expires"], "never");
}

#[test]
fn paths_name_service_bucket_or_object() {
    for (uri, name) in [
        ("/", "ListBuckets"),
        ("/bucket", "ListObjects"),
        ("/bucket/", "ListObjects"),
        ("/bucket/key", "GetObject"),
        ("/bucket//", "GetObject"),
        ("/bucket%2Fkey", "GetObject"),
        ("/bucket%2F", "ListObjects"),
        ("/bucket/a/?x=1", "GetObject"),
    ] {
        assert_eq!(prepare(&asked("GET", uri, &[])).expect(uri), name, "{uri}");
    }
}

#[test]
fn what_is_not_built_is_refused() {
    for (method, uri) in [("PUT", "/bucket?policy"), ("POST", "/bucket/key?restore"), ("GET", "/bucket?session")] {
        let failure = prepare(&asked(method, uri, &[])).expect_err(uri);
        assert_eq!((failure.status.as_u16(), &*failure.code), (501, "NotImplemented"), "{uri}");
    }
}

#[test]
fn what_can_not_be_is_told_with_its_name_and_value() {
    let failure = |uri: &str| prepare(&asked("GET", uri, &[])).expect_err(uri);
    let long = format!("/bucket/{}", "k".repeat(1025));
    for (uri, code, details) in [
        ("/ab", "InvalidBucketName", [("BucketName", "ab")].as_slice()),
        ("/Bucket/key", "InvalidBucketName", &[("BucketName", "Bucket")]),
        (&long, "KeyTooLongError", &[("Size", "1025"), ("MaxSizeAllowed", "1024")]),
        ("/bucket?max-keys=few", "InvalidArgument", &[("ArgumentName", "max-keys"), ("ArgumentValue", "few")]),
        ("/bucket?list-type=3", "InvalidArgument", &[("ArgumentName", "list-type"), ("ArgumentValue", "3")]),
        (
            "/bucket?uploads&max-uploads=2147483648",
            "InvalidArgument",
            &[("ArgumentName", "max-uploads"), ("ArgumentValue", "2147483648")],
        ),
    ] {
        let failure = failure(uri);
        let found: Vec<(&str, &str)> = failure.details.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!((&*failure.code, found.as_slice()), (code, details), "{uri}");
    }
    for uri in ["/bucket?list-type=2&max-keys=1", "/bucket/key?max-keys=few", "/bucket/key?list-type=3"] {
        prepare(&asked("GET", uri, &[])).expect(uri);
    }
}

#[test]
fn a_version_or_part_that_is_not_meant_is_refused() {
    const COPY: [(&str, &str); 1] = [("x-amz-copy-source", "b/k")];
    let version = ("This operation does not accept a version-id.", "versionId", "null");
    let part = ("This operation does not accept partNumber without uploadId", "partNumber", "partNumber");
    let of_upload = ("This operation does not accept partNumber", "partNumber", "partNumber");
    for (method, uri, headers, expected) in [
        ("PUT", "/bucket/key?versionId=null", &[][..], version),
        ("PUT", "/bucket/key?versionId=null", &COPY, version),
        ("PUT", "/bucket/key?renameObject&versionId=null", &[], version),
        ("PUT", "/bucket/key?partNumber=1&uploadId=x&versionId=null", &[], version),
        ("PUT", "/bucket/key?partNumber=1&uploadId=x&versionId=null", &COPY, version),
        ("POST", "/bucket/key?uploads&versionId=null", &[], version),
        ("POST", "/bucket/key?uploadId=x&versionId=null", &[], version),
        ("DELETE", "/bucket/key?uploadId=x&versionId=null", &[], version),
        ("GET", "/bucket/key?uploadId=x&versionId=null", &[], version),
        ("PUT", "/bucket/key?partNumber=1", &[], part),
        ("PUT", "/bucket/key?partNumber=1", &COPY, part),
        ("DELETE", "/bucket/key?partNumber=1", &[], part),
        ("POST", "/bucket/key?uploads&partNumber=1", &[], part),
        ("DELETE", "/bucket/key?uploadId=x&partNumber=1", &[], of_upload),
    ] {
        let failure = prepare(&asked(method, uri, headers)).expect_err(uri);
        assert_eq!((failure.status.as_u16(), &*failure.code), (400, "InvalidArgument"), "{method} {uri}");
        let argument = |name: &str| failure.details.iter().find(|(other, _)| *other == name).expect(name).1.clone();
        let found = (&*failure.message, &*argument("ArgumentName"), &*argument("ArgumentValue"));
        assert_eq!(found, expected, "{method} {uri}");
    }
    for (method, uri) in [
        ("GET", "/bucket/key?versionId=null"),
        ("HEAD", "/bucket/key?versionId=null&partNumber=1"),
        ("DELETE", "/bucket/key?versionId=null"),
        ("GET", "/bucket/key?attributes&versionId=null"),
        ("PUT", "/bucket/key?acl&versionId=null"),
        ("PUT", "/bucket/key?tagging&versionId=null"),
        ("DELETE", "/bucket/key?tagging&versionId=null"),
        ("PUT", "/bucket/key?partNumber=1&uploadId=x"),
    ] {
        prepare(&asked(method, uri, &[])).expect(uri);
    }
}
