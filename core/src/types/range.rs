//! Byte ranges (RFC 9110, section 14; S3 answers a single range only).
//!
//! Always holds: a [`ByteRange`] lies inside the content it was resolved for, and one that was resolved is not empty.

use crate::error::Error;

/// What a client asked for, before the size is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeRequest {
    /// `bytes=first-` or `bytes=first-last`, inclusive.
    From { first: u64, last: Option<u64> },
    /// `bytes=-count`: the last `count` bytes.
    Suffix { count: u64 },
}

/// A part of a content: `offset..offset + length`, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    pub offset: u64,
    pub length: u64,
}

impl RangeRequest {
    /// Parses a `Range` header. `None` where it is not one that S3 honours (another unit, several ranges, bad syntax): such a
    /// header is ignored and the whole content is answered.
    pub fn parse(header: &str) -> Option<Self> {
        let spec = header.trim().strip_prefix("bytes=")?.trim();
        let (first, last) = spec.split_once('-')?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
        };
        match (first, last) {
            ("", last) => Some(Self::Suffix { count: number(last)? }),
            (first, "") => Some(Self::From { first: number(first)?, last: None }),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From { first, last: Some(last) })
            }
        }
    }

    /// The range within `size` bytes, or `InvalidRange`. `None` is the whole: the last bytes of what is empty, as in S3.
    pub fn resolve(self, size: u64) -> Result<Option<ByteRange>, Error> {
        match self {
            Self::From { first, .. } if first >= size => Err(Error::InvalidRange { size }),
            Self::From { first, last } => {
                let end = last.map_or(size, |last| last.saturating_add(1).min(size));
                Ok(Some(ByteRange { offset: first, length: end - first }))
            }
            Self::Suffix { count: 0 } => Err(Error::InvalidRange { size }),
            Self::Suffix { .. } if size == 0 => Ok(None),
            Self::Suffix { count } => {
                let length = count.min(size);
                Ok(Some(ByteRange { offset: size - length, length }))
            }
        }
    }
}

#[cfg(test)]
mod tests;
