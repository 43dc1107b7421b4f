//! Settings from variables: `TREFOIL_<TABLE>_<KEY>`.
//!
//! Always holds: a known variable is used or refused; an unknown `TREFOIL_*` is warned of, with the nearest known name. A value
//! is never shown for a variable that is not a setting, for it may be a secret.

use std::ffi::OsString;

use super::nearest::nearest;
use super::{Given, Loaded, SettingsError, Source, known};

/// Variables that are no settings but have a meaning elsewhere.
const OTHER_VARIABLES: &[&str] =
    &["TREFOIL_ACCESS_KEY_ID", "TREFOIL_SECRET_ACCESS_KEY", "TREFOIL_PRETEND_KERNEL", "TREFOIL_FAILPOINTS"];

pub fn apply(
    loaded: &mut Loaded,
    variables: impl IntoIterator<Item = (String, OsString)>,
) -> Result<(), SettingsError> {
    let known: Vec<String> = known::SETTINGS.iter().map(known::Setting::variable).collect();
    let mut variables: Vec<_> = variables.into_iter().filter(|(name, _)| name.starts_with("TREFOIL_")).collect();
    variables.sort();
    for (name, value) in variables {
        let Some(index) = known.iter().position(|variable| *variable == name) else {
            if !OTHER_VARIABLES.contains(&name.as_str()) {
                loaded.warnings.push(unknown(&name, &known));
            } else if name == "TREFOIL_FAILPOINTS" && !cfg!(feature = "failpoints") {
                loaded.warnings.push("TREFOIL_FAILPOINTS does nothing: this build has no fail points".into());
            }
            continue;
        };
        let text =
            value.into_string().map_err(|_| SettingsError(format!("the variable {name} is not UTF-8; set it anew")))?;
        loaded
            .apply(index, &Given::Text(text.clone()), Source::Environment)
            .map_err(|expected| SettingsError(format!("the variable {name} is {text:?}; give {expected}")))?;
    }
    Ok(())
}

fn unknown(name: &str, known: &[String]) -> String {
    // A setting without its table is the obvious guess.
    let key = name.trim_start_matches("TREFOIL_").to_ascii_lowercase();
    if let Some(setting) = known::SETTINGS.iter().find(|setting| setting.key == key) {
        let meant = setting.variable();
        return format!("the variable {name} is not known and does nothing; did you mean {meant}?");
    }
    let candidates = known.iter().map(String::as_str).chain(OTHER_VARIABLES.iter().copied());
    match nearest(name, candidates) {
        Some(near) => format!("the variable {name} is not known and does nothing; did you mean {near}?"),
        None => format!("the variable {name} is not known and does nothing; `trefoil settings` lists those that are"),
    }
}
