//! A small XML reader: elements, texts and attributes as a tree, found by paths.
//!
//! Always holds: names are without their namespace prefix; depth and count are bounded.

use quick_xml::Reader;
use quick_xml::events::Event;

const DEPTH_MAX: usize = 64;
const ELEMENTS_MAX: usize = 1_000_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = Reader::from_reader(bytes);
        let mut stack: Vec<Element> = vec![Element::default()];
        let mut count = 0;
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            match event {
                Event::Start(start) | Event::Empty(start)
                    if {
                        count += 1;
                        count > ELEMENTS_MAX || stack.len() > DEPTH_MAX
                    } =>
                {
                    return Err(format!("too much at {:?}", start.name()));
                }
                Event::Start(start) => stack.push(element(&start)?),
                Event::Empty(start) => {
                    let child = element(&start)?;
                    stack.last_mut().ok_or("no parent")?.children.push(child);
                }
                Event::End(_) => {
                    let child = stack.pop().ok_or("an end without a start")?;
                    stack.last_mut().ok_or("an end without a start")?.children.push(child);
                }
                Event::Text(text) => {
                    let text = text.decode().map_err(|error| error.to_string())?;
                    stack.last_mut().ok_or("text outside")?.text.push_str(&text);
                }
                Event::CData(text) => {
                    let text = text.decode().map_err(|error| error.to_string())?;
                    stack.last_mut().ok_or("text outside")?.text.push_str(&text);
                }
                Event::GeneralRef(reference) => {
                    let text = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                        Some(character) => character.to_string(),
                        None => {
                            let name = reference.decode().map_err(|error| error.to_string())?;
                            match name.as_ref() {
                                "lt" => "<",
                                "gt" => ">",
                                "amp" => "&",
                                "quot" => "\"",
                                "apos" => "'",
                                other => return Err(format!("an unknown entity {other}")),
                            }
                            .to_owned()
                        }
                    };
                    stack.last_mut().ok_or("text outside")?.text.push_str(&text);
                }
                Event::Eof => break,
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        let mut top = stack.pop().ok_or("nothing")?;
        if !stack.is_empty() {
            return Err("the document ends inside an element".into());
        }
        match top.children.len() {
            1 => Ok(top.children.remove(0)),
            other => Err(format!("{other} root elements")),
        }
    }

    /// The texts at a path below this element. `*` stands for any one name.
    pub fn all(&self, path: &str) -> Vec<String> {
        self.elements(path).into_iter().map(|element| element.text.clone()).collect()
    }

    /// The elements at a path below this element.
    pub fn elements(&self, path: &str) -> Vec<&Element> {
        let mut found = vec![self];
        for name in path.split('/') {
            found = found
                .into_iter()
                .flat_map(|element| element.children.iter().filter(|child| name == "*" || child.name == name))
                .collect();
        }
        found
    }
}

fn element(start: &quick_xml::events::BytesStart<'_>) -> Result<Element, String> {
    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        attributes.push((
            String::from_utf8_lossy(attribute.key.as_ref()).into_owned(),
            String::from_utf8_lossy(&attribute.value).into_owned(),
        ));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

#[cfg(test)]
mod tests;
