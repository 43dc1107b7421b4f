//! Documents, byte for byte.

use time::OffsetDateTime;
use trefoil_core::clock::Timestamp;

use super::Xml;

#[test]
fn text_is_escaped() {
    let mut xml = Xml::new("R", 0);
    xml.text("K", "a&b<c>\"d\"\r\n'é");
    xml.number("N", 0_u64);
    xml.number("N", u64::MAX);
    xml.etag("abc");
    xml.opt("O", None);
    let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                    <K>a&amp;b&lt;c&gt;&quot;d&quot;&#13;\n'é</K><N>0</N><N>18446744073709551615</N>\
                    <ETag>&quot;abc&quot;</ETag></R>";
    assert_eq!(xml.finish("R"), expected);
}

#[test]
fn times_are_those_of_the_calendar() {
    let mut seconds = 0_u64;
    while seconds < 18_000_000_000 {
        let mut text = String::new();
        super::push_time(Timestamp(seconds * 1_000_000_000 + 7_654_321), &mut text);
        let date = OffsetDateTime::from_unix_timestamp(seconds.cast_signed()).expect("in range");
        let (hour, minute, second) = date.to_hms();
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        assert_eq!(text, format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.007Z"));
        seconds += 86_400 * 13 + 12_345;
    }
}
