//! AWS's published signatures, and each part of one broken.
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>)

use std::sync::Arc;

use http::request::Parts;
use trefoil_core::access::Secret;
use trefoil_core::clock::{ManualClock, Timestamp};
use trefoil_core::types::{Account, AccountId, Principal};

use super::{Authenticator, Identity};
use crate::S3Config;
use crate::auth::{Credentials, Payload};
use crate::error::Failure;
use crate::target::Target;

/// 2013-05-24T00:00:00Z
const NOW: u64 = 1_369_353_600;
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const SCOPE: &str = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";

struct AwsExample;

impl Credentials for AwsExample {
    fn by_access_key(&self, id: &str) -> Option<(Arc<Account>, Secret)> {
        let account = Account {
            id: AccountId([1; 32]),
            name: "example".into(),
            display_name: "Example".into(),
            email: None,
            is_root: false,
        };
        (id == "AKIAIOSFODNN7EXAMPLE")
            .then(|| (Arc::new(account), Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")))
    }
}

fn authenticator(config: &S3Config, now: u64) -> Authenticator {
    Authenticator::new(config, Arc::new(AwsExample), Arc::new(ManualClock::at(Timestamp::from_secs(now))))
}

fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a request").into_parts().0
}

fn run_with(config: &S3Config, now: u64, head: &Parts) -> Result<Identity, Failure> {
    let target = Target::parse(&head.uri, &head.headers, &[])?;
    authenticator(config, now).authenticate(head, &target)
}

fn run(head: &Parts) -> Result<Identity, Failure> {
    run_with(&S3Config::default(), NOW, head)
}

fn code(result: Result<Identity, Failure>) -> String {
    result.map_or_else(|failure| failure.code.into_owned(), |identity| format!("{:?}", identity.principal))
}

fn assert_example(head: &Parts) -> Identity {
    let identity = run(head).expect("AWS's own example");
    assert!(matches!(&identity.principal, Principal::Account(account) if account.name == "example"));
    identity
}

fn authorization(signed: &str, signature: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={signed},Signature={signature}")
}

fn get_object() -> Vec<(&'static str, String)> {
    let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    vec![
        ("host", "examplebucket.s3.amazonaws.com".into()),
        ("range", "bytes=0-9".into()),
        ("x-amz-content-sha256", EMPTY.into()),
        ("x-amz-date", "20130524T000000Z".into()),
        ("authorization", authorization("host;range;x-amz-content-sha256;x-amz-date", signature)),
    ]
}

fn with(headers: &[(&'static str, String)], change: &[(&'static str, &str)]) -> Parts {
    let mut all: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (name, value) in change {
        all.retain(|(other, _)| other != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    head("GET", "/test.txt", &all)
}

#[test]
fn get_object_of_the_documentation() {
    let identity = assert_example(&with(&get_object(), &[]));
    assert!(matches!(identity.payload, Payload::Sha256(_)));
}

#[test]
fn put_object_of_the_documentation_has_a_dollar_and_a_date_header() {
    let sha = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    let value = authorization(
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    );
    // The path is encoded by AWS's rules, whether the client did so or not.
    for path in ["/test%24file.text", "/test$file.text"] {
        assert_example(&head(
            "PUT",
            path,
            &[
                ("host", "examplebucket.s3.amazonaws.com"),
                ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("x-amz-content-sha256", sha),
                ("x-amz-date", "20130524T000000Z"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ("authorization", &value),
            ],
        ));
    }
}

#[test]
fn queries_of_the_documentation_in_any_order() {
    let cases = [
        ("/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("/?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
        ("/?prefix=J&max-keys=2", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ];
    for (uri, signature) in cases {
        assert_example(&head(
            "GET",
            uri,
            &[
                ("host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-content-sha256", EMPTY),
                ("x-amz-date", "20130524T000000Z"),
                ("authorization", &authorization("host;x-amz-content-sha256;x-amz-date", signature)),
            ],
        ));
    }
}

#[test]
fn the_chunked_upload_of_the_documentation_gives_its_seed() {
    let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    let value = authorization(
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
        seed,
    );
    let identity = assert_example(&head(
        "PUT",
        "/examplebucket/chunkObject.txt",
        &[
            ("host", "s3.amazonaws.com"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", "66560"),
            ("content-length", "66824"),
            ("authorization", &value),
        ],
    ));
    assert_eq!(identity.payload, Payload::SignedChunks { trailer: false });
    assert_eq!(&identity.signer.expect("a signer").previous[..], seed.as_bytes());
}

#[test]
fn each_part_of_a_header_signature_broken_has_its_error() {
    let good = get_object();
    let value = good[4].1.clone();
    let changed = |from: &str, to: &str| value.replace(from, to);
    let cases: Vec<(&'static str, String, &str)> = vec![
        ("authorization", changed("f0e8", "f0e9"), "SignatureDoesNotMatch"),
        ("authorization", changed("f0e8bdb8", ""), "SignatureDoesNotMatch"),
        ("authorization", changed("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF"), "InvalidAccessKeyId"),
        ("authorization", changed("/20130524/", "/20130525/"), "AuthorizationHeaderMalformed"),
        ("authorization", changed("/20130524/", "/2013/"), "AuthorizationHeaderMalformed"),
        ("authorization", changed("/s3/", "/ec2/"), "AuthorizationHeaderMalformed"),
        ("authorization", changed("aws4_request", "aws5_request"), "AuthorizationHeaderMalformed"),
        ("authorization", changed("us-east-1", "eu-west-1"), "SignatureDoesNotMatch"),
        ("authorization", changed("host;", ""), "AccessDenied"),
        ("authorization", changed(";x-amz-date", ""), "AccessDenied"),
        ("authorization", changed("host;range", "range;host"), "AuthorizationHeaderMalformed"),
        ("authorization", changed("host;range", "Host;range"), "AuthorizationHeaderMalformed"),
        ("authorization", changed("Signature=", "Sig="), "AuthorizationHeaderMalformed"),
        ("authorization", changed(",Signature", ",Signature=00,Signature"), "AuthorizationHeaderMalformed"),
        ("authorization", "AWS4-HMAC-SHA256".into(), "AuthorizationHeaderMalformed"),
        ("authorization", "AWS4-HMAC-SHA256 ".into(), "AuthorizationHeaderMalformed"),
        ("authorization", changed("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "NotImplemented"),
        ("authorization", "Bearer abc".into(), "InvalidArgument"),
        ("authorization", "AWS AKIAIOSFODNN7EXAMPLE:abc".into(), "InvalidRequest"),
        ("range", "bytes=0-8".into(), "SignatureDoesNotMatch"),
        ("host", "otherbucket.s3.amazonaws.com".into(), "SignatureDoesNotMatch"),
        ("x-amz-date", "20130524T000001Z".into(), "SignatureDoesNotMatch"),
        ("x-amz-date", "20130524".into(), "AccessDenied"),
        ("x-amz-date", "20130524T001501Z".into(), "RequestTimeTooSkewed"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD".into(), "SignatureDoesNotMatch"),
        ("x-amz-content-sha256", "abc".into(), "InvalidArgument"),
        ("x-amz-content-sha256", String::new(), "InvalidRequest"),
        ("x-amz-security-token", "token".into(), "InvalidToken"),
        ("x-amz-meta-added", "x".into(), "AccessDenied"),
    ];
    for (name, changed, expected) in cases {
        assert_eq!(code(run(&with(&good, &[(name, &changed)]))), expected, "{name}: {changed}");
    }
}

#[test]
fn what_was_signed_is_told() {
    let mut good = get_object();
    good[4].1 = good[4].1.replace("f0e8", "f0e9");
    let failure = run(&with(&good, &[])).expect_err("broken");
    let detail = |name| failure.details.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone());
    assert!(
        detail("StringToSign").expect("there").starts_with("AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1")
    );
    assert!(detail("CanonicalRequest").expect("there").starts_with("GET\n/test.txt\n\nhost:examplebucket"));
    assert!(detail("StringToSignBytes").expect("there").starts_with("41 57 53 34"));
    assert_eq!(detail("AWSAccessKeyId").expect("there"), "AKIAIOSFODNN7EXAMPLE");
    assert!(!format!("{failure:?}").contains("wJalrXUtn"));
}

#[test]
fn the_clock_may_differ_by_fifteen_minutes() {
    let head = with(&get_object(), &[]);
    let config = S3Config::default();
    for now in [NOW - 900, NOW + 900] {
        assert!(run_with(&config, now, &head).is_ok());
    }
    for now in [NOW - 901, NOW + 901] {
        assert_eq!(code(run_with(&config, now, &head)), "RequestTimeTooSkewed");
    }
}

#[test]
fn regions_are_checked_where_that_is_set() {
    let config = S3Config { region: "eu-west-1".into(), region_strict: true, ..S3Config::default() };
    let failure = run_with(&config, NOW, &with(&get_object(), &[])).expect_err("another region");
    assert_eq!(failure.code, "AuthorizationHeaderMalformed");
    assert_eq!(
        failure.message,
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"
    );
    assert!(failure.details.contains(&("Region", "eu-west-1".into())));
    assert!(run_with(&S3Config { region_strict: false, ..config }, NOW, &with(&get_object(), &[])).is_ok());
}

const PRESIGNED: &str = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2F\
                         s3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&\
                         X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
const HOST: &[(&str, &str)] = &[("host", "examplebucket.s3.amazonaws.com")];

#[test]
fn the_presigned_url_of_the_documentation_lives_a_day() {
    let config = S3Config::default();
    let head = head("GET", PRESIGNED, HOST);
    assert_example(&head);
    assert!(run_with(&config, NOW - 900, &head).is_ok());
    assert!(run_with(&config, NOW + 86_400, &head).is_ok());
    let late = run_with(&config, NOW + 86_401, &head).expect_err("late");
    assert_eq!((&*late.code, &*late.message), ("AccessDenied", "Request has expired"));
    let early = run_with(&config, NOW - 901, &head).expect_err("early");
    assert_eq!((&*early.code, &*early.message), ("AccessDenied", "Request is not valid yet"));
}

#[test]
fn each_part_of_a_presigned_url_broken_has_its_error() {
    let wrong = "AuthorizationQueryParametersError";
    let cases = [
        ("X-Amz-Expires=86400", "X-Amz-Expires=604801", wrong),
        ("X-Amz-Expires=86400", "X-Amz-Expires=99999999999999999999999", wrong),
        ("X-Amz-Expires=86400", "X-Amz-Expires=-1", wrong),
        ("X-Amz-Expires=86400", "X-Amz-Expires=soon", wrong),
        ("X-Amz-Expires=86400", "X-Amz-Expires=", wrong),
        ("X-Amz-Expires=86400", "X-Amz-Expires=604800", "SignatureDoesNotMatch"),
        ("&X-Amz-Expires=86400", "", wrong),
        ("&X-Amz-SignedHeaders=host", "", wrong),
        ("&X-Amz-Date=20130524T000000Z", "", wrong),
        ("X-Amz-Date=20130524T000000Z", "X-Amz-Date=yesterday", wrong),
        ("X-Amz-Date=20130524T000000Z", "X-Amz-Date=20130525T000000Z", wrong),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512", wrong),
        ("us-east-1%2Fs3", "us-east-1%2Fs4", wrong),
        ("AKIAIOSFODNN7EXAMPLE", "AKIA", "InvalidAccessKeyId"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=range", "AccessDenied"),
        ("aeeed9", "aeeed8", "SignatureDoesNotMatch"),
        ("&X-Amz-Signature=aeeed9", "&X-Amz-Signature=0&X-Amz-Signature=aeeed9", wrong),
        ("/test.txt?", "/test2.txt?", "SignatureDoesNotMatch"),
        ("/test.txt?", "/test.txt?versionId=1&", "SignatureDoesNotMatch"),
        ("/test.txt?", "/test.txt?X-Amz-Security-Token=t&", "InvalidToken"),
        ("/test.txt?", "/test.txt?Signature=t&", "InvalidArgument"),
    ];
    for (from, to, expected) in cases {
        let uri = PRESIGNED.replace(from, to);
        assert_ne!(uri, PRESIGNED);
        assert_eq!(code(run(&head("GET", &uri, HOST))), expected, "{to}");
    }
    let both = [HOST[0], ("authorization", "AWS4-HMAC-SHA256 x")];
    assert_eq!(code(run(&head("GET", PRESIGNED, &both))), "InvalidArgument");
    let added = [HOST[0], ("x-amz-acl", "public-read")];
    assert_eq!(code(run(&head("GET", PRESIGNED, &added))), "AccessDenied");
    assert_eq!(code(run(&head("PUT", PRESIGNED, HOST))), "SignatureDoesNotMatch");
}

#[test]
fn a_payload_hash_that_the_signer_did_not_know_of_is_still_checked() {
    let identity = assert_example(&head("GET", PRESIGNED, &[HOST[0], ("x-amz-content-sha256", EMPTY)]));
    assert!(matches!(identity.payload, Payload::Sha256(_)));
}

#[test]
fn without_credentials_it_is_nobody() {
    for headers in [HOST.to_vec(), vec![HOST[0], ("authorization", "")]] {
        let identity = run(&head("GET", "/test.txt", &headers)).expect("anonymous");
        assert_eq!((identity.principal, identity.payload), (Principal::Anonymous, Payload::Unsigned));
    }
    let chunks = [HOST[0], ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")];
    assert_eq!(code(run(&head("PUT", "/test.txt", &chunks))), "InvalidRequest");
    let trailer = [HOST[0], ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")];
    let identity = run(&head("PUT", "/test.txt", &trailer)).expect("anonymous");
    assert_eq!(identity.payload, Payload::UnsignedTrailer);
}

/// Examples of <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html>, by path style.
#[test]
fn version_2_of_the_documentation_only_where_it_is_set() {
    let config = S3Config { sigv2: true, domains: vec!["s3.us-west-1.amazonaws.com".into()], ..S3Config::default() };
    let get = head(
        "GET",
        "/photos/puppy.jpg",
        &[
            ("host", "awsexamplebucket1.us-west-1.s3.amazonaws.com"),
            ("date", "Tue, 27 Mar 2007 19:36:42 +0000"),
            ("authorization", "AWS AKIAIOSFODNN7EXAMPLE:qgk2+6Sv9/oM7G3qLEjTH1a1l1g="),
        ],
    );
    let now = 1_175_024_202;
    let domains = ["us-west-1.s3.amazonaws.com".to_owned()];
    let target = Target::parse(&get.uri, &get.headers, &domains).expect("a target");
    assert_eq!(target.bucket.as_deref(), Some("awsexamplebucket1"));
    assert!(authenticator(&config, now).authenticate(&get, &target).is_ok());
    assert_eq!(code(authenticator(&config, now + 901).authenticate(&get, &target)), "RequestTimeTooSkewed");
    let refused = authenticator(&S3Config::default(), now).authenticate(&get, &target).expect_err("off");
    assert_eq!(
        refused.message,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
    );
    let presigned = "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&\
                     Expires=1175139620";
    let presigned = head("GET", presigned, &[("host", "s3.us-west-1.amazonaws.com")]);
    let target = Target {
        virtual_host: true,
        bucket: Some("awsexamplebucket1".into()),
        ..Target::parse(&presigned.uri, &presigned.headers, &[]).expect("a target")
    };
    assert_eq!(code(authenticator(&config, 1_175_139_621).authenticate(&presigned, &target)), "AccessDenied");
    assert_eq!(code(authenticator(&S3Config::default(), now).authenticate(&presigned, &target)), "InvalidRequest");
}

/// Whoever knows a key's id, and not its secret, gets no place in the cache, whatever regions and days they name.
#[test]
fn only_right_signatures_are_remembered() {
    let authenticator = authenticator(&S3Config::default(), NOW);
    let request = |region: &str, signature: &str| {
        let credential = format!("AKIAIOSFODNN7EXAMPLE/20130524/{region}/s3/aws4_request");
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={credential},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,\
             Signature={signature}"
        );
        let head = with(&get_object(), &[("authorization", &value)]);
        let target = Target::parse(&head.uri, &head.headers, &[]).expect("a target");
        code(authenticator.authenticate(&head, &target))
    };
    let right = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    for number in 0..100 {
        assert_eq!(request(&format!("region-{number}"), right), "SignatureDoesNotMatch");
    }
    assert_eq!(request(&"r".repeat(65), right), "AuthorizationHeaderMalformed");
    assert_eq!(authenticator.keys.len(), 0);
    for _ in 0..2 {
        assert!(request("us-east-1", right).contains("example"), "AWS's own example");
        assert_eq!(authenticator.keys.len(), 1);
    }
}
