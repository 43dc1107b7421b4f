//! `encoding-type=url`: names in listings, percent-encoded so that XML can carry every key.
//!
//! Always holds: `/` and RFC 3986's unreserved characters stand as they are, every other byte is `%XX`. (Decoders that take `+`
//! for a space and those that do not read the same.)

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::Failure;

#[cfg(test)]
mod tests;

const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// How a listing writes its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Plain,
    Url,
}

impl Encoding {
    /// The parameter `encoding-type`; anything but `url` is refused.
    pub fn parse(parameter: Option<&str>) -> Result<Self, Failure> {
        match parameter {
            None | Some("") => Ok(Self::Plain),
            Some(kind) if kind.eq_ignore_ascii_case("url") => Ok(Self::Url),
            Some(other) => {
                Err(Failure::invalid_argument("encoding-type", other, "Invalid Encoding Method specified in Request"))
            }
        }
    }

    pub fn encode<'a>(self, name: &'a str) -> Cow<'a, str> {
        match self {
            Self::Plain => Cow::Borrowed(name),
            Self::Url => utf8_percent_encode(name, KEPT).into(),
        }
    }

    pub fn name(self) -> Option<&'static str> {
        (self == Self::Url).then_some("url")
    }
}
