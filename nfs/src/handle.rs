//! File handles (RFC 1813, 2.6): an export, a node, and a proof that this server made it.
//!
//! Always holds: a handle is 36 bytes: a version, three bytes of nothing, the export's id, the node's id, and the first 16 bytes of an
//! HMAC-SHA256 of all that under a key that lives as long as the store. So handles outlive restarts, and none can be made up: one that
//! opens names what a client was once shown.

#[cfg(test)]
mod tests;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const VERSION: u8 = 1;
const BODY_BYTES: usize = 20;
const MAC_BYTES: usize = 16;
pub const HANDLE_BYTES: usize = BODY_BYTES + MAC_BYTES;
pub const KEY_BYTES: usize = 32;

/// What a handle names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    pub export: u64,
    pub node: u64,
}

/// Makes and opens handles.
#[derive(Clone)]
pub struct Handles {
    /// With the key worked in.
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for Handles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handles")
    }
}

impl Handles {
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        // A key is padded with zeros to a block of the hash (RFC 2104).
        let mut block = [0; 64];
        block[..KEY_BYTES].copy_from_slice(key);
        Self { mac: Hmac::new(&block.into()) }
    }

    pub fn make(&self, named: Named) -> [u8; HANDLE_BYTES] {
        let mut handle = [0; HANDLE_BYTES];
        handle[0] = VERSION;
        handle[4..12].copy_from_slice(&named.export.to_be_bytes());
        handle[12..BODY_BYTES].copy_from_slice(&named.node.to_be_bytes());
        let mac = self.seal(&handle[..BODY_BYTES]);
        handle[BODY_BYTES..].copy_from_slice(&mac);
        handle
    }

    /// What it names; `None` for one that this server did not make.
    pub fn open(&self, handle: &[u8]) -> Option<Named> {
        let handle: &[u8; HANDLE_BYTES] = handle.try_into().ok()?;
        let (body, mac) = handle.split_at(BODY_BYTES);
        if body[0] != VERSION || !bool::from(self.seal(body).ct_eq(mac)) {
            return None;
        }
        let word = |at: usize| Some(u64::from_be_bytes(body.get(at..at + 8)?.try_into().ok()?));
        Some(Named { export: word(4)?, node: word(12)? })
    }

    fn seal(&self, body: &[u8]) -> [u8; MAC_BYTES] {
        let mut mac = self.mac.clone();
        mac.update(body);
        let whole = mac.finalize().into_bytes();
        std::array::from_fn(|at| whole[at])
    }
}
