//! Blanks until the document is there.

use std::time::Duration;

use http_body_util::BodyExt as _;

use super::*;

#[tokio::test(start_paused = true)]
async fn blanks_keep_the_client_waiting() {
    let document = async {
        tokio::time::sleep(BLANK_INTERVAL * 3 + Duration::from_millis(1)).await;
        Bytes::from(format!("{DECLARATION}<Error/>"))
    };
    let mut response = Response::new(s3s::Body::empty());
    Late::new(document).put(response.extensions_mut());
    apply(&mut response);
    assert_eq!(response.headers()["content-type"], "application/xml");
    let mut body = response.into_body();
    let begun = tokio::time::Instant::now();
    let mut pieces = Vec::new();
    while let Some(frame) = body.frame().await {
        let piece = frame.expect("no error").into_data().expect("data");
        pieces.push((begun.elapsed().as_secs(), String::from_utf8(piece.to_vec()).expect("text")));
    }
    let every = BLANK_INTERVAL.as_secs();
    let blank = |n| (n * every, " ".to_owned());
    let expected = [(0, DECLARATION.to_owned()), blank(1), blank(2), blank(3), (3 * every, "<Error/>".to_owned())];
    assert_eq!(pieces, expected);
}
