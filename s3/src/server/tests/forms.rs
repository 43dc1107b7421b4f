//! Forms over the wire, and preflights.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use trefoil_core::access::Secret;
use trefoil_core::objects::{CorsConfiguration, CorsRule};

use super::harness::{ACCESS_KEY, Answer, Draft, Harness, SECRET_KEY};
use crate::S3Config;
use crate::auth::SigningKey;

fn form(fields: &[(&str, &str)], file: &str) -> Draft {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str(&format!(
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"foo.txt\"\r\nContent-Type: a/b\r\n\r\n{file}\r\n--XX--\r\n"
    ));
    Draft::new("POST", "/bucket").header("content-type", "multipart/form-data; boundary=XX").body(body)
}

async fn post(harness: &Harness, fields: &[(&str, &str)]) -> Answer {
    harness.send(&form(fields, "bar").bytes()).await
}

#[tokio::test]
async fn an_anonymous_form_is_stored_with_its_fields() {
    let harness = Harness::start(S3Config::default());
    let fields = [
        ("key", "dir/${filename}"),
        ("acl", "public-read"),
        ("Content-Type", "text/plain"),
        ("x-amz-meta-color", "blå"),
        ("x-amz-checksum-crc32", "dv8svg=="),
        ("tagging", "<Tagging><TagSet><Tag><Key>0</Key><Value>0</Value></Tag></TagSet></Tagging>"),
    ];
    let answer = post(&harness, &fields).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{answer:?}");
    assert_eq!(answer.header("location"), Some("http://localhost/bucket/dir/foo.txt"));
    assert_eq!(answer.header("etag"), Some("\"11111111111111111111111111111111\""));
    let stored = harness.fake.get("bucket/dir/foo.txt").expect("stored");
    assert_eq!((stored.body.as_slice(), stored.principal), (&b"bar"[..], None));
    assert_eq!(stored.content_type.as_deref(), Some("text/plain"));
    assert_eq!(stored.user_metadata, [("color".into(), "blå".into())]);
    assert_eq!(hex::encode(stored.trailer.expect("a checksum")), "76ff2cbe");
}

#[tokio::test]
async fn a_form_is_answered_as_it_asks() {
    let harness = Harness::start(S3Config::default());
    let answer = post(&harness, &[("key", "foo.txt"), ("success_action_status", "201")]).await;
    assert_eq!(
        (answer.status, answer.element("Key"), answer.element("Bucket")),
        (201, Some("foo.txt"), Some("bucket"))
    );
    assert_eq!(post(&harness, &[("key", "k"), ("success_action_status", "200")]).await.status, 200);
    assert_eq!(post(&harness, &[("key", "k"), ("success_action_status", "404")]).await.status, 204);
    let answer = post(&harness, &[("key", "a b"), ("success_action_redirect", "http://x/y?z=1")]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        Some("http://x/y?z=1&bucket=bucket&key=a%20b&etag=%2211111111111111111111111111111111%22")
    );
    assert_eq!(post(&harness, &[("key", "k"), ("redirect", "javascript:alert(1)")]).await.status, 204);
}

#[tokio::test]
async fn forms_that_cannot_be_are_refused() {
    let harness = Harness::start(S3Config::default());
    type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a str);
    let cases: &[Case<'_>] = &[
        (&[("acl", "private")], 400, "InvalidArgument"),
        (&[("key", "k"), ("acl", "everybody")], 400, "InvalidArgument"),
        (&[("key", "k"), ("tagging", "<Tagging>")], 400, "MalformedXML"),
        (&[("key", "k"), ("x-amz-server-side-encryption", "AES256")], 501, "NotImplemented"),
        (&[("key", "k"), ("x-amz-checksum-sha256", "sailorjerry")], 400, "InvalidRequest"),
        (&[("key", "k"), ("x-amz-security-token", "t")], 400, "InvalidToken"),
        (&[("key", "k"), ("x-amz-algorithm", "AWS4-HMAC-SHA256")], 400, "InvalidArgument"),
        // Version 2 is off.
        (
            &[("key", "k"), ("policy", "e30="), ("AWSAccessKeyId", ACCESS_KEY), ("signature", "x")],
            400,
            "InvalidRequest",
        ),
    ];
    for (fields, status, code) in cases {
        let answer = post(&harness, fields).await;
        assert_eq!((answer.status, answer.code()), (*status, *code), "{fields:?} {answer:?}");
    }
    let mut whole = form(&[("key", "k")], "bar");
    whole.body.truncate(whole.body.len() - 12);
    let answer = harness.send(&whole.bytes()).await;
    assert_eq!((answer.status, answer.code()), (400, "MalformedPOSTRequest"), "{answer:?}");
    assert!(harness.fake.objects.lock().expect("lock").is_empty());
}

const POLICY: &str = "{\"expiration\":\"2013-05-25T00:00:00Z\",\"conditions\":[{\"bucket\":\"bucket\"},[\"starts-with\",\"$key\",\"foo\"],\
                      [\"content-length-range\",0,3],[\"starts-with\",\"$x-amz-credential\",\"\"],\
                      [\"eq\",\"$x-amz-algorithm\",\"AWS4-HMAC-SHA256\"],[\"eq\",\"$x-amz-date\",\"20130524T000000Z\"]]}";

#[tokio::test]
async fn a_policy_is_verified_in_version_4() {
    let harness = Harness::start(S3Config::default());
    let policy = STANDARD.encode(POLICY);
    let key = SigningKey::new(&Secret::new(SECRET_KEY), "20130524", "us-east-1");
    let signature = String::from_utf8(key.sign(policy.as_bytes()).to_vec()).expect("digits");
    let credential = format!("{ACCESS_KEY}/20130524/us-east-1/s3/aws4_request");
    let fields = |key: &'static str, signature: &str, credential: &str| {
        [
            ("key", key),
            ("policy", &policy),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-credential", credential),
            ("x-amz-signature", signature),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let run = async |fields: [(String, String); 6], file: &str| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        harness.send(&form(&fields, file).bytes()).await
    };
    let answer = run(fields("foo.txt", &signature, &credential), "bar").await;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(harness.fake.get("bucket/foo.txt").expect("stored").principal.as_deref(), Some("alice"));
    harness.fake.objects.lock().expect("lock").clear();
    for (fields, file, status, code) in [
        (fields("bar.txt", &signature, &credential), "bar", 403, "AccessDenied"),
        (fields("foo.txt", &signature, &credential), "long", 400, "EntityTooLarge"),
        (fields("foo.txt", &signature.replace('a', "b"), &credential), "bar", 403, "SignatureDoesNotMatch"),
        (fields("foo.txt", &signature, &credential.replace("AKIA", "AKIB")), "bar", 403, "InvalidAccessKeyId"),
        (fields("foo.txt", &signature, &credential.replace("s3", "s4")), "bar", 400, "InvalidArgument"),
    ] {
        let answer = run(fields, file).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{answer:?}");
    }
    harness.clock.advance_nanos(86_400_000_000_001);
    assert_eq!(run(fields("foo.txt", &signature, &credential), "bar").await.code(), "AccessDenied");
    assert!(harness.fake.objects.lock().expect("lock").is_empty());
}

#[tokio::test]
async fn a_policy_is_verified_in_version_2_where_it_is_set() {
    let harness = Harness::start(S3Config { sigv2: true, ..S3Config::default() });
    let policy = STANDARD
        .encode("{\"expiration\":\"2013-05-25T00:00:00Z\",\"conditions\":[{\"bucket\":\"bucket\"},{\"key\":\"k\"}]}");
    let mac = Hmac::<sha1::Sha1>::new_from_slice(SECRET_KEY.as_bytes()).expect("a key").chain_update(policy.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let good = [("key", "k"), ("policy", policy.as_str()), ("AWSAccessKeyId", ACCESS_KEY), ("signature", &signature)];
    assert_eq!(post(&harness, &good).await.status, 204);
    let reversed: String = signature.chars().rev().collect();
    assert_eq!(
        post(&harness, &[good[0], good[1], good[2], ("signature", &reversed)]).await.code(),
        "SignatureDoesNotMatch"
    );
    assert_eq!(
        post(&harness, &[good[0], good[1], ("AWSAccessKeyId", "foo"), good[3]]).await.code(),
        "InvalidAccessKeyId"
    );
    assert_eq!(post(&harness, &[good[0], good[1], good[2]]).await.code(), "InvalidArgument");
}

#[tokio::test]
async fn preflights_and_actual_answers_follow_the_rules() {
    let harness = Harness::start(S3Config::default());
    let options = |headers: &[(&str, &str)]| {
        let mut draft = Draft::new("OPTIONS", "/bucket/key");
        for (name, value) in headers {
            draft = draft.header(name, value);
        }
        draft.bytes()
    };
    let asked = [("origin", "http://a"), ("access-control-request-method", "GET")];
    for (headers, status, code) in
        [(&asked[..0], 400, "BadRequest"), (&asked[..1], 400, "BadRequest"), (&asked[..], 403, "AccessForbidden")]
    {
        let answer = harness.send(&options(headers)).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{answer:?}");
    }
    let rule = CorsRule {
        allowed_origins: vec!["http://a".into()],
        allowed_methods: vec!["GET".into()],
        ..CorsRule::default()
    };
    *harness.fake.cors.lock().expect("lock") = Some(Arc::new(CorsConfiguration { rules: vec![rule] }));
    let answer = harness.send(&options(&asked)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some("http://a")), "{answer:?}");
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET"));
    let answer = harness.send(&options(&[("origin", "http://b"), asked[1]])).await;
    assert_eq!((answer.status, answer.element("ResourceType")), (403, Some("OBJECT")));
    let answer = harness.send(&Draft::new("GET", "/bucket/absent").header("origin", "http://a").sign().bytes()).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (404, Some("http://a")));
    let answer = harness.send(&Draft::new("GET", "/bucket/absent").header("origin", "http://b").sign().bytes()).await;
    assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary").is_some()), (None, true));
}
