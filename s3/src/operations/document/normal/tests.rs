//! Spellings of documents, odd and hostile.

use super::super::DOCUMENT_BYTES_MAX;
use super::{DEPTH_MAX, normal};

fn ok(document: &str) -> String {
    let bytes = normal(document.as_bytes()).expect(document);
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn every_spelling_becomes_one() {
    for document in [
        "<a><b>1&amp;&lt;</b></a>",
        "\u{feff}<a><b>1&amp;&lt;</b></a>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><a><b>1&amp;&lt;</b></a>\n<!-- c -->",
        "<a><b><![CDATA[1&<]]></b></a>",
        "<a><b>&#49;&#x26;<![CDATA[<]]></b></a>",
        "<a><b>1<!-- c -->&amp;<?p i?>&lt;</b></a>",
    ] {
        assert_eq!(ok(document), "<a><b>1&amp;&lt;</b></a>", "{document}");
    }
    assert_eq!(ok("<a/>"), "<a></a>");
    assert_eq!(ok("<a x='1'><b y=\"&lt;\" /></a >"), "<a x='1'><b y=\"&lt;\" ></b></a>");
    assert_eq!(ok("<a>1\r\n2\r3&#13;&quot;&apos;&gt;</a>"), "<a>1\n2\n3\r\"'></a>");
    assert_eq!(ok(""), "");
}

#[test]
fn what_is_no_single_element_is_malformed() {
    let deep = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    ok(&deep(DEPTH_MAX));
    for document in [
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>",
        "<a>&nbsp;</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>& b</a>",
        "<a/><a/>",
        "<a/>junk",
        "junk<a/>",
        "<a/>&amp;",
        "<a/><![CDATA[]]>",
        "<a/><?xml version=\"1.0\"?>",
        " ",
        "<a>",
        "<a></b>",
        "</a>",
        "<a x=1/>",
        "<a x='1' x='2'/>",
        "<a",
        "<a><!-- ",
        &deep(DEPTH_MAX + 1),
    ] {
        assert_eq!(normal(document.as_bytes()).expect_err(document).code, "MalformedXML", "{document}");
    }
    assert_eq!(normal(b"<a>\xff</a>").expect_err("no text").code, "MalformedXML");
}

#[test]
fn what_grows_is_bounded() {
    let text = format!("<a><![CDATA[{}]]></a>", "&".repeat(DOCUMENT_BYTES_MAX / 2));
    assert_eq!(normal(text.as_bytes()).expect_err("too long").code, "MaxMessageLengthExceeded");
}
