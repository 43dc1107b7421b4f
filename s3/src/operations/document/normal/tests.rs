//! Spellings of documents, odd and hostile.

use super::super::schema::{self, Element, Schema};
use super::normal;
use crate::limits::{XML_ATTRIBUTES_MAX, XML_BYTES_MAX, XML_CHILDREN_MAX, XML_ELEMENTS_MAX};

static LETTERS: Schema =
    Schema { root: Element { name: "a", children: &[Element { name: "b", children: &[] }] }, bytes_max: XML_BYTES_MAX };
static LETTER: Schema = Schema { root: Element { name: "a", children: &[] }, bytes_max: XML_BYTES_MAX };

fn ok(document: &str, schema: &'static Schema) -> String {
    let normal = normal(document.as_bytes(), schema).expect(document);
    assert_eq!(normal.elements, document.matches('<').count() - document.matches("</").count(), "{document}");
    String::from_utf8(normal.text.to_vec()).expect("UTF-8")
}

#[test]
fn every_spelling_becomes_one() {
    for document in [
        "<a><b>1&amp;&lt;</b></a>",
        "\u{feff}<a><b>1&amp;&lt;</b></a>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><a> <b>1&amp;&lt;</b>\n</a>\n<!-- c -->",
        "<a><b><![CDATA[1&<]]></b></a>",
        "<a><b>&#49;&#x26;<![CDATA[<]]></b></a>",
        "<a><b>1<!-- c -->&amp;<?p i?>&lt;</b></a>",
    ] {
        let normal = normal(document.as_bytes(), &LETTERS).expect(document);
        assert_eq!((&normal.text[..], normal.elements), (&b"<a><b>1&amp;&lt;</b></a>"[..], 2), "{document}");
    }
    assert_eq!(ok("<a/>", &LETTERS), "<a></a>");
    assert_eq!(ok("<a x='1'><b y=\"&lt;\" /></a >", &LETTERS), "<a x='1'><b y=\"&lt;\" ></b></a>");
    assert_eq!(ok("<a>1\r\n2\r3&#13;&quot;&apos;&gt;</a>", &LETTER), "<a>1\n2\n3\r\"'></a>");
    assert_eq!(ok("", &LETTER), "");
}

#[test]
fn what_is_no_single_element_is_malformed() {
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
    ] {
        assert_eq!(normal(document.as_bytes(), &LETTER).expect_err(document).code, "MalformedXML", "{document}");
    }
    assert_eq!(normal(b"<a>\xff</a>", &LETTER).expect_err("no text").code, "MalformedXML");
}

#[test]
fn what_its_schema_does_not_know_is_malformed() {
    for document in [
        "<b/>",
        "<c/>",
        "<x:a/>",
        "<a><c/></a>",
        "<a><a/></a>",
        "<a><b><b/></b></a>",
        "<a>text<b/></a>",
        "<a><b/>&amp;</a>",
        "<a><![CDATA[text]]></a>",
    ] {
        assert_eq!(normal(document.as_bytes(), &LETTERS).expect_err(document).code, "MalformedXML", "{document}");
    }
    let document = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value><Key2/></Tag></TagSet></Tagging>";
    assert_eq!(normal(document.as_bytes(), &schema::TAGGING).expect_err("unknown").code, "MalformedXML");
}

#[test]
fn what_grows_is_bounded() {
    let text = format!("<a><![CDATA[{}]]></a>", "&".repeat(XML_BYTES_MAX / 2));
    assert_eq!(normal(text.as_bytes(), &LETTER).expect_err("too long").code, "MaxMessageLengthExceeded");
    let children = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count));
    assert_eq!(normal(children(XML_CHILDREN_MAX).as_bytes(), &LETTERS).expect("all").elements, XML_CHILDREN_MAX + 1);
    let wide = children(XML_CHILDREN_MAX + 1);
    assert_eq!(normal(wide.as_bytes(), &LETTERS).expect_err("too wide").code, "MalformedXML");
    let rule = format!("<CORSRule>{}</CORSRule>", "<ID/>".repeat(XML_CHILDREN_MAX - 1));
    let rules = |count: usize| format!("<CORSConfiguration>{}</CORSConfiguration>", rule.repeat(count));
    let most = XML_ELEMENTS_MAX / XML_CHILDREN_MAX;
    normal(rules(most - 1).as_bytes(), &schema::CORS).expect("in bounds");
    assert_eq!(normal(rules(most).as_bytes(), &schema::CORS).expect_err("too many").code, "MalformedXML");
    let attributes = |count: usize| {
        let attributes: String = (0..count).map(|number| format!(" x{number}=''")).collect();
        format!("<a{attributes}/>")
    };
    normal(attributes(XML_ATTRIBUTES_MAX).as_bytes(), &LETTER).expect("in bounds");
    let many = attributes(XML_ATTRIBUTES_MAX + 1);
    assert_eq!(normal(many.as_bytes(), &LETTER).expect_err("too many").code, "MalformedXML");
}
