//! Chance, as everything below a door sees it.
//!
//! Always holds (T12): nothing in `core` draws random bytes except through [`Random`]; secrets are drawn from the
//! operating system only.

use std::fmt::Debug;
use std::sync::Mutex;

/// A source of unpredictable bytes.
pub trait Random: Send + Sync + Debug + 'static {
    fn fill(&self, bytes: &mut [u8]);

    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// The operating system's generator: fit for secrets.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // getrandom(2) fails only before the kernel's pool is ready or where the call is forbidden; neither leaves a
        // server that could make keys, so there is nothing to go on with.
        getrandom::fill(bytes).expect("the operating system gives no random bytes (getrandom failed)");
    }
}

/// A seeded generator (SplitMix64): a test that names its seed can be replayed. Never for secrets.
#[derive(Debug)]
pub struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}
