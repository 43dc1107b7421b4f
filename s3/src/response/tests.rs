//! Error documents: read back and rendered.

use http::{HeaderValue, Response, StatusCode};

use super::{Context, failure, read_error};
use crate::error::Failure;

static HOST: HeaderValue = HeaderValue::from_static("host");

fn context(head: bool) -> Context<'static> {
    Context { resource: "/b/<k>\u{1}", request_id: "ID", host_id: &HOST, head }
}

fn text(response: Response<s3s::Body>) -> String {
    String::from_utf8(response.into_body().take_bytes().expect("whole").to_vec()).expect("text")
}

#[test]
fn a_document_is_whole_and_escaped() {
    let refused = Failure::new(StatusCode::NOT_FOUND, "NoSuchKey", "a & b").with("Key", "<k>");
    let response = failure(refused, context(false));
    assert_eq!(response.headers()["content-type"], "application/xml");
    assert_eq!(
        text(response),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>a &amp; b</Message>\
         <Key>&lt;k&gt;</Key><Resource>/b/&lt;k&gt;&#x1;</Resource><RequestId>ID</RequestId><HostId>host</HostId></Error>"
    );
}

#[test]
fn head_and_not_modified_have_no_body_and_503_says_when() {
    for (status, head) in [(StatusCode::NOT_FOUND, true), (StatusCode::NOT_MODIFIED, false)] {
        let response = failure(Failure::new(status, "X", "x"), context(head));
        assert_eq!(response.status(), status);
        assert!(!response.headers().contains_key("content-type"));
        assert_eq!(text(response), "");
    }
    let response = failure(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", ""), context(false));
    assert_eq!(response.headers()["retry-after"], "1");
    assert!(text(response).contains("<Message>Please reduce your request rate.</Message>"));
}

#[test]
fn what_s3s_rendered_is_read_back() {
    let mut error = s3s::S3Error::with_message(s3s::S3ErrorCode::NoSuchKey, "a <b> & \"c\" 'd' é");
    error.set_status_code(StatusCode::NOT_FOUND);
    let mut headers = http::HeaderMap::new();
    headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
    error.set_headers(headers);
    let response = error.to_http_response().expect("rendered");
    let failure = read_error(response, &[("Key", "k".to_owned())]);
    assert_eq!((failure.status, &*failure.code), (StatusCode::NOT_FOUND, "NoSuchKey"));
    assert_eq!(failure.message, "a <b> & \"c\" 'd' é");
    assert_eq!(failure.headers["x-amz-delete-marker"], "true");
    assert_eq!(failure.details, [("Key", "k".to_owned())]);
    let mut nothing = Response::new(s3s::Body::empty());
    *nothing.status_mut() = StatusCode::PRECONDITION_FAILED;
    assert_eq!(read_error(nothing, &[]).code, "PreconditionFailed");
}
