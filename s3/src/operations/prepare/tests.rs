//! Requests before s3s.

use http::Request;
use http::request::Parts;

use super::{Sent, prepare};
use crate::table;
use crate::target::Target;

fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut parts = request.body(()).expect("a request").into_parts().0;
    let target = Target::parse(&parts.uri, &parts.headers, &[]).expect(uri);
    let operation = table::find(&parts.method, &parts.headers, &target).expect(uri);
    parts.extensions.insert(operation);
    parts
}

#[test]
fn s3s_sees_no_header_that_it_could_choke_on() {
    let mut parts = parts("PUT", "/bucket/key", &[("range", "x"), ("x-amz-copy-source", "a+b"), ("expires", "never")]);
    assert_eq!(prepare(&mut parts).expect("known").name, "CopyObject");
    assert_eq!(parts.headers.len(), 1);
    assert_eq!(parts.headers["x-amz-copy-source"], "bucket/key");
    let sent: &Sent = parts.extensions.get().expect("kept");
    assert_eq!(sent.headers["x-amz-copy-source"], "a+b");
    assert_eq!(sent.headers["expires"], "never");
}

#[test]
fn response_expires_may_be_any_text() {
    let mut parts = parts("GET", "/bucket/key?versionId=null&response-expires=in+a%20week&partNumber=1", &[]);
    assert_eq!(prepare(&mut parts).expect("known").name, "GetObject");
    assert_eq!(parts.uri, "/bucket/key?versionId=null&partNumber=1");
    assert_eq!(parts.extensions.get::<Sent>().expect("kept").response_expires.as_deref(), Some("in a week"));
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
        assert_eq!(prepare(&mut parts("GET", uri, &[])).expect(uri).name, name, "{uri}");
    }
}

#[test]
fn what_is_not_built_is_refused() {
    for (method, uri) in [("PUT", "/bucket?policy"), ("POST", "/bucket/key?restore"), ("GET", "/bucket?session")] {
        let failure = prepare(&mut parts(method, uri, &[])).expect_err(uri);
        assert_eq!((failure.status.as_u16(), &*failure.code), (501, "NotImplemented"), "{uri}");
    }
}

#[test]
fn what_can_not_be_is_told_with_its_name_and_value() {
    let failure = |uri: &str| prepare(&mut parts("GET", uri, &[])).expect_err(uri);
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
        prepare(&mut parts("GET", uri, &[])).expect(uri);
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
        let failure = prepare(&mut parts(method, uri, headers)).expect_err(uri);
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
        prepare(&mut parts(method, uri, &[])).expect(uri);
    }
}
