//! XDR (RFC 4506), as much of it as NFS needs.
//!
//! Always holds: a length is compared with the bytes that are there before anything is made of it, so decoding allocates nothing that was
//! not sent; what does not decode is [`Garbage`], whatever the reason. Lengths written are of values bounded by `limits.rs`.

#[cfg(test)]
mod tests;

use bytes::Bytes;

/// Arguments that do not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Garbage;

/// Reads values one after the other.
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    bytes: &'a Bytes,
    at: usize,
}

/// What is missing behind so many bytes to the next multiple of four.
pub fn padding(length: usize) -> usize {
    length.wrapping_neg() % 4
}

impl<'a> Decoder<'a> {
    pub fn new(bytes: &'a Bytes) -> Self {
        Self { bytes, at: 0 }
    }

    /// Takes `length` bytes and what pads them.
    fn take(&mut self, length: usize) -> Result<std::ops::Range<usize>, Garbage> {
        let left = self.bytes.len() - self.at;
        let padded = length.checked_add(padding(length)).ok_or(Garbage)?;
        if padded > left {
            return Err(Garbage);
        }
        let range = self.at..self.at + length;
        self.at += padded;
        Ok(range)
    }

    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Garbage> {
        let range = self.take(N)?;
        self.bytes[range].try_into().map_err(|_| Garbage)
    }

    pub fn u32(&mut self) -> Result<u32, Garbage> {
        Ok(u32::from_be_bytes(self.fixed()?))
    }

    pub fn u64(&mut self) -> Result<u64, Garbage> {
        Ok(u64::from_be_bytes(self.fixed()?))
    }

    pub fn boolean(&mut self) -> Result<bool, Garbage> {
        match self.u32()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Garbage),
        }
    }

    fn variable(&mut self, max: usize) -> Result<std::ops::Range<usize>, Garbage> {
        let length = usize::try_from(self.u32()?).map_err(|_| Garbage)?;
        if length > max {
            return Err(Garbage);
        }
        self.take(length)
    }

    /// Opaque bytes or a string, at most `max` of them.
    pub fn opaque(&mut self, max: usize) -> Result<&'a [u8], Garbage> {
        let range = self.variable(max)?;
        Ok(&self.bytes[range])
    }

    /// The same, as a part of the record that is not copied.
    pub fn opaque_bytes(&mut self, max: usize) -> Result<Bytes, Garbage> {
        let range = self.variable(max)?;
        Ok(self.bytes.slice(range))
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Everything that was not read yet.
    pub fn rest(self) -> Bytes {
        self.bytes.slice(self.at..)
    }
}

/// Writes values one after the other.
pub trait Encode {
    fn bytes(&mut self, bytes: &[u8]);

    fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    fn boolean(&mut self, value: bool) {
        self.u32(u32::from(value));
    }

    /// Opaque bytes or a string.
    fn opaque(&mut self, bytes: &[u8]) {
        self.u32(length(bytes.len()));
        self.bytes(bytes);
        self.bytes(&[0; 3][..padding(bytes.len())]);
    }
}

impl Encode for Vec<u8> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A length as it is written. None that is bounded by `limits.rs` comes near the end of its range.
pub fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
