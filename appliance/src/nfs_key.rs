//! The key that seals the NFS door's file handles: 32 random bytes in `nfs-key` in the data directory, mode 0600.
//!
//! Always holds: it is drawn once and durable before a handle is made with it, so that handles outlive restarts.

#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use trefoil_core::random::Random;
use trefoil_nfs::KEY_BYTES;

use crate::durable_file;

/// The key of the data directory `dir`, made and kept there where there is none.
pub fn load(dir: &Path, random: &dyn Random) -> Result<[u8; KEY_BYTES], String> {
    let path = dir.join("nfs-key");
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    match durable_file::read(&path, KEY_BYTES as u64 + 1).map_err(failed)? {
        Some(key) => key
            .try_into()
            .map_err(|_| format!("{}: it is no key; remove it, and clients have to mount anew", path.display())),
        None => {
            let mut key = [0; KEY_BYTES];
            random.fill(&mut key);
            durable_file::replace(&path, |file| file.write_all(&key)).map_err(failed)?;
            Ok(key)
        }
    }
}
