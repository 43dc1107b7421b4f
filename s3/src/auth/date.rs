//! Times in signatures: `YYYYMMDDTHHMMSSZ`, and the dates of HTTP where a client has no other.
//!
//! Always holds: an [`AmzDate`] is a real date between 1970 and 9999; its text is exactly what stands in strings to sign.

use time::format_description::well_known::Rfc2822;
use time::{Date, Month, OffsetDateTime, Time};
use trefoil_core::clock::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmzDate {
    text: [u8; 16],
    secs: u64,
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |sum, &digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
}

impl AmzDate {
    pub fn parse(text: &str) -> Option<Self> {
        let text: [u8; 16] = text.as_bytes().try_into().ok()?;
        if text[8] != b'T' || text[15] != b'Z' {
            return None;
        }
        let part = |range: std::ops::Range<usize>| number(&text[range]).and_then(|number| u8::try_from(number).ok());
        let year = i32::try_from(number(&text[0..4])?).ok()?;
        let date = Date::from_calendar_date(year, Month::try_from(part(4..6)?).ok()?, part(6..8)?).ok()?;
        let time = Time::from_hms(part(9..11)?, part(11..13)?, part(13..15)?).ok()?;
        let secs = date.with_time(time).assume_utc().unix_timestamp();
        Some(Self { text, secs: u64::try_from(secs).ok()? })
    }

    /// A `Date` header: RFC 1123 as HTTP asks for, other zones too (`Mon, 27 Jul 2009 12:28:53 +0000`).
    pub fn parse_http(text: &str) -> Option<Self> {
        let text = text.trim();
        // A client that puts the ISO form there is understood, as by AWS.
        if let Some(date) = Self::parse(text) {
            return Some(date);
        }
        let date = OffsetDateTime::parse(text, &Rfc2822).ok()?;
        Self::at(Timestamp::from_secs(u64::try_from(date.unix_timestamp()).ok()?))
    }

    pub fn at(time: Timestamp) -> Option<Self> {
        let secs = time.as_secs();
        let date = OffsetDateTime::from_unix_timestamp(i64::try_from(secs).ok()?).ok()?;
        let text = format!(
            "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            date.hour(),
            date.minute(),
            date.second()
        );
        Some(Self { text: text.into_bytes().try_into().ok()?, secs })
    }

    /// Seconds since 1970.
    pub fn secs(&self) -> u64 {
        self.secs
    }

    pub fn as_str(&self) -> &str {
        // Only ASCII digits, `T` and `Z` passed `parse`.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// `YYYYMMDD`, the date of a credential's scope.
    pub fn day(&self) -> &str {
        &self.as_str()[..8]
    }
}

/// `2013-05-24T00:00:00Z`, as error documents show times.
pub fn iso8601(secs: u64) -> String {
    let date = i64::try_from(secs).ok().and_then(|secs| OffsetDateTime::from_unix_timestamp(secs).ok());
    let Some(date) = date else { return secs.to_string() };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        date.hour(),
        date.minute(),
        date.second()
    )
}
