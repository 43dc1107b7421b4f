//! Pace, and what becomes of a body that nobody reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use http_body_util::StreamBody;
use trefoil_core::error::Error;

use super::{Inbound, Pace};
use crate::S3Config;

type Frame = Result<http_body::Frame<Bytes>, std::io::Error>;

/// `count` pieces of `size` bytes, one each `every`; counts what was taken.
fn trickle(
    count: u64,
    size: usize,
    every: Duration,
    taken: Arc<AtomicU64>,
) -> StreamBody<futures::stream::BoxStream<'static, Frame>> {
    let stream = futures::stream::unfold(0, move |at| {
        let taken = Arc::clone(&taken);
        async move {
            if at == count {
                return None;
            }
            tokio::time::sleep(every).await;
            taken.fetch_add(size as u64, Ordering::SeqCst);
            Some((Ok(http_body::Frame::data(Bytes::from(vec![0; size]))), at + 1))
        }
    });
    StreamBody::new(stream.boxed())
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_stops_fails_its_body() {
    let body = trickle(3, 10, Duration::from_secs(19), Arc::default());
    assert_eq!(
        Inbound::new(body, false, Pace::from(&S3Config::default()), Arc::default())
            .filter_map(async |piece| piece.ok())
            .count()
            .await,
        3
    );
    let body = trickle(3, 10, Duration::from_secs(21), Arc::default());
    let pieces: Vec<_> = Inbound::new(body, false, Pace::from(&S3Config::default()), Arc::default()).collect().await;
    assert!(matches!(pieces.as_slice(), [Err(Error::BodyTimeout)]));
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_crawls_fails_its_body() {
    let body = trickle(1000, 100, Duration::from_secs(1), Arc::default());
    let pieces: Vec<_> = Inbound::new(body, false, Pace::from(&S3Config::default()), Arc::default()).collect().await;
    assert!(matches!(pieces.last(), Some(Err(Error::BodyTimeout))), "{}", pieces.len());
    assert!((60..=62).contains(&pieces.len()), "{}", pieces.len());
    let body = trickle(1000, 200, Duration::from_secs(1), Arc::default());
    assert_eq!(
        Inbound::new(body, false, Pace::from(&S3Config::default()), Arc::default())
            .filter_map(async |piece| piece.ok())
            .count()
            .await,
        1000
    );
}

#[tokio::test]
async fn an_error_of_the_wire_is_an_incomplete_body() {
    let broken: Vec<Frame> =
        vec![Ok(http_body::Frame::data(Bytes::from_static(b"a"))), Err(std::io::Error::other("gone"))];
    let body = StreamBody::new(futures::stream::iter(broken).boxed());
    let pieces: Vec<_> = Inbound::new(body, false, Pace::from(&S3Config::default()), Arc::default()).collect().await;
    assert!(matches!(pieces.as_slice(), [Ok(_), Err(Error::IncompleteBody(_))]));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_read_is_drained_but_not_where_it_was_not_asked_for() {
    for (expects_continue, drained) in [(false, 1000), (true, 0)] {
        let taken = Arc::new(AtomicU64::new(0));
        let body = trickle(100, 10, Duration::from_millis(1), Arc::clone(&taken));
        let lingers = Arc::new(AtomicBool::new(false));
        drop(Inbound::new(body, expects_continue, Pace::from(&S3Config::default()), Arc::clone(&lingers)));
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(taken.load(Ordering::SeqCst), drained);
        assert_eq!(lingers.load(Ordering::SeqCst), drained == 0, "the connection of a body that was given up lingers");
    }
    // Bounded in bytes, and in time.
    let (taken, lingers) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    drop(Inbound::new(
        trickle(100, 1 << 20, Duration::from_millis(1), Arc::clone(&taken)),
        false,
        Pace::from(&S3Config::default()),
        Arc::clone(&lingers),
    ));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((taken.load(Ordering::SeqCst), lingers.load(Ordering::SeqCst)), (17 << 20, true));
    let (taken, lingers) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    drop(Inbound::new(
        trickle(100, 10, Duration::from_secs(1), Arc::clone(&taken)),
        false,
        Pace::from(&S3Config::default()),
        Arc::clone(&lingers),
    ));
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert!(taken.load(Ordering::SeqCst) <= 100 && lingers.load(Ordering::SeqCst));
}
