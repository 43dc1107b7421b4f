//! `Content-Disposition` of a form's parts (RFC 7578, section 4.2).
//!
//! Always holds: what has no name is refused; a file's name is only what follows the last slash or backslash, as in S3.

use percent_encoding::percent_decode_str;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    pub name: String,
    pub filename: Option<String>,
}

/// Reads a part's headers. `None`: no `Content-Disposition: form-data` with a name among them.
pub fn parse(head: &str) -> Option<Disposition> {
    let value = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value.trim())
    })?;
    let (kind, parameters) = value.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    let (mut name, mut filename, mut extended) = (None, None, None);
    for (key, value) in Parameters(parameters) {
        match key.to_ascii_lowercase().as_str() {
            "name" => name = Some(value),
            "filename" => filename = Some(value),
            // RFC 5987: charset'language'percent-encoded.
            "filename*" => extended = extended_value(&value),
            _ => {}
        }
    }
    let filename = extended.or(filename).map(|name| match name.rfind(['/', '\\']) {
        None => name,
        Some(at) => name[at + 1..].to_owned(),
    });
    Some(Disposition { name: name.filter(|name| !name.is_empty())?, filename })
}

fn extended_value(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, text) = rest.split_once('\'')?;
    charset.eq_ignore_ascii_case("utf-8").then_some(())?;
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// `key=value; key="quoted \" value"`.
struct Parameters<'a>(&'a str);

impl Iterator for Parameters<'_> {
    type Item = (String, String);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_start_matches([' ', '\t', ';']);
        let (key, rest) = text.split_once('=')?;
        let key = key.trim().to_owned();
        let rest = rest.trim_start();
        let Some(quoted) = rest.strip_prefix('"') else {
            let (value, rest) = rest.split_once(';').unwrap_or((rest, ""));
            self.0 = rest;
            return Some((key, value.trim().to_owned()));
        };
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.0 = &quoted[at + 1..];
                    return Some((key, value));
                }
                // Only a quote is escaped: browsers leave the backslashes of a Windows path as they are.
                '\\' if quoted[at + 1..].starts_with('"') => {
                    value.push('"');
                    characters.next();
                }
                other => value.push(other),
            }
        }
        // No closing quote.
        self.0 = "";
        None
    }
}
