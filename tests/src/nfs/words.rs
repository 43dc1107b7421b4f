//! XDR (RFC 4506), as much as NFS needs.
//!
//! Always holds: opaque data is padded to four bytes; an answer that ends within a value fails the test.

/// Words and opaque data as they are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub Vec<u8>);

impl Words {
    pub fn u32(mut self, word: u32) -> Self {
        self.0.extend(word.to_be_bytes());
        self
    }

    pub fn u64(mut self, word: u64) -> Self {
        self.0.extend(word.to_be_bytes());
        self
    }

    pub fn fixed(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    pub fn opaque(self, bytes: &[u8]) -> Self {
        let mut this = self.u32(u32::try_from(bytes.len()).expect("a length of 32 bits")).fixed(bytes);
        while !this.0.len().is_multiple_of(4) {
            this.0.push(0);
        }
        this
    }
}

/// An answer, read from its front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    bytes: Vec<u8>,
    at: usize,
}

impl Fields {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }

    #[track_caller]
    fn take(&mut self, count: usize) -> &[u8] {
        let from = self.at;
        self.at += count;
        self.bytes.get(from..self.at).unwrap_or_else(|| panic!("the answer is too short: {count} bytes at {from}"))
    }

    #[track_caller]
    pub fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().expect("four bytes"))
    }

    #[track_caller]
    pub fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.take(8).try_into().expect("eight bytes"))
    }

    #[track_caller]
    pub fn opaque(&mut self) -> Vec<u8> {
        let length = usize::try_from(self.u32()).expect("32 bits fit");
        let bytes = self.take(length).to_vec();
        self.take(length.wrapping_neg() % 4);
        bytes
    }

    /// Passes over post_op_attr.
    #[track_caller]
    pub fn skip_attributes(&mut self) {
        if self.u32() == 1 {
            self.take(84);
        }
    }

    #[track_caller]
    pub fn end(&self) {
        assert_eq!(self.at, self.bytes.len(), "more than the answer");
    }
}
