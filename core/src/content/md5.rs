//! MD5 (RFC 1321), for ETags and Content-MD5 only: it identifies, it does not protect.
//!
//! Always holds: this is the only place that knows whose MD5 we run. AWS-LC's is hand-written assembly, 0.79 GB/s on a core where
//! the pure Rust one does 0.55 (`examples/hash_rate.rs` measures both), and MD5 bounds every single upload's speed.

use std::mem::MaybeUninit;

use aws_lc_sys::{MD5_CTX, MD5_Final, MD5_Init, MD5_Update};

/// An MD5 under way.
#[derive(Clone)]
pub struct Md5 {
    context: MD5_CTX,
}

impl Md5 {
    pub fn new() -> Self {
        let mut context = MaybeUninit::<MD5_CTX>::zeroed();
        // SAFETY: the pointer is valid for writes, and MD5_CTX is plain numbers, for which all zeroes are a value.
        let context = unsafe {
            MD5_Init(context.as_mut_ptr());
            context.assume_init()
        };
        Self { context }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        // SAFETY: the context was initialized by MD5_Init and holds no pointers, so that moving it is sound; the pointer and the
        // length are those of a slice, and are not kept.
        unsafe { MD5_Update(&mut self.context, bytes.as_ptr().cast(), bytes.len()) };
    }

    pub fn finish(mut self) -> [u8; 16] {
        let mut digest = [0; 16];
        // SAFETY: an initialized context, and room for the 16 bytes that an MD5 has.
        unsafe { MD5_Final(digest.as_mut_ptr(), &mut self.context) };
        digest
    }

    /// The MD5 of bytes that are all there.
    pub fn of(bytes: &[u8]) -> [u8; 16] {
        let mut md5 = Self::new();
        md5.update(bytes);
        md5.finish()
    }
}

impl Default for Md5 {
    fn default() -> Self {
        Self::new()
    }
}
