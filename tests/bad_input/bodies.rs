//! Documents that are malformed, deep, large or hostile.
//!
//! Always holds: the signature and the digest are right; only the document is broken.

use trefoil_tests::Test;

fn delete(t: &Test, body: &str) {
    t.post("/{b}?delete").body(body).md5().fails(400, "MalformedXML");
}

const TAGGING: &str = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>";

fn tagging(t: &Test, body: &[u8]) {
    t.put("/{b}?tagging").body(body).md5().fails(400, "MalformedXML");
    t.get("/{b}?tagging").is(404);
}

refused! {
    a_document_a_million_deep: |t| delete(t, &("<a>".repeat(1_000_000) + &"</a>".repeat(1_000_000)));
    a_document_that_never_ends: |t| delete(t, &"<Delete><Object>".repeat(50_000));
    a_billion_laughs: |t| {
        let mut text = String::from("<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol0 \"lol\">");
        for n in 1..10 {
            let inner = format!("&lol{};", n - 1).repeat(10);
            text.push_str(&format!("<!ENTITY lol{n} \"{inner}\">"));
        }
        text.push_str("]><Delete><Object><Key>&lol9;</Key></Object></Delete>");
        delete(t, &text);
    };
    an_external_entity: |t| {
        let text = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Tagging><TagSet><Tag>\
                    <Key>a</Key><Value>&e;</Value></Tag></TagSet></Tagging>";
        tagging(t, text.as_bytes());
    };
    a_document_type: |t| tagging(t, format!("<!DOCTYPE Tagging>{TAGGING}").as_bytes());
    an_unknown_entity: |t| tagging(t, TAGGING.replace('1', "&nbsp;").as_bytes());
    a_document_cut_off: |t| tagging(t, &TAGGING.as_bytes()[..40]);
    two_documents: |t| tagging(t, format!("{TAGGING}{TAGGING}").as_bytes());
    junk_behind_a_document: |t| tagging(t, format!("{TAGGING}junk").as_bytes());
    another_root: |t| tagging(t, TAGGING.replace("Tagging", "Taggong").as_bytes());
    tags_that_cross: |t| tagging(t, b"<Tagging><TagSet></Tagging></TagSet>");
    an_unknown_element: |t| {
        tagging(t, TAGGING.replace("<TagSet>", "<Owner/><TagSet>").as_bytes());
        tagging(t, TAGGING.replace("</Tag>", "<Colour>red</Colour></Tag>").as_bytes());
    };
    an_element_in_the_wrong_place: |t| tagging(t, TAGGING.replace("<TagSet>", "<TagSet><Key>a</Key>").as_bytes());
    a_namespace_prefix: |t| {
        tagging(t, TAGGING.replace("<Tagging>", "<s3:Tagging xmlns:s3=\"http://s3.amazonaws.com/doc/2006-03-01/\">")
            .replace("</Tagging>", "</s3:Tagging>").as_bytes());
    };
    text_between_elements: |t| tagging(t, TAGGING.replace("<TagSet>", "junk<TagSet>").as_bytes());
    a_hundred_attributes: |t| {
        let attributes: String = (0..100).map(|n| format!(" a{n}=\"\"")).collect();
        tagging(t, TAGGING.replacen("<TagSet", &format!("<TagSet{attributes}"), 1).as_bytes());
    };
    a_document_of_a_million_elements: |t| delete(t, &format!("<Delete>{}</Delete>", "<Quiet/>".repeat(1_000_000)));
    json_for_xml: |t| tagging(t, b"{\"TagSet\": []}");
    bytes_that_are_no_text: |t| tagging(t, b"<Tagging><TagSet><Tag><Key>\xff\xfe</Key><Value>1</Value></Tag></TagSet></Tagging>");
    a_document_in_two_byte_characters: |t| {
        let wide: Vec<u8> = std::iter::once(0xfeff_u16).chain(TAGGING.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        tagging(t, &wide);
    };
    a_document_of_sixteen_megabytes: |t| {
        t.post("/{b}?delete").body(format!("<Delete>{}</Delete>", " ".repeat(16 << 20))).md5().fails(400, "MaxMessageLengthExceeded");
    };
    more_parts_than_there_can_be: |t| {
        let id = t.upload("k");
        let etag = t.part("k", &id, 1, b"x");
        let parts: Vec<(u32, &str)> = (1..=10_001).map(|n| (n, etag.as_str())).collect();
        t.complete("k", &id, &parts).fails(400, "MalformedXML");
        t.delete(&format!("/{{b}}/k?uploadId={id}")).is(204);
    };
    a_part_number_that_is_no_number: |t| {
        let id = t.upload("k");
        t.post(&format!("/{{b}}/k?uploadId={id}"))
            .body("<CompleteMultipartUpload><Part><PartNumber>one</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>")
            .fails(400, "MalformedXML");
        t.delete(&format!("/{{b}}/k?uploadId={id}")).is(204);
    };
    a_key_without_an_end_in_a_document: |t| {
        let body = format!("<Delete><Object><Key>{}</Key></Object></Delete>", "k".repeat(1025));
        // Key by key: one that can't be keeps the others from nothing.
        t.post("/{b}?delete").body(body).md5().is(200).lists("Error/Code", &["KeyTooLongError"]);
    };
}

/// What looks odd and is right: a byte order mark, a namespace, comments, CDATA, references.
#[test]
fn documents_that_are_odd_and_right() {
    trefoil_tests::shared::with_bucket(super::options, "odd-and-right", |t| {
        let odd = [
            format!("\u{feff}{TAGGING}"),
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a comment -->{TAGGING}\n"),
            TAGGING.replace("<Tagging>", "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"),
            TAGGING.replace('1', "<![CDATA[1]]>"),
            TAGGING.replace('1', "&#49;"),
        ];
        for document in odd {
            t.put("/{b}?tagging").body(&document).md5().is(204);
            t.get("/{b}?tagging").is(200).lists("TagSet/Tag/Value", &["1"]);
            t.delete("/{b}?tagging").is(204);
        }
    });
}
