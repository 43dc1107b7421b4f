//! `mounts.json`: the mounts made by command; and `mounts-of-mount8.json`, those of mount(8) that are there.
//!
//! Always holds: the file is replaced as a whole and durably, and only the daemon's user reads it.

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use trefoil_core::types::AccountId;

use super::MountSpec;
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
    let mut text = String::new();
    match std::fs::File::open(file) {
        Ok(open) => open.take(MOUNTS_FILE_BYTES_MAX).read_to_string(&mut text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let lines: Vec<Line> = serde_json::from_str(&text).map_err(std::io::Error::other)?;
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
    let temporary = file.with_extension("json.new");
    let mut open = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    serde_json::to_writer_pretty(&mut open, &lines)?;
    open.write_all(b"\n")?;
    open.sync_all()?;
    std::fs::rename(&temporary, file)?;
    std::fs::File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
}
