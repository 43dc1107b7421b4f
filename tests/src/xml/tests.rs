//! The reader against documents as S3 answers them.
//!
//! Always holds: each test is one property of the reader.

use super::Element;

#[test]
fn paths_find_texts_in_order() {
    let document = br#"<?xml version="1.0"?><L xmlns="x"><C><K>a&amp;b</K></C><C><K>&#65;&lt;</K></C><E/></L>"#;
    let root = Element::parse(document).unwrap();
    assert_eq!(root.name, "L");
    assert_eq!(root.all("C/K"), ["a&b", "A<"]);
    assert_eq!(root.all("E"), [""]);
    assert_eq!(root.all("N"), Vec::<String>::new());
}

#[test]
fn what_is_not_a_document_is_refused() {
    assert!(Element::parse(b"").is_err());
    assert!(Element::parse(b"<a><b></a>").is_err());
    assert!(Element::parse(b"<a/><b/>").is_err());
    assert!(Element::parse(b"<a>").is_err());
}
