//! Names and documents of requests, as counters and the bound of documents need them.

use http::{HeaderMap, Method, Uri};

use super::{Kind, name_of};
use crate::target::Target;

fn kind(method: Method, uri: &str) -> Kind {
    let uri: Uri = uri.parse().expect("a URI");
    let headers = HeaderMap::new();
    let target = Target::parse(&uri, &headers, &[]).expect("a target");
    Kind::of(&method, &uri, &headers, &target)
}

#[test]
fn each_request_has_the_name_of_its_operation() {
    for (method, uri, name, document) in [
        (Method::PUT, "/bucket/key", "PutObject", false),
        (Method::GET, "/bucket/key", "GetObject", false),
        (Method::GET, "/bucket?list-type=2", "ListObjectsV2", false),
        (Method::GET, "/", "ListBuckets", false),
        (Method::POST, "/bucket?delete", "DeleteObjects", true),
        (Method::POST, "/bucket/key?uploadId=1", "CompleteMultipartUpload", true),
        (Method::POST, "/bucket", "PostObject", false),
        (Method::OPTIONS, "/bucket", "Other", false),
    ] {
        let kind = kind(method, uri);
        assert_eq!((kind.name(), kind.takes_document()), (name, document), "{uri}");
        assert!(kind.index() < Kind::COUNT && name_of(kind.index()) == name);
    }
}
