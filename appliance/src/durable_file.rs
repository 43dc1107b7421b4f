//! Small files of the data directory.
//!
//! Always holds: a file is replaced as a whole: after a crash it is what it was or what it was to be; it is on stable storage when that
//! returns, and nobody but the daemon's user reads it. What is read is bounded.

#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Result, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

const MODE: u32 = 0o600;

/// Puts what `write` writes in the file's place.
pub fn replace(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(&temporary)?;
    // The mode above is for a new file; one left by a crash may have another.
    file.set_permissions(Permissions::from_mode(MODE))?;
    write(&mut file)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    File::open(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?.sync_all()
}

/// The same for a document of JSON, for people to read.
pub fn replace_json(path: &Path, document: &impl serde::Serialize) -> Result<()> {
    replace(path, |file| {
        serde_json::to_writer_pretty(&mut *file, document)?;
        file.write_all(b"\n")
    })
}

/// What is in it, up to `bytes_max`; `None` where there is no such file.
pub fn read(path: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(bytes_max).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(bytes))
}
