//! Request ids: `x-amz-request-id` and `x-amz-id-2`.
//!
//! Always holds: ids of one process differ; ids of two processes differ with near certainty. They say nothing and protect nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use http::HeaderValue;
use trefoil_core::random::Random;

/// Gives each request its id.
#[derive(Debug)]
pub struct RequestIds {
    seed: u64,
    next: AtomicU64,
    host_id: HeaderValue,
}

impl RequestIds {
    pub fn new(random: &dyn Random) -> Self {
        let mut host = [0; 48];
        random.fill(&mut host);
        let host_id = base64::engine::general_purpose::STANDARD.encode(host);
        let host_id = HeaderValue::from_str(&host_id).unwrap_or(HeaderValue::from_static("trefoil"));
        Self { seed: random.next_u64(), next: AtomicU64::new(random.next_u64()), host_id }
    }

    /// 16 digits, as AWS has them.
    pub fn next(&self) -> String {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        // A bijection of the counter (odd multiplier, xor), so that ids do not repeat and do not look like a count.
        let id = count.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.seed;
        format!("{id:016X}")
    }

    /// The same for the process's life: which server answered.
    pub fn host_id(&self) -> &HeaderValue {
        &self.host_id
    }
}
