//! Values as a file, a variable or a flag gives them, and what they are read as.
//!
//! Always holds: an error is the end of a sentence "give …", so that every source can put its place in front of it.

use std::net::SocketAddr;

/// A value as it was given, before it is known what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A string of the file, a variable or a flag.
    Text(String),
    /// A number or a boolean of the file.
    Integer(i64),
    Boolean(bool),
    /// An array of strings.
    List(Vec<String>),
    /// Something that no setting takes (a date, a table, a mixed array).
    Other(&'static str),
}

impl Given {
    pub fn address(&self) -> Result<SocketAddr, String> {
        let expected = "an address and a port, like \"127.0.0.1:8000\", \"0.0.0.0:8000\" or \"[::]:8000\"";
        match self {
            Given::Text(text) => text.parse().map_err(|_| expected.to_owned()),
            _ => Err(expected.to_owned()),
        }
    }

    pub fn boolean(&self) -> Result<bool, String> {
        match self {
            Given::Boolean(value) => Ok(*value),
            Given::Text(text) if text == "true" => Ok(true),
            Given::Text(text) if text == "false" => Ok(false),
            _ => Err("true or false".into()),
        }
    }

    /// A text that is not empty.
    pub fn text(&self, expected: &str) -> Result<String, String> {
        match self {
            Given::Text(text) if !text.is_empty() => Ok(text.clone()),
            _ => Err(expected.to_owned()),
        }
    }

    /// An array of the file; or a text with commas between the elements (none when it is empty).
    pub fn list(&self, expected: &str) -> Result<Vec<String>, String> {
        match self {
            Given::List(list) => Ok(list.clone()),
            Given::Text(text) => {
                Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
            }
            _ => Err(expected.to_owned()),
        }
    }

    /// A whole number of seconds.
    pub fn seconds(&self, range: std::ops::RangeInclusive<u64>) -> Result<u64, String> {
        self.number("seconds", range)
    }

    /// A whole number of something.
    pub fn number(&self, of: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64, String> {
        let value = match self {
            Given::Integer(value) => u64::try_from(*value).ok(),
            Given::Text(text) => text.parse().ok(),
            _ => None,
        };
        let expected = || format!("a number of {of} between {} and {}", range.start(), range.end());
        value.filter(|value| range.contains(value)).ok_or_else(expected)
    }

    /// A number of bytes, as `parse_bytes` reads it.
    pub fn bytes(&self) -> Result<u64, String> {
        let expected = "a number of bytes, like 134217728 or \"128 MiB\"";
        match self {
            Given::Integer(value) => u64::try_from(*value).map_err(|_| expected.to_owned()),
            Given::Text(text) => parse_bytes(text).ok_or_else(|| expected.to_owned()),
            _ => Err(expected.to_owned()),
        }
    }
}

/// Reads `4096`, `4KiB`, `64 MiB`, `1 GiB`, `10 TiB`. Only binary units, so that nobody has to guess what a K is.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim_start() {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// Shows a number of bytes in the largest unit that divides it, as `parse_bytes` reads it.
pub fn show_bytes(bytes: u64) -> String {
    for (shift, unit) in [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes != 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{} {unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}
