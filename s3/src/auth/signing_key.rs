//! Signing keys: what a secret becomes for one day and region, and a cache of them.
//!
//! Always holds: a cached key is used only while the account's secret is still the one it was made of, and is kept only once it has
//! verified a signature, so that strangers can't fill the cache. Signatures are compared in constant time. Keys show nothing in `Debug`.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use trefoil_core::access::Secret;

use super::Scope;
use crate::limits;

type HmacSha256 = Hmac<Sha256>;

fn keyed(key: &[u8]) -> HmacSha256 {
    // HMAC takes a key of any length (RFC 2104).
    HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    keyed(key).chain_update(text).finalize().into_bytes().into()
}

/// Signs for one secret, day and region.
#[derive(Clone)]
pub struct SigningKey {
    secret: Secret,
    /// The key, already mixed in: a signature then costs two compressions.
    mac: HmacSha256,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl SigningKey {
    pub fn new(secret: &Secret, day: &str, region: &str) -> Self {
        let mut key = Vec::with_capacity(4 + secret.expose().len());
        key.extend_from_slice(b"AWS4");
        key.extend_from_slice(secret.expose().as_bytes());
        let key = hmac(&hmac(&hmac(&key, day.as_bytes()), region.as_bytes()), b"s3");
        Self { secret: secret.clone(), mac: keyed(&hmac(&key, b"aws4_request")) }
    }

    /// The signature as clients write it: 64 lower-case hexadecimal digits.
    pub fn sign(&self, string_to_sign: &[u8]) -> [u8; 64] {
        let digest: [u8; 32] = self.mac.clone().chain_update(string_to_sign).finalize().into_bytes().into();
        hex_digits(&digest)
    }

    pub fn verify(&self, string_to_sign: &[u8], signature: &[u8]) -> bool {
        self.sign(string_to_sign)[..].ct_eq(signature).into()
    }
}

pub fn hex_digits(digest: &[u8; 32]) -> [u8; 64] {
    let mut digits = [0; 64];
    hex::encode_to_slice(digest, &mut digits).expect("64 digits hold 32 bytes");
    digits
}

#[derive(Debug, PartialEq, Eq)]
struct Name {
    access_key: Box<str>,
    day: Box<str>,
    region: Box<str>,
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&*self.access_key, &*self.day, &*self.region).hash(state);
    }
}

struct NameRef<'a>(&'a Scope<'a>);

impl Hash for NameRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0.access_key, self.0.day, self.0.region).hash(state);
    }
}

impl Equivalent<Name> for NameRef<'_> {
    fn equivalent(&self, name: &Name) -> bool {
        *name.access_key == *self.0.access_key && *name.day == *self.0.day && *name.region == *self.0.region
    }
}

/// The keys in use.
#[derive(Debug)]
pub struct SigningKeys(Cache<Name, Arc<SigningKey>>);

impl Default for SigningKeys {
    fn default() -> Self {
        Self(Cache::new(limits::SIGNING_KEYS_MAX))
    }
}

impl SigningKeys {
    /// The key by which `verified` holds, where it does.
    pub fn verify(
        &self,
        scope: &Scope<'_>,
        secret: &Secret,
        verified: impl FnOnce(&SigningKey) -> bool,
    ) -> Option<Arc<SigningKey>> {
        if let Some(key) = self.0.get(&NameRef(scope))
            && key.secret == *secret
        {
            return verified(&key).then_some(key);
        }
        let key = SigningKey::new(secret, scope.day, scope.region);
        if !verified(&key) {
            return None;
        }
        let key = Arc::new(key);
        let name = Name { access_key: scope.access_key.into(), day: scope.day.into(), region: scope.region.into() };
        self.0.insert(name, Arc::clone(&key));
        Some(key)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
