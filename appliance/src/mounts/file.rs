//! `mounts.json`: the mounts made by command; and `mounts-of-mount8.json`, those of mount(8) that are there.
//!
//! Always holds: the file is replaced as a whole and durably, and only the daemon's user reads it.

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::MountSpec;
use crate::limits::MOUNTS_FILE_BYTES_MAX;

pub fn read(file: &Path) -> std::io::Result<Vec<MountSpec>> {
    let mut text = String::new();
    match std::fs::File::open(file) {
        Ok(open) => open.take(MOUNTS_FILE_BYTES_MAX).read_to_string(&mut text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    serde_json::from_str(&text).map_err(std::io::Error::other)
}

pub fn write(file: &Path, mounts: &[MountSpec]) -> std::io::Result<()> {
    let temporary = file.with_extension("json.new");
    let mut open = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    serde_json::to_writer_pretty(&mut open, mounts)?;
    open.write_all(b"\n")?;
    open.sync_all()?;
    std::fs::rename(&temporary, file)?;
    std::fs::File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
}
