//! `mounts.json`: the mounts made by command; and `mounts-of-mount8.json`, those of mount(8) that are there.
//!
//! Always holds: the file is replaced as a whole and durably, and only the daemon's user reads it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use trefoil_core::types::AccountId;

use super::MountSpec;
use crate::durable_file;
use crate::limits::MOUNTS_FILE_BYTES_MAX;

/// A mount, with the account whose bucket it showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub spec: MountSpec,
    pub owner: Option<AccountId>,
}

/// The same as the file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    bucket: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    prefix: String,
    dir: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    options: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

pub fn read(file: &Path) -> std::io::Result<Vec<Kept>> {
    let Some(text) = durable_file::read(file, MOUNTS_FILE_BYTES_MAX)? else { return Ok(Vec::new()) };
    let lines: Vec<Line> = serde_json::from_slice(&text)?;
    let kept = |Line { bucket, prefix, dir, options, owner }| {
        let owner = owner.map(|owner: String| owner.parse()).transpose();
        let owner = owner.map_err(|_| std::io::Error::other(format!("the owner of {dir} is no account's id")))?;
        Ok(Kept { spec: MountSpec { bucket, prefix, dir, options }, owner })
    };
    lines.into_iter().map(kept).collect()
}

pub fn write(file: &Path, mounts: &[Kept]) -> std::io::Result<()> {
    let line = |Kept { spec, owner }: &Kept| {
        let MountSpec { bucket, prefix, dir, options } = spec.clone();
        Line { bucket, prefix, dir, options, owner: owner.map(|owner| owner.to_string()) }
    };
    let lines: Vec<Line> = mounts.iter().map(line).collect();
    durable_file::replace_json(file, &lines)
}
