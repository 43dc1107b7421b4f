//! `[[export]]` in a settings file.
//!
//! Always holds: an export that is read is one that can be; what is wrong with one is told with file and line.

use toml::Spanned;
use toml::de::DeValue;

use super::file::given;
use super::nearest::nearest;
use super::{Given, SettingsError};
use crate::exports::ExportSpec;

const KEYS: &[&str] =
    &["name", "bucket", "read_only", "hosts", "squash", "anonuid", "anongid", "secure", "uid", "gid", "umask"];

type Place<'a> = &'a dyn Fn(std::ops::Range<usize>) -> String;

/// Reads the value of `export`.
pub fn read(value: &Spanned<DeValue<'_>>, place: Place<'_>) -> Result<Vec<ExportSpec>, SettingsError> {
    let DeValue::Array(items) = value.get_ref() else {
        let here = place(value.span());
        return Err(SettingsError(format!("{here}: write [[export]], for there can be several")));
    };
    let mut exports: Vec<ExportSpec> = Vec::new();
    for item in items {
        let spec = one(item, place)?;
        if exports.iter().any(|export| export.name == spec.name) {
            let here = place(item.span());
            return Err(SettingsError(format!("{here}: two [[export]] have the name {}; rename one", spec.name)));
        }
        exports.push(spec);
    }
    Ok(exports)
}

fn one(item: &Spanned<DeValue<'_>>, place: Place<'_>) -> Result<ExportSpec, SettingsError> {
    let here = place(item.span());
    let DeValue::Table(keys) = item.get_ref() else {
        return Err(SettingsError(format!("{here}: write [[export]] above its settings")));
    };
    let mut spec = ExportSpec::default();
    for (key, value) in keys {
        let (here, key) = (place(key.span()), key.get_ref().as_ref());
        if !KEYS.contains(&key) {
            let cure = match nearest(key, KEYS.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("it has {}", KEYS.join(", ")),
            };
            return Err(SettingsError(format!("{here}: unknown key {key} in [[export]]; {cure}")));
        }
        let given = given(value);
        set(&mut spec, key, &given).map_err(|expected| {
            SettingsError(format!("{here}: {key} of [[export]] is {}; give {expected}", shown(&given)))
        })?;
    }
    for (key, text, expected) in [
        ("name", &spec.name, "the name that clients mount, like \"photos\""),
        ("bucket", &spec.bucket, "a bucket, or a directory of one, like \"photos/2026\""),
    ] {
        if text.is_empty() {
            return Err(SettingsError(format!("{here}: [[export]] lacks {key}; give {expected}")));
        }
    }
    spec.options().map_err(|error| SettingsError(format!("{here}: [[export]]: {error}")))?;
    Ok(spec)
}

fn set(spec: &mut ExportSpec, key: &str, given: &Given) -> Result<(), String> {
    let id = || {
        let number = given.number("a user or group", 0..=u64::from(u32::MAX))?;
        u32::try_from(number).map_err(|error| error.to_string())
    };
    match key {
        "name" => spec.name = given.text("a name")?,
        "bucket" => spec.bucket = given.text("a bucket")?,
        "read_only" => spec.read_only = given.boolean()?,
        "hosts" => spec.hosts = given.list("a list of hosts, like [\"10.0.0.0/8\"]")?,
        "squash" => spec.squash = given.text("\"root\", \"all\" or \"none\"")?,
        "anonuid" => spec.anonuid = id()?,
        "anongid" => spec.anongid = id()?,
        "secure" => spec.secure = given.boolean()?,
        "uid" => spec.uid = id()?,
        "gid" => spec.gid = id()?,
        _ => spec.umask = given.text("a text of octal digits, like \"022\"")?,
    }
    Ok(())
}

fn shown(given: &Given) -> String {
    match given {
        Given::Text(text) => format!("{text:?}"),
        Given::Integer(number) => number.to_string(),
        Given::Boolean(value) => value.to_string(),
        Given::List(list) => format!("{list:?}"),
        Given::Other(what) => (*what).to_owned(),
    }
}
