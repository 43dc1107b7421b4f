//! The key that seals the NFS door's file handles: 32 random bytes in `nfs-key` in the data directory, mode 0600.
//!
//! Always holds: it is drawn once and durable before a handle is made with it, so that handles outlive restarts.

#[cfg(test)]
mod tests;

use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use trefoil_core::random::Random;
use trefoil_nfs::KEY_BYTES;

/// The key of the data directory `dir`, made and kept there where there is none.
pub fn load(dir: &Path, random: &dyn Random) -> Result<[u8; KEY_BYTES], String> {
    let path = dir.join("nfs-key");
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    match std::fs::File::open(&path) {
        Ok(file) => {
            let mut key = Vec::new();
            file.take(KEY_BYTES as u64 + 1).read_to_end(&mut key).map_err(failed)?;
            key.try_into()
                .map_err(|_| format!("{}: it is no key; remove it, and clients have to mount anew", path.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut key = [0; KEY_BYTES];
            random.fill(&mut key);
            keep(dir, &path, &key).map_err(failed)?;
            Ok(key)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes the file so that it is whole or absent after a crash, and durable on return.
fn keep(dir: &Path, path: &Path, key: &[u8]) -> std::io::Result<()> {
    let temporary = dir.join("nfs-key.new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    // The mode above is for a new file; one left by a crash may have another.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.write_all(key)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    std::fs::File::open(dir)?.sync_all()
}
