//! The documents that are written here and not by s3s: listings, which are long and frequent, and GetObjectAttributes, whose ETag
//! has no quotes.
//!
//! Always holds: text is escaped as everywhere ([`crate::xml_text`]).

use bytes::Bytes;
use trefoil_core::clock::Timestamp;

use crate::xml_text::push_escaped;

#[cfg(test)]
mod tests;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

pub struct Xml(String);

impl Xml {
    /// A document with this root element.
    pub fn new(root: &str, capacity: usize) -> Self {
        let mut text = String::with_capacity(capacity);
        text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
        text.push_str(root);
        text.push_str(" xmlns=\"");
        text.push_str(NAMESPACE);
        text.push_str("\">");
        Self(text)
    }

    pub fn open(&mut self, name: &str) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
    }

    pub fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    pub fn text(&mut self, name: &str, value: &str) {
        self.open(name);
        push_escaped(&mut self.0, value);
        self.close(name);
    }

    pub fn opt(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    pub fn number(&mut self, name: &str, value: impl Into<u64>) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = value.into();
        loop {
            at -= 1;
            digits[at] = digit(rest % 10);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.open(name);
        self.0.extend(digits[at..].iter().map(|&byte| char::from(byte)));
        self.close(name);
    }

    pub fn flag(&mut self, name: &str, value: bool) {
        self.text(name, if value { "true" } else { "false" });
    }

    /// An entity tag in its quotes.
    pub fn etag(&mut self, tag: &str) {
        self.open("ETag");
        self.0.push_str("&quot;");
        push_escaped(&mut self.0, tag);
        self.0.push_str("&quot;");
        self.close("ETag");
    }

    /// `2026-11-23T08:00:00.000Z`.
    pub fn time(&mut self, name: &str, at: Timestamp) {
        self.open(name);
        push_time(at, &mut self.0);
        self.close(name);
    }

    pub fn finish(mut self, root: &str) -> Bytes {
        self.close(root);
        self.0.into()
    }
}

fn digit(value: u64) -> u8 {
    b'0' + u8::try_from(value % 10).unwrap_or_default()
}

fn push_digits(value: u64, count: u32, into: &mut String) {
    for place in (0..count).rev() {
        into.push(char::from(digit(value / 10_u64.pow(place))));
    }
}

/// Written by hand: a page has a thousand, and the general formatter costs a third of the page.
fn push_time(at: Timestamp, into: &mut String) {
    let (days, second) = (at.as_secs() / 86_400, at.as_secs() % 86_400);
    // Days of the proleptic Gregorian calendar, counted from 0000-03-01 so that a leap day ends its year.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    for (value, count, behind) in [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (second / 3600, 2, ':'),
        (second / 60 % 60, 2, ':'),
        (second % 60, 2, '.'),
        (at.as_millis() % 1000, 3, 'Z'),
    ] {
        push_digits(value, count, into);
        into.push(behind);
    }
}
