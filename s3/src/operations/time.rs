//! Times as HTTP and S3 write them.
//!
//! Always holds: formatting never fails and rounds down to what the format can say; parsing takes every form of RFC 9110.

use time::format_description::{BorrowedFormatItem, well_known};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};
use trefoil_core::clock::Timestamp;

#[cfg(test)]
mod tests;

/// RFC 9110's IMF-fixdate, the form that is written.
const IMF_FIXDATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
/// ANSI C's `asctime`, read only.
const ASCTIME: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short] [month repr:short] [day padding:space] [hour]:[minute]:[second] [year]");

fn date_time(at: Timestamp) -> OffsetDateTime {
    // A u64 of nanoseconds ends in 2554, far inside what the type can hold.
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// `Mon, 23 Nov 2026 08:00:00 GMT`.
pub fn http_date(at: Timestamp) -> String {
    date_time(at).format(IMF_FIXDATE).unwrap_or_default()
}

/// For s3s' XML, which writes milliseconds.
pub fn to_s3(at: Timestamp) -> s3s::dto::Timestamp {
    date_time(Timestamp(at.as_millis() * 1_000_000)).into()
}

fn timestamp(at: OffsetDateTime) -> Option<Timestamp> {
    u64::try_from(at.unix_timestamp_nanos()).ok().map(Timestamp)
}

/// A date header of RFC 9110 in any of its three forms, or ISO 8601, which some clients send.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = PrimitiveDateTime::parse(text, IMF_FIXDATE).or_else(|_| PrimitiveDateTime::parse(text, ASCTIME)) {
        return timestamp(at.assume_utc());
    }
    if let Ok(at) = OffsetDateTime::parse(text, &well_known::Rfc3339) {
        return timestamp(at);
    }
    parse_rfc_850(text)
}

fn parse_rfc_850(text: &str) -> Option<Timestamp> {
    // `day-month-yy` with the century written out is the fixed form with other separators.
    let (weekday, rest) = text.split_once(", ")?;
    let mut parts = rest.splitn(3, '-');
    let (day, month, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, clock) = rest.split_once(' ')?;
    let year: u32 = (year.len() == 2).then(|| year.parse().ok())??;
    let century = if year < 70 { 2000 } else { 1900 };
    let fixed = format!("{}, {day} {month} {} {clock}", weekday.get(..3)?, century + year);
    PrimitiveDateTime::parse(&fixed, IMF_FIXDATE).ok().and_then(|at| timestamp(at.assume_utc()))
}

/// From s3s' documents. Times before 1970 are none of ours.
pub fn from_s3(at: s3s::dto::Timestamp) -> Option<Timestamp> {
    timestamp(at.into())
}
