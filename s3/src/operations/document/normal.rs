//! Requests' documents in one spelling: elements, their attributes, and text with the five predefined entities.
//!
//! Always holds: what comes out is one well-formed element in UTF-8, at most [`DEPTH_MAX`] deep and [`DOCUMENT_BYTES_MAX`] long.
//! CDATA, character references and line ends (XML 1.0, section 2.11) are text like any other; comments and processing
//! instructions are gone. A DOCTYPE, an entity that is not predefined, and anything but blanks beside the root are refused: s3s
//! would drop CDATA and DOCTYPE unread, and stops reading at the root's end.

use bytes::Bytes;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};

use super::{DOCUMENT_BYTES_MAX, too_long};
use crate::error::Failure;

#[cfg(test)]
mod tests;

/// No document of S3 is a third as deep.
pub const DEPTH_MAX: usize = 32;

struct Normal {
    out: String,
    depth: usize,
    /// The root was closed.
    ended: bool,
}

/// Rewrites a document. Nothing at all stays nothing: whether a document is needed is for others to say.
pub fn normal(document: &[u8]) -> Result<Bytes, Failure> {
    if document.is_empty() {
        return Ok(Bytes::new());
    }
    let text = std::str::from_utf8(document).map_err(|_| Failure::malformed_xml())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut normal = Normal { out: String::with_capacity(text.len()), depth: 0, ended: false };
    loop {
        let begin = reader.buffer_position();
        match reader.read_event().map_err(|_| Failure::malformed_xml())? {
            Event::Start(start) => normal.start(&start)?,
            Event::End(end) => {
                let name = end.name();
                normal.end(utf8(name.as_ref())?)?;
            }
            Event::Empty(start) => {
                normal.start(&start)?;
                let name = start.name();
                normal.end(utf8(name.as_ref())?)?;
            }
            Event::Text(piece) => normal.text(&lines(utf8(&piece)?))?,
            Event::CData(piece) => {
                if normal.depth == 0 {
                    return Err(Failure::malformed_xml());
                }
                normal.text(&lines(utf8(&piece)?))?;
            }
            Event::GeneralRef(reference) => {
                if normal.depth == 0 {
                    return Err(Failure::malformed_xml());
                }
                match reference.resolve_char_ref().map_err(|_| Failure::malformed_xml())? {
                    Some(character) => normal.text(character.encode_utf8(&mut [0; 4]))?,
                    None => normal.text(resolve_xml_entity(utf8(&reference)?).ok_or_else(Failure::malformed_xml)?)?,
                }
            }
            Event::Decl(_) if begin == 0 => {}
            Event::DocType(_) | Event::Decl(_) => return Err(Failure::malformed_xml()),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return normal.finish(),
        }
    }
}

impl Normal {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Failure> {
        if self.ended || self.depth == DEPTH_MAX {
            return Err(Failure::malformed_xml());
        }
        for attribute in start.attributes() {
            attribute.map_err(|_| Failure::malformed_xml())?;
        }
        self.depth += 1;
        self.out.push('<');
        self.out.push_str(utf8(start)?);
        self.out.push('>');
        self.bounded()
    }

    fn end(&mut self, name: &str) -> Result<(), Failure> {
        // The reader has compared it with the start.
        self.depth = self.depth.checked_sub(1).ok_or_else(Failure::malformed_xml)?;
        self.ended = self.depth == 0;
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        self.bounded()
    }

    fn text(&mut self, text: &str) -> Result<(), Failure> {
        if self.depth == 0 {
            let blank = text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
            return if blank { Ok(()) } else { Err(Failure::malformed_xml()) };
        }
        for character in text.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                other => self.out.push(other),
            }
        }
        self.bounded()
    }

    /// Escaping makes CDATA longer.
    fn bounded(&self) -> Result<(), Failure> {
        if self.out.len() > DOCUMENT_BYTES_MAX { Err(too_long()) } else { Ok(()) }
    }

    fn finish(self) -> Result<Bytes, Failure> {
        if self.ended { Ok(self.out.into()) } else { Err(Failure::malformed_xml()) }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::malformed_xml())
}

/// Line ends as a parser has to give them.
fn lines(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}
