//! Text in documents, character by character.

use super::{has_bare, push_escaped, push_referenced};

fn escaped(text: &str) -> String {
    let mut out = String::new();
    push_escaped(&mut out, text);
    out
}

#[test]
fn every_character_has_one_spelling() {
    assert_eq!(escaped(""), "");
    assert_eq!(escaped("plain é \u{1f600} \u{fffd}\u{ffed} \t\n"), "plain é \u{1f600} \u{fffd}\u{ffed} \t\n");
    assert_eq!(escaped("<a b=\"c\">&d</a>"), "&lt;a b=&quot;c&quot;&gt;&amp;d&lt;/a&gt;");
    assert_eq!(escaped("\0\u{1}\u{8}\u{b}\r\u{1f}\u{7f}"), "\u{fffd}&#x1;&#x8;&#xb;&#13;&#x1f;\u{7f}");
    assert_eq!(escaped("a\u{fffe}b\u{ffff}"), "a&#xfffe;b&#xffff;");
}

#[test]
fn what_another_let_through_is_put_right() {
    let document = "<K>a\u{1}b&amp;\r\n</K>";
    assert!(has_bare(document) && !has_bare("<K>a\tb&amp;\n</K>\u{fffd}"));
    let mut out = String::new();
    push_referenced(&mut out, document);
    assert_eq!(out, "<K>a&#x1;b&amp;&#13;\n</K>");
}
