//! Documents of requests as different clients write them, and hostile ones.

use super::harness::Store;

const TAGS: &str = "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n  <TagSet>\n    <Tag><Key>a&#64;b</Key>\
                    <Value>&#x2b;1&#43;</Value></Tag>\n  </TagSet>\n</Tagging>";

#[tokio::test]
async fn documents_in_every_spelling() {
    let store = Store::with_bucket().await;
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n{TAGS}\n");
    let commented = TAGS.replace("<TagSet>", "<!-- all of them --><TagSet>");
    let single_quoted = TAGS.replace('"', "'");
    for document in [TAGS.to_owned(), declared, commented, single_quoted] {
        store.ask("PUT", "/photos?tagging").body(document.clone()).send().await.expect(204);
        let tags = store.ask("GET", "/photos?tagging").send().await.expect(200);
        assert_eq!((tags.element("Key"), tags.element("Value")), (Some("a@b"), Some("+1+")), "{document}");
        store.ask("DELETE", "/photos?tagging").send().await.expect(204);
    }
    let empty_value = TAGS.replace("<Value>&#x2b;1&#43;</Value>", "<Value/>");
    store.ask("PUT", "/photos?tagging").body(empty_value).send().await.expect(204);
    let tags = store.ask("GET", "/photos?tagging").send().await.expect(200);
    assert!(matches!(tags.element("Value"), Some("")) || tags.text().contains("<Value/>"), "{}", tags.text());
}

#[tokio::test]
async fn hostile_documents_are_malformed() {
    let store = Store::with_bucket().await;
    let deep = "<a>".repeat(1_000_000);
    let deep_inside = format!("<Tagging>{deep}");
    let entity = "<!DOCTYPE t [<!ENTITY e \"aaaaaaaaaa\">]><Tagging><TagSet><Tag><Key>&e;</Key><Value/></Tag></TagSet></Tagging>";
    for document in [
        deep.as_str(),
        deep_inside.as_str(),
        entity,
        "<Tagging>",
        "<Tagging></TagSet>",
        "<Other/>",
        "not XML",
        "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
        "<Tagging><TagSet/></Tagging><Tagging><TagSet/></Tagging>",
        "<Tagging><TagSet><Tag><Key>\u{0}</Key><Value>&nbsp;</Value></Tag></TagSet></Tagging>",
    ] {
        let refused = store.ask("PUT", "/photos?tagging").body(document.to_owned()).send().await;
        let start: String = document.chars().take(80).collect();
        assert_eq!((refused.status.as_u16(), refused.element("Code")), (400, Some("MalformedXML")), "{start}");
    }
    let broken = b"<Tagging><TagSet><Tag><Key>\xff</Key><Value></Value></Tag></TagSet></Tagging>";
    store.ask("PUT", "/photos?tagging").body(&broken[..]).send().await.expect_error(400, "MalformedXML");
    store.ask("PUT", "/photos?tagging").send().await.expect_error(400, "MissingRequestBodyError");
    store.ask("GET", "/photos?tagging").send().await.expect_error(404, "NoSuchTagSet");
}

/// Should the table and s3s disagree about a request one day, that is a fault of ours; s3s still holds nothing of its body.
#[tokio::test]
async fn s3s_collects_no_body() {
    let store = Store::with_bucket().await;
    for uri in ["/photos/k?acl", "/photos/k?tagging", "/photos?cors"] {
        let refused = store.ask("PUT", uri).body(vec![b' '; 1 << 20]).taken_for("UploadPart").send().await;
        refused.expect_error(500, "InternalError");
    }
}

#[tokio::test]
async fn what_no_document_may_hold_is_not_ignored() {
    let store = Store::with_bucket().await;
    for (uri, document) in [
        ("/new", "<CreateBucketConfiguration><Versioning>Enabled</Versioning></CreateBucketConfiguration>"),
        (
            "/photos?versioning",
            "<VersioningConfiguration><Status>Enabled</Status><Days>1</Days></VersioningConfiguration>",
        ),
        ("/photos?tagging", "<Tagging><TagSet/><Owner/></Tagging>"),
        (
            "/photos?cors",
            "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedPath>/\
             </AllowedPath></CORSRule></CORSConfiguration>",
        ),
    ] {
        store.ask("PUT", uri).body(document).send().await.expect_error(400, "MalformedXML");
    }
    store.ask("HEAD", "/new").send().await.expect(404);
}
