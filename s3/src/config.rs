//! The door's settings, checked once.
//!
//! Always holds: a value that would be ignored or can't work is refused by [`S3Config::check`] with the setting's name and a cure.

use std::net::SocketAddr;
use std::time::Duration;

use crate::limits;

#[derive(Clone, Debug)]
pub struct S3Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Domains under which `bucket.domain` names a bucket. Any other `Host` is path style.
    pub domains: Vec<String>,
    /// The region that this store is, in answers and, where `region_strict`, in signatures.
    pub region: String,
    /// Whether a signature for another region is refused. Off, clients work whatever region they believe in.
    pub region_strict: bool,
    /// Whether signature version 2 is accepted (HMAC-SHA1, no bound on time in headers): for old clients only.
    pub sigv2: bool,
    pub connections_max: usize,
    /// How long a connection may take until its next request's head is there, idle or not.
    pub head_timeout: Duration,
    /// How long the next byte of a body may take; then it fails with `RequestTimeout`.
    pub body_timeout: Duration,
    /// What a body's average pace must be once it has run for `body_grace`; 0 is any pace.
    pub body_rate_min: u64,
    pub body_grace: Duration,
}

impl Default for S3Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            domains: Vec::new(),
            region: "us-east-1".to_owned(),
            region_strict: false,
            sigv2: false,
            connections_max: limits::CONNECTIONS_MAX,
            head_timeout: limits::HEAD_TIMEOUT,
            body_timeout: limits::BODY_IDLE_TIMEOUT,
            body_rate_min: limits::BODY_RATE_BYTES_PER_SEC_MIN,
            body_grace: limits::BODY_RATE_GRACE,
        }
    }
}

/// A setting that can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("setting {name}: {problem}")]
pub struct InvalidSetting {
    pub name: &'static str,
    pub problem: String,
}

impl S3Config {
    /// Refuses what can't work; lower-cases the domains.
    pub fn check(mut self) -> Result<Self, InvalidSetting> {
        let invalid = |name, problem: String| Err(InvalidSetting { name, problem });
        for domain in &mut self.domains {
            domain.make_ascii_lowercase();
            let label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
            if domain.is_empty() || domain.starts_with('.') || domain.ends_with('.') || !domain.bytes().all(label) {
                return invalid(
                    "domains",
                    format!("{domain:?} is no domain name; write it without port and leading dot"),
                );
            }
        }
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if self.region.is_empty() || self.region.len() > limits::REGION_BYTES_MAX || !self.region.bytes().all(word) {
            return invalid("region", format!("{:?} is no region; take 1 to 64 of a-z, 0-9, '-' and '_'", self.region));
        }
        if self.connections_max == 0 {
            return invalid("connections_max", "at least 1 is needed to serve anybody".to_owned());
        }
        for (name, timeout) in
            [("head_timeout", self.head_timeout), ("body_timeout", self.body_timeout), ("body_grace", self.body_grace)]
        {
            if !limits::TIMEOUTS.contains(&timeout) {
                return invalid(name, format!("{timeout:?} can't work; take 1 second to 1 hour"));
            }
        }
        Ok(self)
    }
}
