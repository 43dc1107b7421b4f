//! Conditions of reads and writes.

use super::harness::Store;

const HELLO_MD5: &str = "\"5d41402abc4b2a76b9719d911017c592\"";
const PAST: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const FUTURE: &str = "Fri, 06 Nov 2093 08:49:37 GMT";

#[tokio::test]
async fn conditions_of_reads() {
    let store = Store::with_bucket().await;
    store.put("a", "hello").await;
    for (headers, status) in [
        (vec![("if-match", HELLO_MD5)], 200),
        (vec![("if-match", "5d41402abc4b2a76b9719d911017c592")], 200),
        (vec![("if-match", "\"x\", \"5d41402abc4b2a76b9719d911017c592\"")], 200),
        (vec![("if-match", "*")], 200),
        (vec![("if-match", "\"x\"")], 412),
        (vec![("if-none-match", HELLO_MD5)], 304),
        (vec![("if-none-match", "*")], 304),
        (vec![("if-none-match", "\"x\"")], 200),
        (vec![("if-modified-since", PAST)], 200),
        (vec![("if-unmodified-since", PAST)], 412),
        (vec![("if-unmodified-since", FUTURE)], 200),
        (vec![("if-modified-since", "nonsense")], 200),
        // RFC 9110, 13.2.2: the tag decides where both are sent.
        (vec![("if-match", HELLO_MD5), ("if-unmodified-since", PAST)], 200),
        (vec![("if-none-match", "\"x\""), ("if-modified-since", FUTURE)], 200),
    ] {
        for method in ["GET", "HEAD"] {
            let ask = store.ask(method, "/photos/a");
            let ask = headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value));
            let got = ask.send().await;
            assert_eq!(got.status, status, "{method} {headers:?}");
            if status == 304 {
                assert_eq!(got.header("etag"), Some(HELLO_MD5));
                assert!(got.header("last-modified").is_some());
            }
        }
    }
}

#[tokio::test]
async fn conditions_of_writes() {
    let store = Store::with_bucket().await;
    let put = |name: &str, value: &str| store.ask("PUT", "/photos/a").header(name, value).body("hello");
    put("if-match", HELLO_MD5).send().await.expect_error(404, "NoSuchKey");
    put("if-none-match", "*").send().await.expect(200);
    let failed = put("if-none-match", "*").send().await.expect_error(412, "PreconditionFailed");
    assert!(failed.details.iter().any(|(name, _)| *name == "Condition"));
    put("if-match", HELLO_MD5).send().await.expect(200);
    put("if-match", "\"x\"").send().await.expect_error(412, "PreconditionFailed");
    let delete = |name: &str, value: &str| store.ask("DELETE", "/photos/a").header(name, value);
    delete("if-match", "\"x\"").send().await.expect_error(412, "PreconditionFailed");
    delete("x-amz-if-match-size", "4").send().await.expect_error(412, "PreconditionFailed");
    delete("x-amz-if-match-last-modified-time", PAST).send().await.expect_error(412, "PreconditionFailed");
    delete("if-match", HELLO_MD5).send().await.expect(204);
    delete("if-match", "*").send().await.expect_error(404, "NoSuchKey");
}
