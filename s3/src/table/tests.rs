//! The table against itself, against requests, and against the README.

use std::path::Path;

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{Level, OPERATIONS, Operation, SUBRESOURCES, find, markdown};
use crate::error::Failure;
use crate::target::Target;

fn at(method: &Method, level: Level, query: &str, headers: &HeaderMap) -> Result<&'static Operation, Failure> {
    let path = match level {
        Level::Service => "/",
        Level::Bucket => "/bucket",
        Level::Object => "/bucket/key",
    };
    let uri = format!("{path}?{query}").parse().expect("a URI");
    find(method, headers, &Target::parse(&uri, headers, &[]).expect("a target"))
}

fn name(method: &Method, level: Level, query: &str) -> String {
    match at(method, level, query, &HeaderMap::new()) {
        Ok(operation) => operation.name.to_owned(),
        Err(failure) => failure.code.into_owned(),
    }
}

#[test]
fn requests_find_their_operations() {
    for (method, level, query, expected) in [
        (Method::GET, Level::Service, "", "ListBuckets"),
        (Method::GET, Level::Service, "x-id=ListBuckets", "ListBuckets"),
        (Method::GET, Level::Bucket, "list-type=2&prefix=acl", "ListObjectsV2"),
        (Method::GET, Level::Bucket, "list-type=1", "ListObjects"),
        (Method::GET, Level::Bucket, "acl", "GetBucketAcl"),
        (Method::GET, Level::Bucket, "inventory", "ListBucketInventoryConfigurations"),
        (Method::GET, Level::Bucket, "id=x&inventory", "GetBucketInventoryConfiguration"),
        (Method::GET, Level::Object, "versionId=null&partNumber=1", "GetObject"),
        (Method::PUT, Level::Object, "uploadId=x&partNumber=1", "UploadPart"),
        (Method::PUT, Level::Object, "renameObject", "RenameObject"),
        (Method::POST, Level::Bucket, "delete", "DeleteObjects"),
        (Method::DELETE, Level::Object, "uploadId=x", "AbortMultipartUpload"),
        // However it is spelled.
        (Method::PUT, Level::Object, "%61cl", "PutObjectAcl"),
        (Method::PUT, Level::Object, "rename%4Fbject", "RenameObject"),
        (Method::POST, Level::Bucket, "%64elete", "DeleteObjects"),
        (Method::POST, Level::Object, "%75ploads=", "CreateMultipartUpload"),
        (Method::GET, Level::Bucket, "list%2Dtype=%32", "ListObjectsV2"),
        (Method::GET, Level::Bucket, "+acl", "ListObjects"),
    ] {
        assert_eq!(name(&method, level, query), expected, "{method} {query}");
    }
    let copy = HeaderMap::from_iter([(HeaderName::from_static("x-amz-copy-source"), HeaderValue::from_static("b/k"))]);
    let found = |query| at(&Method::PUT, Level::Object, query, &copy).expect("known").name;
    assert_eq!((found(""), found("partNumber=1&uploadId=x")), ("CopyObject", "UploadPartCopy"));
}

#[test]
fn a_subresource_on_the_wrong_method_is_never_taken_for_something_else() {
    for (method, level, query, expected) in [
        (Method::DELETE, Level::Bucket, "acl", "MethodNotAllowed"),
        (Method::DELETE, Level::Bucket, "%61cl", "MethodNotAllowed"),
        (Method::DELETE, Level::Bucket, "ab%61c", "MethodNotAllowed"),
        (Method::DELETE, Level::Bucket, "versioning", "MethodNotAllowed"),
        (Method::PUT, Level::Bucket, "location", "MethodNotAllowed"),
        (Method::PUT, Level::Object, "torrent", "MethodNotAllowed"),
        (Method::DELETE, Level::Object, "acl", "MethodNotAllowed"),
        (Method::POST, Level::Object, "", "MethodNotAllowed"),
        (Method::PUT, Level::Service, "", "MethodNotAllowed"),
        (Method::PATCH, Level::Object, "", "MethodNotAllowed"),
        (Method::GET, Level::Bucket, "uploads&versions", "InvalidArgument"),
        (Method::PUT, Level::Object, "uploadId=x", "MethodNotAllowed"),
    ] {
        assert_eq!(name(&method, level, query), expected, "{method} {query}");
    }
}

#[test]
fn names_are_unique_and_every_row_can_be_reached() {
    assert!(SUBRESOURCES.is_sorted());
    for (index, operation) in OPERATIONS.iter().enumerate() {
        assert!(OPERATIONS[..index].iter().all(|other| other.name != operation.name), "{} twice", operation.name);
        let method: Method = format!("{:?}", operation.verb).to_uppercase().parse().expect("a method");
        let mut headers = HeaderMap::new();
        if let Some(header) = operation.header {
            headers.insert(HeaderName::from_static(header), HeaderValue::from_static("x"));
        }
        let found = at(&method, operation.level, &operation.query.join("&"), &headers).expect(operation.name);
        assert_eq!(found.name, operation.name);
        for parameter in operation.query {
            let known = SUBRESOURCES.contains(parameter);
            assert!(known || parameter.contains('=') || ["id", "partNumber"].contains(parameter), "{parameter}");
        }
    }
}

const BEGIN: &str = "<!-- operations:begin -->";
const END: &str = "<!-- operations:end -->";

/// `TREFOIL_WRITE_README=1 cargo test -p trefoil-s3 readme` writes the table anew.
#[test]
fn the_readme_shows_this_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md is at the top of the workspace");
    let (before, rest) = readme.split_once(BEGIN).expect("README.md has the marker where the table begins");
    let (table, after) = rest.split_once(END).expect("README.md has the marker where the table ends");
    let expected = format!("\n{}", markdown());
    if std::env::var_os("TREFOIL_WRITE_README").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).expect("README.md can be written");
        return;
    }
    assert!(table == expected, "README.md is out of date: TREFOIL_WRITE_README=1 cargo test -p trefoil-s3 readme");
}
