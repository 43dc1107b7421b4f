//! Scans of whole ranges of the index, a page at a time.
//!
//! Always holds: no more than one page is held, whatever is done with it. Damage ends a scan, and is told apart from failure.

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::limits::LIST_FETCH_MAX;
use crate::metadata::{Key, Snapshot, keys};

/// Why a range could not be read to its end: its records are damaged where they lie.
#[must_use]
pub(super) struct Unread(pub Option<Error>);

/// Every pair of a range, a page at a time, up to its end or to what is damaged.
pub(super) async fn each(
    snapshot: &dyn Snapshot,
    prefix: &[u8],
    mut visit: impl AsyncFnMut(Key, Bytes) -> Result<()>,
) -> Result<Unread> {
    let end = keys::behind(prefix);
    let mut start = prefix.to_vec();
    loop {
        let page = match snapshot.scan(&start, &end, LIST_FETCH_MAX, false).await.map_err(Error::from) {
            Ok(page) => page,
            Err(error @ Error::Corrupt(_)) => return Ok(Unread(Some(error))),
            Err(error) => return Err(error),
        };
        let full = page.len() == LIST_FETCH_MAX;
        if let Some((last, _)) = page.last() {
            start = [last, &[0][..]].concat();
        }
        for (key, value) in page {
            visit(key, value).await?;
        }
        if !full {
            return Ok(Unread(None));
        }
    }
}
