//! The header `x-amz-tagging`.

use super::from_header;

#[test]
fn pairs_are_decoded() {
    let tags = from_header(Some("a=1&b%20c=d+e&f&g=%C3%A9%3D")).expect("valid");
    assert_eq!(tags.iter().collect::<Vec<_>>(), [("a", "1"), ("b c", "d e"), ("f", ""), ("g", "é=")]);
    assert!(from_header(None).expect("absent").is_empty());
    assert!(from_header(Some("")).expect("empty").is_empty());
}

#[test]
fn what_can_not_be_has_the_code_of_aws() {
    let eleven = (0..11).map(|number| format!("k{number}=v")).collect::<Vec<_>>().join("&");
    let long_key = format!("{}=v", "k".repeat(129));
    let long_value = format!("k={}", "v".repeat(257));
    for (header, code) in [
        ("a=1&a=2", "InvalidArgument"),
        ("a=%FF", "InvalidArgument"),
        ("=v", "InvalidTag"),
        (eleven.as_str(), "InvalidTag"),
        (long_key.as_str(), "InvalidTag"),
        (long_value.as_str(), "InvalidTag"),
    ] {
        assert_eq!(from_header(Some(header)).expect_err(header).code, code, "{header}");
    }
}
