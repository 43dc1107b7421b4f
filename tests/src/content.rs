//! The contents that crash tests write: bytes that say which they are.
//!
//! Always holds: a content begins with its seed and its length, and every later byte follows from these two. So what is read back
//! is recognised without asking anybody what it should be, and a torn, mixed, shortened or stale one is not.

/// Seed and length, little endian.
const HEAD_BYTES: usize = 16;
/// Each run of so many bytes begins with its number and goes on as the seed says: cheap to make, and none is like another.
pub const BLOCK_BYTES: usize = 4096;

/// A content: known by two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    pub seed: u64,
    pub length: usize,
}

impl Content {
    /// The bytes: different for each seed. One too short for its head is not recognised.
    pub fn bytes(self) -> Vec<u8> {
        let start = self.seed.wrapping_mul(0xd6e8_feb8_6659_fd93);
        let word = |index: u64| {
            let word = (start ^ index).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (word ^ (word >> 29)).to_le_bytes()
        };
        let block: Vec<u8> = (0..BLOCK_BYTES as u64 / 8).flat_map(word).collect();
        let mut bytes = Vec::with_capacity(self.length + BLOCK_BYTES);
        for number in 0..self.length.div_ceil(BLOCK_BYTES) as u64 {
            bytes.extend(number.to_le_bytes());
            bytes.extend_from_slice(&block[8..]);
        }
        let head = [self.seed.to_le_bytes(), (self.length as u64).to_le_bytes()].concat();
        if let Some(place) = bytes.get_mut(..HEAD_BYTES) {
            place.copy_from_slice(&head);
        }
        bytes.truncate(self.length);
        bytes
    }
}

/// The contents that stand in `bytes`, one behind the other and nothing else. `None` where anything is not as it was written.
pub fn recognise(mut bytes: &[u8]) -> Option<Vec<Content>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let head = bytes.get(..HEAD_BYTES)?;
        let seed = u64::from_le_bytes(head[..8].try_into().ok()?);
        let length = usize::try_from(u64::from_le_bytes(head[8..].try_into().ok()?)).ok()?;
        if length < HEAD_BYTES {
            return None;
        }
        let content = Content { seed, length };
        if *bytes.get(..length)? != content.bytes() {
            return None;
        }
        found.push(content);
        bytes = &bytes[length..];
    }
    Some(found)
}

/// The bytes of contents one behind the other.
pub fn bytes_of(contents: &[Content]) -> Vec<u8> {
    contents.iter().flat_map(|content| content.bytes()).collect()
}

#[cfg(test)]
mod tests;
