//! Encoded names, as the suites of other servers expect them too.

use super::Encoding;

#[test]
fn all_but_unreserved_characters_and_slashes_are_encoded() {
    let cases = [
        ("foo+1/bar", "foo%2B1/bar"),
        ("quux ab/thud", "quux%20ab/thud"),
        ("test_file(3).png", "test_file%283%29.png"),
    ];
    for (plain, encoded) in cases {
        assert_eq!(Encoding::Url.encode(plain), encoded);
        assert_eq!(Encoding::Plain.encode(plain), plain);
    }
    assert_eq!(Encoding::Url.encode("\0é~"), "%00%C3%A9~");
}

#[test]
fn another_encoding_is_refused() {
    assert_eq!(Encoding::parse(Some("url")).expect("known"), Encoding::Url);
    assert_eq!(Encoding::parse(None).expect("absent"), Encoding::Plain);
    assert_eq!(Encoding::parse(Some("base64")).expect_err("unknown").code, "InvalidArgument");
}
