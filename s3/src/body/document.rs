//! Reading a document (XML) whole: its bytes are compared with every digest sent before anything looks into them.
//!
//! Always holds: at most [`limits::XML_BYTES_MAX`] a document, [`limits::XML_TOTAL_BYTES_MAX`] in all; a request waits for room
//! before its body is asked for.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use http::{HeaderMap, StatusCode};
use tokio::sync::{Semaphore, SemaphorePermit};
use trefoil_core::error::Error;

use super::decoded::Decoded;
use super::digests;
use super::framing::Framing;
use crate::auth::Payload;
use crate::error::Failure;
use crate::limits;

const KIB: u64 = 1024;

fn too_long() -> Failure {
    let message = "Your request was too big.";
    Failure::new(StatusCode::BAD_REQUEST, "MaxMessageLengthExceeded", message)
        .with("MaxMessageLengthBytes", limits::XML_BYTES_MAX)
}

/// `room` has a permit for each KiB; those of the document are given back with its permit.
pub async fn read_document<'a, S: Stream<Item = Result<Bytes, Error>> + Unpin>(
    wire: S,
    framing: Framing,
    payload: Payload,
    headers: &HeaderMap,
    room: &'a Semaphore,
) -> Result<(Bytes, SemaphorePermit<'a>), Failure> {
    let max = limits::XML_BYTES_MAX as u64;
    let length = framing.length().unwrap_or(max);
    if length > max {
        return Err(too_long());
    }
    let permits = u32::try_from(length.div_ceil(KIB)).map_err(|_| too_long())?;
    // Closed never: the error can't come.
    let permit =
        room.acquire_many(permits).await.map_err(|_| Failure::from(Error::Unavailable("shutting down".to_owned())))?;
    let trailer = framing.trailer();
    let mut body = Decoded::new(wire, framing);
    let mut whole = BytesMut::new();
    while let Some(piece) = body.next().await {
        let piece = piece?;
        if (whole.len() + piece.len()) as u64 > max {
            return Err(too_long());
        }
        whole.extend_from_slice(&piece);
    }
    digests::check(headers, payload, trailer.as_ref(), &whole)?;
    Ok((whole.freeze(), permit))
}
