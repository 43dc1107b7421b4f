//! Guests that wait, and strangers that go.

use futures::FutureExt;

use super::{Place, Places};

fn has_to_go(place: &Place) -> bool {
    place.is_needed().now_or_never().is_some()
}

#[tokio::test]
async fn the_oldest_stranger_gives_way_and_no_guest_does() {
    let places = Places::of(2, 2);
    let mut guests = vec![places.take(false).await, places.take(false).await];
    let (first, second) = (places.take(true).await, places.take(true).await);
    assert!(!has_to_go(&first) && !has_to_go(&second));
    let mut third = Box::pin(places.take(true));
    assert!((&mut third).now_or_never().is_none());
    assert!(has_to_go(&first) && !has_to_go(&second));
    drop(first);
    let third = third.await;
    assert!(third.is_stranger && !has_to_go(&second));
    // One that went by itself is not asked to.
    drop(second);
    let fourth = places.take(true).await;
    let mut fifth = Box::pin(places.take(true));
    assert!((&mut fifth).now_or_never().is_none());
    assert!(has_to_go(&third) && !has_to_go(&fourth));
    // Guests wait for guests.
    let mut guest = Box::pin(places.take(false));
    assert!((&mut guest).now_or_never().is_none());
    assert!(guests.iter().all(|guest| !has_to_go(guest)) && !has_to_go(&fourth));
    drop(guests.pop());
    assert!(!guest.await.is_stranger);
}
