//! An entity tag: what identifies a content to a client.
//!
//! Always holds: `Md5` is the MD5 of a content written in one piece, `Multipart` is `md5(md5s of the parts)-count`, and anything
//! else is `Opaque`, which contains a dash, so that no client takes it for an MD5. Shown without quotes by `Display`.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Hash, bincode::Encode, bincode::Decode)]
pub enum ETag {
    Md5([u8; 16]),
    Multipart { digest: [u8; 16], parts: u32 },
    Opaque(String),
}

impl ETag {
    /// Of no bytes.
    pub const EMPTY: Self =
        Self::Md5([0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e]);

    /// Whether a client's text (without quotes) names this tag.
    pub fn is(&self, text: &str) -> bool {
        let mut buffer = [0; 64];
        match self {
            ETag::Opaque(tag) => tag == text,
            _ => self.write_into(&mut buffer).eq_ignore_ascii_case(text),
        }
    }

    fn write_into<'a>(&self, buffer: &'a mut [u8; 64]) -> &'a str {
        use std::io::Write;
        let (digest, parts) = match self {
            ETag::Md5(digest) => (digest, None),
            ETag::Multipart { digest, parts } => (digest, Some(*parts)),
            ETag::Opaque(_) => return "",
        };
        hex::encode_to_slice(digest, &mut buffer[..32]).expect("32 bytes hold 16 in hexadecimal");
        let mut length = 32;
        if let Some(parts) = parts {
            let mut rest = &mut buffer[32..];
            let before = rest.len();
            write!(rest, "-{parts}").expect("32 bytes hold a dash and a u32");
            length += before - rest.len();
        }
        std::str::from_utf8(&buffer[..length]).expect("hexadecimal digits are UTF-8")
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ETag::Opaque(tag) => f.write_str(tag),
            _ => f.write_str(self.write_into(&mut [0; 64])),
        }
    }
}
