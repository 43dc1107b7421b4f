//! `[[mount]]` in a settings file.
//!
//! Always holds: a mount that is read can be tried; what is wrong with one is told with file and line.

use toml::Spanned;
use toml::de::DeValue;

use super::SettingsError;
use super::nearest::nearest;
use crate::mounts::MountSpec;

const KEYS: &[&str] = &["bucket", "prefix", "dir", "options"];

type Place<'a> = &'a dyn Fn(std::ops::Range<usize>) -> String;

/// Reads the value of `mount`.
pub fn read(value: &Spanned<DeValue<'_>>, place: Place<'_>) -> Result<Vec<MountSpec>, SettingsError> {
    let DeValue::Array(items) = value.get_ref() else {
        let here = place(value.span());
        return Err(SettingsError(format!("{here}: write [[mount]], for there can be several")));
    };
    let mut mounts: Vec<MountSpec> = Vec::new();
    for item in items {
        let spec = one(item, place)?;
        if mounts.iter().any(|mount| mount.dir == spec.dir) {
            let here = place(item.span());
            return Err(SettingsError(format!("{here}: two [[mount]] have the directory {}; remove one", spec.dir)));
        }
        mounts.push(spec);
    }
    Ok(mounts)
}

fn one(item: &Spanned<DeValue<'_>>, place: Place<'_>) -> Result<MountSpec, SettingsError> {
    let here = place(item.span());
    let DeValue::Table(keys) = item.get_ref() else {
        return Err(SettingsError(format!("{here}: write [[mount]] above its settings")));
    };
    let mut spec = MountSpec::default();
    for (key, value) in keys {
        let (here, key) = (place(key.span()), key.get_ref().as_ref());
        let field = match key {
            "bucket" => &mut spec.bucket,
            "prefix" => &mut spec.prefix,
            "dir" => &mut spec.dir,
            "options" => &mut spec.options,
            _ => {
                let cure = match nearest(key, KEYS.iter().copied()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("it has {}", KEYS.join(", ")),
                };
                return Err(SettingsError(format!("{here}: unknown key {key} in [[mount]]; {cure}")));
            }
        };
        let DeValue::String(text) = value.get_ref() else {
            return Err(SettingsError(format!("{here}: {key} of [[mount]] is no text; put it in quotes")));
        };
        *field = text.trim_end_matches('/').to_owned();
    }
    // As the command takes it, and [[export]].
    if let Some((bucket, prefix)) = spec.bucket.split_once('/') {
        if !spec.prefix.is_empty() {
            return Err(SettingsError(format!("{here}: [[mount]] has a prefix in its bucket and another; remove one")));
        }
        (spec.bucket, spec.prefix) = (bucket.to_owned(), prefix.to_owned());
    }
    for (key, text, expected) in
        [("bucket", &spec.bucket, "the name of a bucket"), ("dir", &spec.dir, "the directory to mount it on")]
    {
        if text.is_empty() {
            return Err(SettingsError(format!("{here}: [[mount]] lacks {key}; give {expected}")));
        }
    }
    spec.check().map_err(|error| SettingsError(format!("{here}: [[mount]]: {error}")))?;
    Ok(spec)
}
