//! Requests' documents in one spelling: elements, their attributes, and text with the five predefined entities.
//!
//! Always holds: what comes out is one well-formed element in UTF-8, at most [`XML_BYTES_MAX`] long, of elements that its schema
//! knows and no more of them than [`XML_ELEMENTS_MAX`]. CDATA, character references and line ends (XML 1.0, section 2.11) are text
//! like any other; comments and processing instructions are gone. A DOCTYPE, an entity that is not predefined, and anything but
//! blanks beside the root and between elements are refused: s3s would drop CDATA and DOCTYPE unread, and stops reading at the root's
//! end.

use bytes::Bytes;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};

use super::schema::{Element, Schema};
use super::too_long;
use crate::error::Failure;
use crate::limits::{XML_ATTRIBUTES_MAX, XML_BYTES_MAX, XML_CHILDREN_MAX, XML_ELEMENTS_MAX};

#[cfg(test)]
mod tests;

/// A document that s3s can parse.
#[derive(Clone, Debug, Default)]
pub struct Normal {
    pub text: Bytes,
    /// How many elements it has: what they are parsed into takes memory that their bytes do not tell.
    pub elements: usize,
}

struct Writer {
    schema: &'static Schema,
    out: String,
    /// The elements that are open, each with the number of its children so far.
    open: Vec<(&'static Element, usize)>,
    elements: usize,
    /// The root was closed.
    ended: bool,
}

/// Rewrites a document. Nothing at all stays nothing: whether a document is needed is for others to say.
pub fn normal(document: &[u8], schema: &'static Schema) -> Result<Normal, Failure> {
    if document.is_empty() {
        return Ok(Normal::default());
    }
    let text = std::str::from_utf8(document).map_err(|_| Failure::malformed_xml())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let out = String::with_capacity(text.len());
    let mut writer = Writer { schema, out, open: Vec::new(), elements: 0, ended: false };
    loop {
        let begin = reader.buffer_position();
        match reader.read_event().map_err(|_| Failure::malformed_xml())? {
            Event::Start(start) => writer.start(&start)?,
            Event::End(_) => writer.end()?,
            Event::Empty(start) => {
                writer.start(&start)?;
                writer.end()?;
            }
            Event::Text(piece) => writer.text(&lines(utf8(&piece)?))?,
            Event::CData(piece) => {
                writer.inside()?;
                writer.text(&lines(utf8(&piece)?))?;
            }
            Event::GeneralRef(reference) => {
                writer.inside()?;
                match reference.resolve_char_ref().map_err(|_| Failure::malformed_xml())? {
                    Some(character) => writer.text(character.encode_utf8(&mut [0; 4]))?,
                    None => writer.text(resolve_xml_entity(utf8(&reference)?).ok_or_else(Failure::malformed_xml)?)?,
                }
            }
            Event::Decl(_) if begin == 0 => {}
            Event::DocType(_) | Event::Decl(_) => return Err(Failure::malformed_xml()),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return writer.finish(),
        }
    }
}

impl Writer {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Failure> {
        let name = start.name();
        let name = utf8(name.as_ref())?;
        let element = match self.open.last_mut() {
            None => Some(&self.schema.root).filter(|root| root.name == name && !self.ended),
            Some((parent, children)) => {
                *children += 1;
                let known = parent.children.iter().find(|child| child.name == name);
                known.filter(|_| *children <= XML_CHILDREN_MAX)
            }
        };
        let element = element.ok_or_else(Failure::malformed_xml)?;
        self.elements += 1;
        if self.elements > XML_ELEMENTS_MAX {
            return Err(Failure::malformed_xml());
        }
        for (count, attribute) in start.attributes().enumerate() {
            if attribute.is_err() || count == XML_ATTRIBUTES_MAX {
                return Err(Failure::malformed_xml());
            }
        }
        self.open.push((element, 0));
        self.out.push('<');
        self.out.push_str(utf8(start)?);
        self.out.push('>');
        self.bounded()
    }

    fn end(&mut self) -> Result<(), Failure> {
        // The reader has compared its name with the start's.
        let (element, _) = self.open.pop().ok_or_else(Failure::malformed_xml)?;
        self.ended = self.open.is_empty();
        self.out.push_str("</");
        self.out.push_str(element.name);
        self.out.push('>');
        self.bounded()
    }

    /// Refuses what may not stand beside the root, not even blank.
    fn inside(&self) -> Result<(), Failure> {
        if self.open.is_empty() { Err(Failure::malformed_xml()) } else { Ok(()) }
    }

    fn text(&mut self, text: &str) -> Result<(), Failure> {
        if self.open.last().is_none_or(|(element, _)| !element.children.is_empty()) {
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
        if self.out.len() > XML_BYTES_MAX { Err(too_long(XML_BYTES_MAX)) } else { Ok(()) }
    }

    fn finish(self) -> Result<Normal, Failure> {
        match self.ended {
            true => Ok(Normal { text: self.out.into(), elements: self.elements }),
            false => Err(Failure::malformed_xml()),
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::malformed_xml())
}

/// Line ends as a parser has to give them.
fn lines(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}
