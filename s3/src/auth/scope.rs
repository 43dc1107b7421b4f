//! A credential's scope: `access-key/YYYYMMDD/region/s3/aws4_request`.
//!
//! Always holds: a [`Scope`] has an 8-digit day, a region as long as one may be, service `s3` and terminator `aws4_request`, and, where
//! the region is checked, it is ours.

use crate::auth::date::AmzDate;
use crate::limits::REGION_BYTES_MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    pub access_key: &'a str,
    pub day: &'a str,
    pub region: &'a str,
}

/// What is wrong with a scope; each carrier of signatures has a code of its own for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    #[error("the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")]
    Malformed,
    #[error("incorrect date format \"{0}\". This date in the credential must be in the format \"yyyyMMdd\".")]
    Day(String),
    #[error("Invalid credential date \"{day}\". This date is not the same as X-Amz-Date: \"{date}\".")]
    OtherDay { day: String, date: String },
    #[error("the region '{region}' is wrong; expecting '{expected}'")]
    Region { region: String, expected: String },
    #[error("incorrect service \"{0}\". This endpoint belongs to \"s3\".")]
    Service(String),
    #[error("incorrect terminal \"{0}\". This endpoint uses \"aws4_request\".")]
    Terminal(String),
}

impl<'a> Scope<'a> {
    /// `region`: the only one that is right, where it is checked.
    pub fn parse(text: &'a str, date: &AmzDate, region: Option<&str>) -> Result<Self, ScopeError> {
        let scope = Self::parse_undated(text, region)?;
        if scope.day != date.day() {
            return Err(ScopeError::OtherDay { day: scope.day.to_owned(), date: date.as_str().to_owned() });
        }
        Ok(scope)
    }

    fn parse_undated(text: &'a str, expected: Option<&str>) -> Result<Self, ScopeError> {
        // From the right: an access key may contain a slash.
        let mut parts = text.rsplitn(5, '/');
        let mut next = || parts.next().ok_or(ScopeError::Malformed);
        let (terminal, service, region, day, access_key) = (next()?, next()?, next()?, next()?, next()?);
        if access_key.is_empty() || region.is_empty() || region.len() > REGION_BYTES_MAX {
            return Err(ScopeError::Malformed);
        }
        if terminal != "aws4_request" {
            return Err(ScopeError::Terminal(terminal.to_owned()));
        }
        if day.len() != 8 || !day.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ScopeError::Day(day.to_owned()));
        }
        if service != "s3" {
            return Err(ScopeError::Service(service.to_owned()));
        }
        if let Some(expected) = expected
            && region != expected
        {
            return Err(ScopeError::Region { region: region.to_owned(), expected: expected.to_owned() });
        }
        Ok(Self { access_key, day, region })
    }

    /// `YYYYMMDD/region/s3/aws4_request`, as it stands in strings to sign.
    pub fn text(&self) -> String {
        format!("{}/{}/s3/aws4_request", self.day, self.region)
    }
}
