//! Times in every form that a client may send.

use trefoil_core::clock::Timestamp;

use super::{http_date, parse_http_date};

const AT: Timestamp = Timestamp::from_secs(784_111_777);

#[test]
fn the_three_forms_of_rfc_9110_are_one_time() {
    for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
        assert_eq!(parse_http_date(text), Some(AT), "{text}");
    }
}

#[test]
fn iso_8601_is_read_too() {
    assert_eq!(parse_http_date("1994-11-06T08:49:37Z"), Some(AT));
    assert_eq!(parse_http_date("1994-11-06T08:49:37.000Z"), Some(AT));
}

#[test]
fn what_is_no_date_is_none() {
    for text in ["", "yesterday", "Sun, 06 Nov 1994", "Sunday, 06-Nov-1994 08:49:37 GMT", "é, 06-Nov-94 08:49:37 GMT"]
    {
        assert_eq!(parse_http_date(text), None, "{text}");
    }
}

#[test]
fn fractions_are_cut_off_when_written() {
    assert_eq!(http_date(Timestamp(AT.0 + 999_999_999)), "Sun, 06 Nov 1994 08:49:37 GMT");
}
