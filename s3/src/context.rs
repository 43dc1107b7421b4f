//! What the front of the door found out about a request, handed to the operations beside it.
//!
//! Always holds: an operation runs only with an [`AuthContext`]: signature, times and payload framing were checked before, and a request without credentials is [`Principal::Anonymous`].

use std::sync::{Arc, OnceLock};

use http::HeaderValue;
use trefoil_core::content::TrailerSlot;
use trefoil_core::types::{ChecksumAlgorithm, Principal};

#[derive(Clone, Debug)]
pub struct AuthContext {
    pub principal: Principal,
    /// `x-amz-content-sha256` of a payload signed in one piece, still to be compared with a streamed body.
    pub expected_sha256: Option<[u8; 32]>,
    /// The checksum that `x-amz-trailer` announced, and where the body's decoder leaves it.
    pub trailer: Option<(ChecksumAlgorithm, TrailerSlot)>,
    pub request_id: String,
    /// `x-amz-id-2`.
    pub host_id: HeaderValue,
    /// Whether the client named the bucket in its host.
    pub virtual_host: bool,
    /// Where an operation that fails leaves what its error document says beside code and message.
    pub details: ErrorDetails,
}

/// Elements of an error document beside Code, Message, Resource, RequestId and HostId, in their order. Written once by the
/// operation that fails, read by the layer that renders the document; clones share it.
#[derive(Clone, Debug, Default)]
pub struct ErrorDetails(Arc<OnceLock<Vec<(&'static str, String)>>>);

impl ErrorDetails {
    /// Keeps the first that is set: a request has one error.
    pub fn set(&self, elements: Vec<(&'static str, String)>) {
        // A second failure of one request can't be answered, so there is nothing to do with it.
        let _ = self.0.set(elements);
    }

    pub fn get(&self) -> &[(&'static str, String)] {
        self.0.get().map_or(&[], Vec::as_slice)
    }
}
