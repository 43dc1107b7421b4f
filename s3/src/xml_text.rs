//! Writing text into XML 1.0.
//!
//! Always holds: no text ends its element, and a parser gives back what was put in. Characters that XML 1.0 can't hold, which a key
//! may have, are written as references, as S3 does (`&#x1;`): a strict parser refuses them, a lax one has the key. NUL is U+FFFD. Clients that want
//! neither ask for `encoding-type=url`.

use std::fmt::Write as _;

/// Appends `text` escaped for element content.
pub fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_special) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = special.chars();
        match characters.next() {
            None => return,
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') => out.push_str("&quot;"),
            // A bare CR would be read back as LF.
            Some('\r') => out.push_str("&#13;"),
            Some(character) if is_forbidden(character) => push_reference(out, character),
            Some(character) => out.push(character),
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// Appends a document that another wrote, with the characters that it let through as [`push_escaped`] writes them.
pub fn push_referenced(out: &mut String, document: &str) {
    for character in document.chars() {
        match character {
            '\r' => out.push_str("&#13;"),
            character if is_forbidden(character) => push_reference(out, character),
            character => out.push(character),
        }
    }
}

/// Whether a document has a character that has to be a reference.
pub fn has_bare(document: &str) -> bool {
    document.contains(|character| character == '\r' || is_forbidden(character))
}

/// The first bytes of characters that are looked at: those with a meaning, controls, and what U+FFFE and U+FFFF begin with.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | 0..=8 | 11..=31 | 0xef)
}

const fn is_forbidden(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn push_reference(out: &mut String, character: char) {
    if character == '\0' {
        // No parser takes a reference to it, however lax.
        return out.push('\u{fffd}');
    }
    // Writing to a string can't fail.
    let _ = write!(out, "&#x{:x};", u32::from(character));
}

/// Appends `<name>text</name>`.
pub fn push_element(out: &mut String, name: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    push_escaped(out, text);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

#[cfg(test)]
mod tests;
