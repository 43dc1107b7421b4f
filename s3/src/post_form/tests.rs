//! Framing, dispositions and policies, without a socket.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::StreamExt;
use proptest::prelude::*;
use trefoil_core::clock::Timestamp;
use trefoil_core::error::Error;

use super::disposition;
use super::fields::Fields;
use super::multipart::{boundary, read};
use super::policy::{LengthRange, Policy};
use crate::error::Failure;
use crate::limits;

const BOUNDARY: &str = "----formABC";

fn form(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        // As Python's requests writes text fields: each with a file name.
        out.extend_from_slice(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\n{value}\r\n")
                .as_bytes(),
        );
    }
    out.extend_from_slice(
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\a\\b.txt\"\r\nContent-Type: x/y\r\n\r\n")
            .as_bytes(),
    );
    out.extend_from_slice(file);
    out.extend_from_slice(
        format!("\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"late\"\r\n\r\nx\r\n--{BOUNDARY}--\r\n")
            .as_bytes(),
    );
    out
}

type Wire = futures::stream::BoxStream<'static, Result<Bytes, Error>>;

fn wire(bytes: &[u8], sizes: &[usize]) -> Wire {
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    let mut sizes = sizes.iter();
    while !rest.is_empty() {
        let size = sizes.next().copied().unwrap_or(rest.len()).clamp(1, rest.len());
        pieces.push(Ok(Bytes::copy_from_slice(&rest[..size])));
        rest = &rest[size..];
    }
    futures::stream::iter(pieces).boxed()
}

/// Fields, the file's name and its bytes.
type Read = (Vec<(String, String)>, String, Result<Vec<u8>, Error>);

async fn run(bytes: &[u8], sizes: &[usize], range: LengthRange) -> Result<Read, Failure> {
    let (fields, file) = read(wire(bytes, sizes), BOUNDARY).await?;
    let name = file.filename().to_owned();
    let pieces: Vec<Result<Bytes, Error>> = file.into_stream(range).collect().await;
    let whole = pieces.into_iter().collect::<Result<Vec<_>, _>>().map(|pieces| pieces.concat());
    let fields = fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok((fields, name, whole))
}

#[tokio::test]
async fn fields_come_before_the_file_and_what_follows_is_ignored() {
    let bytes = form(&[("Key", "a/${filename}"), ("x-amz-meta-a", "")], b"hello\r\n--not it");
    let (fields, name, file) = run(&bytes, &[], LengthRange::default()).await.expect("a form");
    assert_eq!(fields, [("key".into(), "a/${filename}".into()), ("x-amz-meta-a".into(), String::new())]);
    assert_eq!((name.as_str(), file.expect("a file").as_slice()), ("b.txt", &b"hello\r\n--not it"[..]));
    let (_, _, file) = run(&form(&[], b""), &[], LengthRange::default()).await.expect("a form");
    assert_eq!(file.expect("empty"), b"");
}

#[tokio::test]
async fn a_file_outside_its_range_or_without_end_is_an_error() {
    let bytes = form(&[("key", "k")], &[b'x'; 100]);
    let of = async |min, max| run(&bytes, &[10; 100], LengthRange { min, max }).await.expect("a form").2;
    assert!(of(100, 100).await.is_ok());
    assert!(matches!(of(0, 99).await, Err(Error::EntityTooLarge { max: 99, .. })));
    assert!(matches!(of(101, 200).await, Err(Error::EntityTooSmall { size: 100, min: 101, .. })));
    let file_at = bytes.windows(4).rposition(|part| part == b"xxxx").expect("a file");
    let cut = run(&bytes[..file_at], &[], LengthRange::default()).await.expect("a form").2;
    assert!(matches!(cut, Err(Error::IncompleteBody(_))));
}

#[tokio::test]
async fn broken_forms_are_refused() {
    let part = |head: &str| format!("--{BOUNDARY}\r\n{head}\r\n\r\nvalue\r\n--{BOUNDARY}--\r\n");
    let named = "Content-Disposition: form-data; name=";
    let long_field = form(&[("key", &"k".repeat(limits::FORM_FIELDS_BYTES_MAX))], b"");
    let many: Vec<(String, String)> = (0..300).map(|at| (format!("f{at}"), "x".into())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let endless_head = format!("--{BOUNDARY}\r\nX: {}", "x".repeat(limits::FORM_PREFIX_BYTES_MAX));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "MalformedPOSTRequest"),
        (b"hello".to_vec(), "MalformedPOSTRequest"),
        (format!("--{BOUNDARY}--\r\n").into_bytes(), "InvalidArgument"),
        (format!("--{BOUNDARY}XX").into_bytes(), "MalformedPOSTRequest"),
        (part("Content-Type: x").into_bytes(), "MalformedPOSTRequest"),
        (part("Content-Disposition: attachment; name=\"key\"").into_bytes(), "MalformedPOSTRequest"),
        (part("Content-Disposition: form-data; name=\"key").into_bytes(), "MalformedPOSTRequest"),
        (part(&format!("{named}\"key\"")).into_bytes(), "InvalidArgument"),
        (form(&[("key", "a"), ("KEY", "b")], b""), "InvalidArgument"),
        (long_field, "MaxPostPreDataLengthExceededError"),
        (form(&many, b""), "MaxPostPreDataLengthExceededError"),
        (endless_head.into_bytes(), "MaxPostPreDataLengthExceededError"),
    ];
    for (bytes, code) in cases {
        let failure = run(&bytes, &[5000; 50], LengthRange::default()).await.expect_err(code);
        assert_eq!(failure.code, code, "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(80)]));
    }
}

proptest! {
    #[test]
    fn splits_and_near_boundaries_do_not_matter(
        pieces in prop::collection::vec(prop_oneof![
            Just(b"\r\n--".to_vec()), Just(b"\r\n------formAB".to_vec()), Just(b"\r".to_vec()), Just(b"\r\n".to_vec()),
            Just(b"----formABC".to_vec()), prop::collection::vec(any::<u8>(), 0..30)
        ], 0..30),
        sizes in prop::collection::vec(1usize..40, 0..200),
    ) {
        let file = pieces.concat();
        prop_assume!(!file.windows(15).any(|part| part == b"\r\n------formABC"));
        let bytes = form(&[("key", "k")], &file);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (_, _, read) = runtime.block_on(run(&bytes, &sizes, LengthRange::default())).expect("a form");
        prop_assert_eq!(read.expect("a file"), file);
    }
}

#[test]
fn boundaries_and_dispositions() {
    let of = |value: &str| {
        let mut headers = http::HeaderMap::new();
        headers.insert("content-type", value.parse().expect("a value"));
        boundary(&headers)
    };
    assert_eq!(of("multipart/form-data; charset=x; Boundary=abc").as_deref(), Some("abc"));
    assert_eq!(of("multipart/form-data; boundary=\"a b\"").as_deref(), Some("a b"));
    for value in ["multipart/form-data", "multipart/form-data; boundary=", &format!("a; boundary={}", "x".repeat(71))] {
        assert_eq!(of(value), None, "{value}");
    }
    let parse = |text: &str| disposition::parse(text).map(|found| (found.name, found.filename));
    assert_eq!(
        parse("content-type: a\r\ncontent-disposition: Form-Data; filename=\"a/b \\\"c\\\".txt\"; name=\"f;x\""),
        Some(("f;x".into(), Some("b \"c\".txt".into())))
    );
    assert_eq!(
        parse("Content-Disposition: form-data; name=f; filename*=utf-8''na%C3%AFve.txt"),
        Some(("f".into(), Some("naïve.txt".into())))
    );
    assert_eq!(parse("Content-Disposition: form-data; filename=x"), None);
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in pairs {
        fields.push(name, (*value).to_owned()).expect("fits");
    }
    fields
}

fn policy(json: &str) -> Result<Policy, Failure> {
    Policy::parse(&STANDARD.encode(json))
}

#[test]
fn documents_that_are_no_policy_are_refused() {
    let good = |conditions: &str| format!("{{\"expiration\":\"2030-01-01T00:00:00Z\",\"conditions\":[{conditions}]}}");
    assert!(policy(&good("")).is_ok());
    assert!(policy("{\"expiration\":\"2030-01-01T00:00:00.000Z\",\"conditions\":[]}").is_ok());
    let too_many = good(&vec!["{\"a\":\"b\"}"; 500].join(","));
    let bad = [
        "{}",
        "[]",
        "x",
        "{\"expiration\":\"2030-01-01T00:00:00Z\"}",
        "{\"conditions\":[]}",
        "{\"EXPIRATION\":\"2030-01-01T00:00:00Z\",\"conditions\":[]}",
        "{\"expiration\":\"2030-01-01T00:00:00Z\",\"CONDITIONS\":[]}",
        "{\"expiration\":\"2030-01-01 00:00:00.5+00:00\",\"conditions\":[]}",
        "{\"expiration\":\"2030-01-01\",\"conditions\":[]}",
        &good("{}"),
        &good("{\"a\":\"b\",\"c\":\"d\"}"),
        &good("{\"a\":1}"),
        &good("[\"eq\",\"$a\"]"),
        &good("[\"eq\",\"a\",\"b\"]"),
        &good("[\"ends-with\",\"$a\",\"b\"]"),
        &good("[\"content-length-range\",0]"),
        &good("[\"content-length-range\",-1,0]"),
        &good("[\"content-length-range\",\"x\",0]"),
        &good("1"),
        &too_many,
    ];
    for json in bad {
        assert_eq!(policy(json).expect_err(json).code, "InvalidPolicyDocument", "{json}");
    }
    assert_eq!(Policy::parse("?").expect_err("no base64").code, "InvalidPolicyDocument");
}

#[test]
fn conditions_hold_for_every_field() {
    let json = "{\"expiration\":\"2030-01-01T00:00:00Z\",\"conditions\":[{\"bUcKeT\":\"bucket\"},[\"StArTs-WiTh\",\"$KeY\",\"foo\"],\
                {\"AcL\":\"private\"},[\"starts-with\",\"$Content-Type\",\"text/\"],[\"content-length-range\",1,\"10\"]]}";
    let policy = policy(json).expect("a policy");
    let now = Timestamp::from_secs(1_800_000_000);
    let good = [
        ("key", "foo.txt"),
        ("acl", "private"),
        ("content-type", "text/plain"),
        ("x-ignore-a", "b"),
        ("policy", "p"),
        ("AWSAccessKeyId", "k"),
        ("signature", "s"),
    ];
    let check = |pairs: &[(&str, &str)], bucket, now| {
        policy.check(&fields(pairs), bucket, now).map_err(|failure| failure.message.into_owned())
    };
    assert_eq!(check(&good, "bucket", now), Ok(LengthRange { min: 1, max: 10 }));
    let changed = |at: usize, pair| {
        let mut pairs = good;
        pairs[at] = pair;
        check(&pairs, "bucket", now).expect_err("refused")
    };
    assert!(changed(0, ("key", "Foo.txt")).contains("Policy Condition failed: [\"StArTs-WiTh\",\"$KeY\",\"foo\"]"));
    assert!(changed(1, ("acl", "Private")).contains("Policy Condition failed"));
    assert!(changed(1, ("x-ignore-c", "")).contains("Policy Condition failed"));
    assert!(changed(2, ("content-type", "text/a, image/b")).contains("Policy Condition failed"));
    assert!(changed(3, ("x-amz-meta-a", "b")).contains("Extra input fields: x-amz-meta-a"));
    assert!(check(&good, "other", now).expect_err("refused").contains("Policy Condition failed"));
    assert!(check(&good, "bucket", Timestamp::from_secs(1_900_000_000)).expect_err("late").contains("Policy expired"));
    let without_bucket =
        super::tests::policy("{\"expiration\":\"2030-01-01T00:00:00Z\",\"conditions\":[]}").expect("a policy");
    let refused = without_bucket.check(&fields(&[]), "bucket", now).expect_err("refused");
    assert!(refused.message.contains("Extra input fields: bucket"));
}

#[test]
fn a_files_name_is_filled_in_within_bounds() {
    let mut fields = Fields::default();
    fields.push("key", "a/${filename}/${filename}".into()).expect("in bounds");
    fields.push("policy", "${filename}".into()).expect("in bounds");
    fields.fill_in("b").expect("in bounds");
    assert_eq!((fields.get("key"), fields.get("policy")), (Some("a/b/b"), Some("${filename}")));

    let mut fields = Fields::default();
    fields.push("key", "${filename}".repeat(1800)).expect("in bounds");
    let failure = fields.fill_in(&"f".repeat(4096)).expect_err("seven megabytes");
    assert_eq!(failure.code, "MaxPostPreDataLengthExceededError");
    assert_eq!(fields.get("key").map(str::len), Some(1800 * 11), "nothing was written");
}
