//! Names of requests, as counters need them.

use http::{HeaderMap, Method, Uri};

use super::{Kind, name_of};
use crate::target::Target;

fn kind(method: Method, uri: &str) -> Kind {
    let uri: Uri = uri.parse().expect("a URI");
    let headers = HeaderMap::new();
    let target = Target::parse(&uri, &headers, &[]).expect("a target");
    Kind::of(&method, &headers, &target)
}

#[test]
fn each_request_has_the_name_of_its_operation() {
    for (method, uri, name) in [
        (Method::PUT, "/bucket/key", "PutObject"),
        (Method::GET, "/bucket/key", "GetObject"),
        (Method::GET, "/bucket?list-type=2", "ListObjectsV2"),
        (Method::GET, "/", "ListBuckets"),
        (Method::POST, "/bucket?delete", "DeleteObjects"),
        (Method::POST, "/bucket/key?uploadId=1", "CompleteMultipartUpload"),
        (Method::POST, "/bucket", "PostObject"),
        (Method::OPTIONS, "/bucket", "Other"),
        (Method::DELETE, "/bucket?%61cl", "Other"),
        (Method::PUT, "/bucket/key?%61cl", "PutObjectAcl"),
    ] {
        let kind = kind(method, uri);
        assert_eq!(kind.name(), name, "{uri}");
        assert_eq!(kind.operation().map_or("Other", |operation| operation.name), name.replace("PostObject", "Other"));
        assert!(kind.index() < Kind::COUNT && name_of(kind.index()) == name);
    }
}
