//! What a run does: its operations, its objects, its bodies.
//!
//! Always holds: everything that can be prepared is, before the clock runs; bodies are random, so that no server gains by
//! compressing them. Object `n` always has body `n mod bodies`, so that a GET can be compared.

use trefoil_core::random::{Random, SeededRandom};

use crate::cli::sigv4;

/// Bytes of prepared bodies together, so that a run of 64 MiB objects needs no gigabytes.
const BODIES_BYTES_MAX: usize = 128 << 20;
const BODIES_MAX: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Operation {
    Put,
    Get,
    Head,
    List,
    Delete,
}

impl Operation {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::Head => "head",
            Self::List => "list",
            Self::Delete => "delete",
        }
    }

    pub const fn method(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Get | Self::List => "GET",
            Self::Head => "HEAD",
            Self::Delete => "DELETE",
        }
    }
}

/// One prepared body.
pub struct Body {
    pub bytes: Vec<u8>,
    /// SHA-256 in hexadecimal.
    pub hash: String,
}

pub struct Plan {
    pub bucket: String,
    pub prefix: String,
    pub bodies: Vec<Body>,
    /// Keys in a page of LIST.
    pub page: usize,
    /// Whether every GET is compared with what was put.
    pub compare: bool,
}

impl Plan {
    pub fn body(&self, object: u64) -> &Body {
        let count = self.bodies.len() as u64;
        &self.bodies[usize::try_from(object % count).unwrap_or(0)]
    }

    /// Appends the object's path. Keys need no encoding.
    pub fn path(&self, object: u64, path: &mut String) {
        path.clear();
        path.push('/');
        path.push_str(&self.bucket);
        path.push('/');
        self.key(object, path);
    }

    fn key(&self, object: u64, text: &mut String) {
        use std::fmt::Write;
        text.push_str(&self.prefix);
        // Ten digits keep the keys in the order of their numbers. Writing to a String can't fail.
        let _ = write!(text, "{object:010}");
    }

    /// The query of a page that starts behind the object.
    pub fn list_query(&self, object: u64, query: &mut String) {
        use std::fmt::Write;
        query.clear();
        let prefix = self.prefix.replace('/', "%2F");
        let _ = write!(query, "list-type=2&max-keys={}&prefix={prefix}&start-after={prefix}{object:010}", self.page);
    }
}

/// Random bodies of `size` bytes.
pub fn bodies(size: usize) -> Vec<Body> {
    let count = (BODIES_BYTES_MAX / size.max(1)).clamp(1, BODIES_MAX);
    let random = SeededRandom::new(0x7472_6566_6f69_6c00);
    let body = |_| {
        let mut bytes = vec![0; size];
        random.fill(&mut bytes);
        let hash = sigv4::hash_hex(&bytes);
        Body { bytes, hash }
    };
    (0..count).map(body).collect()
}
