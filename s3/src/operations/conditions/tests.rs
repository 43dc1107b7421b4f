//! Conditional headers as clients write them.

use http::{HeaderMap, HeaderName, HeaderValue};
use trefoil_core::clock::Timestamp;
use trefoil_core::objects::IfRange;

use super::{of_delete, of_range, of_read, of_write};

fn headers(name: &'static str, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))])
}

#[test]
fn entity_tags_in_every_spelling() {
    for (value, expected) in [
        ("\"abc\"", vec!["abc"]),
        ("abc", vec!["abc"]),
        ("W/\"abc\"", vec!["abc"]),
        ("*", vec!["*"]),
        ("\"a\", \"b,c\" ,d", vec!["a", "b,c", "d"]),
        ("\"open", vec!["open"]),
        (", ,", vec![]),
    ] {
        assert_eq!(of_read(&headers("if-match", value)).if_match.expect(value), expected, "{value}");
    }
    assert!(of_read(&HeaderMap::new()).if_match.is_none());
}

#[test]
fn a_date_that_can_not_be_read_is_ignored() {
    let read = |value| of_read(&headers("if-modified-since", value)).if_modified_since;
    assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Timestamp::from_secs(784_111_777)));
    assert_eq!(read("last week"), None);
}

#[test]
fn a_write_takes_one_tag_and_if_none_match_only_a_star() {
    assert!(of_write(&headers("if-none-match", "*")).expect("star").if_absent);
    assert_eq!(of_write(&headers("if-match", "\"a\"")).expect("tag").if_match.as_deref(), Some("a"));
    for (name, value) in [("if-none-match", "\"a\""), ("if-match", "\"a\", \"b\""), ("if-modified-since", "x")] {
        let failure = of_write(&headers(name, value)).expect_err(name);
        assert_eq!((failure.status.as_u16(), &*failure.code), (501, "NotImplemented"), "{name}");
    }
}

#[test]
fn a_delete_can_ask_for_size_and_time() {
    assert_eq!(of_delete(&headers("x-amz-if-match-size", "7")).expect("size").if_size, Some(7));
    assert!(of_delete(&headers("x-amz-if-match-size", "-7")).is_err());
    assert!(of_delete(&headers("x-amz-if-match-last-modified-time", "x")).is_err());
}

#[test]
fn a_range_depends_on_a_strong_tag_or_a_date() {
    for (value, expected) in [
        ("\"a\"", IfRange::Tag("a".into())),
        ("Sun, 06 Nov 1994 08:49:37 GMT", IfRange::Modified(Timestamp::from_secs(784_111_777))),
        ("W/\"a\"", IfRange::Never),
        ("a", IfRange::Never),
        ("\"", IfRange::Never),
        ("", IfRange::Never),
    ] {
        assert_eq!(of_range(&headers("if-range", value)), Some(expected), "{value}");
    }
    assert_eq!(of_range(&HeaderMap::new()), None);
}
