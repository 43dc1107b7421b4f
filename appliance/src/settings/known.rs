//! Every setting: its name, its default, its meaning, and how it is read. The one place where a setting is documented.
//!
//! Always holds: a table's settings stand together; the default shown is the one of [`Settings::default`] (a test compares).

use super::value::{Given, show_bytes};
use super::{LogFormat, Settings};

/// One setting.
pub struct Setting {
    pub table: &'static str,
    pub key: &'static str,
    /// What it does, its unit, and what to think of when setting it.
    pub meaning: &'static str,
    pub get: fn(&Settings) -> String,
    /// Sets it, or says what it takes instead (the end of a sentence "give …").
    pub set: fn(&mut Settings, &Given) -> Result<(), String>,
}

impl Setting {
    /// `s3.listen`: as a flag table, an error or the documentation names it.
    pub fn name(&self) -> String {
        format!("{}.{}", self.table, self.key)
    }

    /// `TREFOIL_S3_LISTEN`
    pub fn variable(&self) -> String {
        format!("TREFOIL_{}_{}", self.table, self.key).to_ascii_uppercase()
    }
}

pub const TABLES: &[&str] = &["s3", "admin", "nfs", "store", "log"];

/// Names that later versions give a meaning to. Refused with that reason, for nothing is accepted and ignored.
pub const RESERVED: &[&str] = &["location"];

/// Shortest and largest block cache: below, every read of the index goes to the disk; above is more than a machine has.
const BLOCK_CACHE_BYTES: std::ops::RangeInclusive<u64> = 1 << 20..=1 << 40;

/// What a wait may be, as the door takes it: from what a slow line needs to what nobody waits for.
const TIMEOUT_SECS: std::ops::RangeInclusive<u64> = 1..=3600;

/// Connections that a door may serve at once: nobody, or more than a process has descriptors for, is a mistake.
const CONNECTIONS: std::ops::RangeInclusive<u64> = 1..=1 << 20;

pub const SETTINGS: &[Setting] = &[
    Setting {
        table: "s3",
        key: "listen",
        meaning: "Address and port of the S3 door. Port 0 takes a free one, shown in the ready line.",
        get: |settings| settings.s3.listen.to_string(),
        set: |settings, given| given.address().map(|value| settings.s3.listen = value),
    },
    Setting {
        table: "s3",
        key: "domains",
        meaning: "Domains under which a bucket may stand in the host name (bucket.domain). With any other host the bucket stands in the path.",
        get: |settings| settings.s3.domains.join(","),
        set: |settings, given| {
            let expected = "a list of domain names, like [\"s3.example.com\"]";
            let domains = given.list(expected)?;
            if !domains.iter().all(|domain| is_domain(domain)) {
                return Err(expected.into());
            }
            settings.s3.domains = domains;
            Ok(())
        },
    },
    Setting {
        table: "s3",
        key: "region",
        meaning: "The region that buckets are in, as GetBucketLocation and HeadBucket answer it.",
        get: |settings| settings.s3.region.clone(),
        set: |settings, given| {
            let expected = "a region's name, like \"us-east-1\"";
            let region = given.text(expected)?;
            if region.len() > 64 || !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
                return Err(expected.into());
            }
            settings.s3.region = region;
            Ok(())
        },
    },
    Setting {
        table: "s3",
        key: "region_strict",
        meaning: "Whether requests must be signed for exactly that region. Otherwise a client may name any.",
        get: |settings| settings.s3.region_strict.to_string(),
        set: |settings, given| given.boolean().map(|value| settings.s3.region_strict = value),
    },
    Setting {
        table: "s3",
        key: "sigv2",
        meaning: "Whether requests signed by the old Signature Version 2 are served. Only for clients that know nothing newer.",
        get: |settings| settings.s3.sigv2.to_string(),
        set: |settings, given| given.boolean().map(|value| settings.s3.sigv2 = value),
    },
    Setting {
        table: "s3",
        key: "connections_max",
        meaning: "Connections served at once; the next waits until one ends. Each takes a file descriptor, and memory while it sends a body.",
        get: |settings| settings.s3.connections_max.to_string(),
        set: |settings, given| {
            given.number("connections", CONNECTIONS).map(|value| settings.s3.connections_max = value)
        },
    },
    Setting {
        table: "s3",
        key: "head_timeout",
        meaning: "Seconds until a request's head must be there, also that of a connection's next one: idle connections are closed after it.",
        get: |settings| settings.s3.head_timeout_secs.to_string(),
        set: |settings, given| given.seconds(TIMEOUT_SECS).map(|value| settings.s3.head_timeout_secs = value),
    },
    Setting {
        table: "s3",
        key: "body_timeout",
        meaning: "Seconds that the next byte of a request's body may take. Then the request fails with RequestTimeout.",
        get: |settings| settings.s3.body_timeout_secs.to_string(),
        set: |settings, given| given.seconds(TIMEOUT_SECS).map(|value| settings.s3.body_timeout_secs = value),
    },
    Setting {
        table: "s3",
        key: "body_rate_min",
        meaning: "Bytes a second that a request's body must come with on average, after body_grace. 0 takes any pace.",
        get: |settings| show_bytes(settings.s3.body_rate_min),
        set: |settings, given| given.bytes().map(|value| settings.s3.body_rate_min = value),
    },
    Setting {
        table: "s3",
        key: "body_grace",
        meaning: "Seconds that a request's body may be slower than body_rate_min at its beginning.",
        get: |settings| settings.s3.body_grace_secs.to_string(),
        set: |settings, given| given.seconds(TIMEOUT_SECS).map(|value| settings.s3.body_grace_secs = value),
    },
    Setting {
        table: "admin",
        key: "listen",
        meaning: "Address and port of health, metrics and the admin API (signed by the root key). Port 0 takes a free one.",
        get: |settings| settings.admin.listen.to_string(),
        set: |settings, given| given.address().map(|value| settings.admin.listen = value),
    },
    Setting {
        table: "nfs",
        key: "listen",
        meaning: "Address and port of the NFS door: NFSv3 and MOUNT on one port, usually 2049. Empty: it does not listen. Port 0 takes a free one. NFS knows clients by address only: listen where all can be trusted.",
        get: |settings| settings.nfs.listen.map(|address| address.to_string()).unwrap_or_default(),
        set: |settings, given| {
            settings.nfs.listen = if *given == Given::Text(String::new()) { None } else { Some(given.address()?) };
            Ok(())
        },
    },
    Setting {
        table: "store",
        key: "data_dir",
        meaning: "The directory that holds everything. Made with mode 0700 where it does not exist. One process at a time.",
        get: |settings| settings.store.data_dir.display().to_string(),
        set: |settings, given| given.text("a directory's path").map(|value| settings.store.data_dir = value.into()),
    },
    Setting {
        table: "store",
        key: "block_cache",
        meaning: "Memory that keeps uncompressed blocks of the index, in bytes. The largest part of the daemon's memory when busy.",
        get: |settings| show_bytes(settings.store.block_cache_bytes),
        set: |settings, given| {
            let bytes = given.bytes()?;
            if !BLOCK_CACHE_BYTES.contains(&bytes) {
                return Err("between \"1 MiB\" and \"1 TiB\"".into());
            }
            settings.store.block_cache_bytes = bytes;
            Ok(())
        },
    },
    Setting {
        table: "log",
        key: "level",
        meaning: "error, warn, info, debug or trace; or directives, like \"info,trefoil_s3=debug\".",
        get: |settings| settings.log.level.clone(),
        set: |settings, given| {
            let expected = "error, warn, info, debug, trace, or directives like \"info,trefoil_s3=debug\"";
            let level = given.text(expected)?;
            tracing_subscriber::EnvFilter::builder().parse(&level).map_err(|_| expected.to_owned())?;
            settings.log.level = level;
            Ok(())
        },
    },
    Setting {
        table: "log",
        key: "format",
        meaning: "How log lines on standard error look: text, or json (one object a line).",
        get: |settings| match settings.log.format {
            LogFormat::Text => "text".into(),
            LogFormat::Json => "json".into(),
        },
        set: |settings, given| {
            settings.log.format = match given {
                Given::Text(text) if text == "text" => LogFormat::Text,
                Given::Text(text) if text == "json" => LogFormat::Json,
                _ => return Err("\"text\" or \"json\"".into()),
            };
            Ok(())
        },
    },
];

/// The place of `table.key` in [`SETTINGS`].
pub fn index_of(name: &str) -> Option<usize> {
    SETTINGS.iter().position(|setting| setting.name() == name)
}

/// Host name labels (RFC 1123): letters, digits, inner dashes; 253 bytes at most.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}
