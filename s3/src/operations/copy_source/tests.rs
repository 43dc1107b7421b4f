//! Copy sources as clients write them.

use trefoil_core::types::VersionId;

use super::parse;

#[test]
fn bucket_and_key_with_and_without_a_leading_slash() {
    for header in ["photos/a/b.jpg", "/photos/a/b.jpg", "%2Fphotos%2Fa%2Fb.jpg"] {
        let source = parse(header).expect(header);
        assert_eq!((source.bucket.as_str(), source.key.as_str(), source.version), ("photos", "a/b.jpg", None));
    }
}

#[test]
fn keys_are_decoded_once() {
    let key = |header: &str| parse(header).expect("valid").key.as_str().to_owned();
    assert_eq!(key("photos/a%2Bb%20c+d"), "a+b c d");
    assert_eq!(key("photos/100%2525"), "100%25");
    assert_eq!(key("photos/%C3%A9"), "é");
    assert_eq!(key("photos//a"), "/a");
}

#[test]
fn the_version_is_what_stands_behind_the_last_mark() {
    assert_eq!(parse("photos/a?versionId=null").expect("valid").version, Some(VersionId::Null));
    let source = parse("photos/a%3FversionId%3Dx?versionId=null").expect("valid");
    assert_eq!((source.key.as_str(), source.version), ("a?versionId=x", Some(VersionId::Null)));
    let source = parse("photos/a%3FversionId%3Dx").expect("valid");
    assert_eq!((source.key.as_str(), source.version), ("a?versionId=x", None));
}

#[test]
fn what_can_not_be_has_the_code_of_aws() {
    for (header, code) in [
        ("", "InvalidArgument"),
        ("photos", "InvalidArgument"),
        ("photos/", "InvalidArgument"),
        ("photos/%FF", "InvalidArgument"),
        ("photos/a?versionId=", "InvalidArgument"),
        ("photos/a?versionId=nonsense", "InvalidArgument"),
        ("No_Bucket/a", "NoSuchBucket"),
        ("arn:aws:s3:us-east-1:123456789012:accesspoint/x/object/a", "NotImplemented"),
    ] {
        assert_eq!(parse(header).expect_err(header).code, code, "{header}");
    }
    assert_eq!(parse(&format!("photos/{}", "k".repeat(61 << 10))).expect_err("long").code, "KeyTooLongError");
}
