//! Keys arrive exact; hosts make buckets only where they are ours.

use http::HeaderMap;

use super::{Query, Target};

fn target(uri: &str, host: &str, domains: &[&str]) -> Result<Target, String> {
    let mut headers = HeaderMap::new();
    headers.insert("host", host.parse().expect("a host"));
    let domains: Vec<String> = domains.iter().map(|&domain| domain.to_owned()).collect();
    Target::parse(&uri.parse().expect("a URI"), &headers, &domains).map_err(|failure| failure.code.into_owned())
}

#[test]
fn keys_arrive_exact() {
    let cases = [
        ("/bucket/a/b", "a/b"),
        ("/bucket//key", "/key"),
        ("/bucket/a//b/", "a//b/"),
        ("/bucket/./a/../b", "./a/../b"),
        ("/bucket/a+b", "a+b"),
        ("/bucket/a%2Bb%20c", "a+b c"),
        ("/bucket/%00", "\0"),
        ("/bucket/a%2Fb", "a/b"),
        ("/bucket/%E2%82%AC%25", "€%"),
        ("/bucket/%2525", "%25"),
        ("/bucket///", "//"),
    ];
    for (uri, key) in cases {
        let target = target(uri, "localhost", &[]).expect("a target");
        assert_eq!((target.bucket.as_deref(), target.key.as_deref()), (Some("bucket"), Some(key)), "{uri}");
    }
    for uri in ["/bucket", "/bucket/"] {
        assert_eq!(target(uri, "localhost", &[]).expect("a target").key, None);
    }
    assert_eq!(target("/", "localhost", &[]).expect("a target").bucket, None);
}

#[test]
fn what_is_no_uri_is_refused() {
    for uri in
        ["/bucket/%", "/bucket/%2", "/bucket/%zz", "/bucket/%ff", "/bucket/%c0%80", "/b/k?prefix=%ff", "/b/k?%zz=1"]
    {
        assert_eq!(target(uri, "localhost", &[]), Err("InvalidURI".into()), "{uri}");
    }
    assert_eq!(target("//key", "localhost", &[]), Err("InvalidBucketName".into()));
}

#[test]
fn only_our_domains_hold_buckets() {
    let domains = ["s3.example.com", "example.com"];
    let bucket = |host| target("/key", host, &domains).map(|target| (target.bucket, target.key, target.virtual_host));
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(bucket("photos.s3.example.com"), Ok((some("photos"), some("key"), true)));
    assert_eq!(bucket("Photos.S3.example.com:9000"), Ok((some("photos"), some("key"), true)));
    assert_eq!(bucket("a.b.s3.example.com"), Ok((some("a.b"), some("key"), true)));
    for host in [
        "s3.example.com",
        "example.com:80",
        "localhost",
        "127.0.0.1:8000",
        "[::1]:8000",
        "minio.default.svc",
        "evilexample.com",
    ] {
        assert_eq!(bucket(host), Ok((some("key"), None, false)), "{host}");
    }
    assert_eq!(bucket("ba$d.s3.example.com"), Err("InvalidBucketName".into()));
}

#[test]
fn what_goes_on_is_path_style_without_signatures() {
    let forwarded = |uri: &str, host, domains: &[&str]| {
        let target = target(uri, host, domains).expect("a target");
        target.forwarded(&uri.parse().expect("a URI")).expect("a URI").map(|uri| uri.to_string())
    };
    assert_eq!(forwarded("/bucket/key?versionId=1", "localhost", &[]), None);
    assert_eq!(forwarded("/a%20b?acl", "x.example.com", &["example.com"]).as_deref(), Some("/x/a%20b?acl"));
    let signed = "/b/k?X-Amz-Algorithm=a&versionId=1&X-Amz-Signature=s&X%2DAmz-Date=d&response-expires=x";
    assert_eq!(forwarded(signed, "localhost", &[]).as_deref(), Some("/b/k?versionId=1&response-expires=x"));
    assert_eq!(forwarded("http://localhost/b/k", "localhost", &[]).as_deref(), Some("/b/k"));
    // A name is seen in one spelling, whatever it was sent in; values stand as sent.
    assert_eq!(forwarded("/b/k?%61cl", "localhost", &[]).as_deref(), Some("/b/k?acl"));
    let odd = "/b?pre%66ix=%61&max-keys=+1&a+b%26=%2F&x";
    assert_eq!(forwarded(odd, "localhost", &[]).as_deref(), Some("/b?prefix=%61&max-keys=+1&a%20b%26=%2F&x"));
}

#[test]
fn parameters_are_decoded_as_forms_are() {
    let query = Query::parse("prefix=a+b%2B&acl&x=&prefix=2").expect("a query");
    assert_eq!(query.get("prefix"), Some("a b+"));
    assert_eq!((query.get("acl"), query.get("x"), query.count("prefix")), (Some(""), Some(""), 2));
    assert!(Query::parse(&"a&".repeat(1000)).is_err());
}
