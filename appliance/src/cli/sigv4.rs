//! Signature Version 4 in the header, for a client that signs a hundred thousand requests a second
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).
//!
//! Always holds: the signing key is derived once a day and the date is formatted once a second; a request costs one SHA-256 of its
//! canonical form and one HMAC. Paths and queries must come encoded and sorted.

#[cfg(test)]
mod tests;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

type HmacSha256 = Hmac<Sha256>;

/// SHA-256 of nothing.
pub const EMPTY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const SIGNED_HEADERS: &str = "host;x-amz-content-sha256;x-amz-date";

pub struct Signer {
    access_key_id: String,
    secret: String,
    region: String,
    host: String,
    /// The second that the fields below were made for.
    second: u64,
    /// `20261123T085041Z`
    date: String,
    /// `20261123/us-east-1/s3/aws4_request`
    scope: String,
    /// Keyed with the day's signing key.
    keyed: HmacSha256,
    canonical: Vec<u8>,
}

impl Signer {
    pub fn new(access_key_id: &str, secret: &str, region: &str, host: &str, now: u64) -> Self {
        let mut signer = Self {
            access_key_id: access_key_id.to_owned(),
            secret: secret.to_owned(),
            region: region.to_owned(),
            host: host.to_owned(),
            second: now,
            date: String::new(),
            scope: String::new(),
            keyed: hmac(b""),
            canonical: Vec::with_capacity(1024),
        };
        signer.derive();
        signer
    }

    /// Sets the time to sign for, in seconds since 1970.
    pub fn at(&mut self, now: u64) {
        if now != self.second {
            self.second = now;
            self.derive();
        }
    }

    fn derive(&mut self) {
        let date = amz_date(self.second);
        if self.date.get(..8) != date.get(..8) {
            let day = &date[..8];
            let mut key = mac(hmac(format!("AWS4{}", self.secret).as_bytes()), day.as_bytes());
            for step in [self.region.as_str(), "s3", "aws4_request"] {
                key = mac(hmac(&key), step.as_bytes());
            }
            self.keyed = hmac(&key);
            self.scope = format!("{day}/{}/s3/aws4_request", self.region);
        }
        self.date = date;
    }

    /// The signature in hexadecimal.
    fn signature(&mut self, method: &str, path: &str, query: &str, hash: &str) -> [u8; 64] {
        let canonical = &mut self.canonical;
        canonical.clear();
        for piece in [method, "\n", path, "\n", query, "\nhost:", &self.host, "\nx-amz-content-sha256:", hash] {
            canonical.extend_from_slice(piece.as_bytes());
        }
        for piece in ["\nx-amz-date:", &self.date, "\n\n", SIGNED_HEADERS, "\n", hash] {
            canonical.extend_from_slice(piece.as_bytes());
        }
        let mut digest = [0; 64];
        hex_into(&Sha256::digest(&*canonical), &mut digest);
        canonical.clear();
        for piece in ["AWS4-HMAC-SHA256\n", &self.date, "\n", &self.scope, "\n"] {
            canonical.extend_from_slice(piece.as_bytes());
        }
        canonical.extend_from_slice(&digest);
        hex_into(&mac(self.keyed.clone(), canonical), &mut digest);
        digest
    }

    /// The values of x-amz-date and authorization, for a request that sends its head in another way.
    pub fn authorization(&mut self, method: &str, path: &str, query: &str, hash: &str) -> (String, String) {
        let signature = self.signature(method, path, query, hash);
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={SIGNED_HEADERS},Signature={}",
            self.access_key_id,
            self.scope,
            String::from_utf8_lossy(&signature)
        );
        (self.date.clone(), value)
    }

    /// Appends the whole head of a request to `head`, signed, with its empty line.
    pub fn head(
        &mut self,
        head: &mut Vec<u8>,
        method: &str,
        path: &str,
        query: &str,
        hash: &str,
        length: Option<usize>,
    ) {
        let digest = self.signature(method, path, query, hash);
        let mark = if query.is_empty() { "" } else { "?" };
        for piece in [method, " ", path, mark, query, " HTTP/1.1\r\nhost: ", &self.host] {
            head.extend_from_slice(piece.as_bytes());
        }
        for piece in ["\r\nx-amz-date: ", &self.date, "\r\nx-amz-content-sha256: ", hash] {
            head.extend_from_slice(piece.as_bytes());
        }
        for piece in ["\r\nauthorization: AWS4-HMAC-SHA256 Credential=", &self.access_key_id, "/", &self.scope] {
            head.extend_from_slice(piece.as_bytes());
        }
        for piece in [",SignedHeaders=", SIGNED_HEADERS, ",Signature="] {
            head.extend_from_slice(piece.as_bytes());
        }
        head.extend_from_slice(&digest);
        if let Some(length) = length {
            head.extend_from_slice(b"\r\ncontent-length: ");
            head.extend_from_slice(length.to_string().as_bytes());
        }
        head.extend_from_slice(b"\r\n\r\n");
    }
}

/// SHA-256 in hexadecimal.
pub fn hash_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn hmac(key: &[u8]) -> HmacSha256 {
    // HMAC takes keys of every length (RFC 2104).
    HmacSha256::new_from_slice(key).expect("HMAC takes any key")
}

fn mac(mut keyed: HmacSha256, bytes: &[u8]) -> [u8; 32] {
    keyed.update(bytes);
    keyed.finalize().into_bytes().into()
}

fn hex_into(bytes: &[u8], text: &mut [u8; 64]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

fn amz_date(second: u64) -> String {
    let instant = i64::try_from(second).ok().and_then(|second| time::OffsetDateTime::from_unix_timestamp(second).ok());
    let now = instant.unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        now.year(),
        u8::from(now.month()),
        now.day(),
        now.hour(),
        now.minute(),
        now.second()
    )
}
