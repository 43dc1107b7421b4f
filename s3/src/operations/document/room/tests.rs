//! Room that is taken, waited for and given back.

use std::sync::Arc;

use futures::FutureExt as _;
use trefoil_core::types::{Account, AccountId, Principal};

use super::Rooms;
use crate::limits::{XML_ROOM_STEP_BYTES, XML_ROOM_TIMEOUT, XML_STRANGERS_BYTES_MAX, XML_TOTAL_BYTES_MAX};

fn account() -> Principal {
    Principal::Account(Arc::new(Account {
        id: AccountId([7; 32]),
        name: "a".into(),
        display_name: "a".into(),
        email: None,
        is_root: false,
    }))
}

#[tokio::test(start_paused = true)]
async fn strangers_take_nothing_from_accounts_and_nobody_waits_for_ever() {
    let rooms = Rooms::default();
    let mut greedy = rooms.enter(&Principal::Anonymous);
    greedy.grow(XML_STRANGERS_BYTES_MAX).await.expect("room");
    let mut beyond = rooms.enter(&Principal::Anonymous);
    beyond.grow(1).now_or_never().expect("at once").expect("one goes on without");
    let mut other = rooms.enter(&Principal::Anonymous);
    let before = tokio::time::Instant::now();
    let failure = other.grow(1).await.expect_err("full");
    assert_eq!((failure.status.as_u16(), &*failure.code), (503, "SlowDown"));
    assert_eq!(before.elapsed(), XML_ROOM_TIMEOUT);
    rooms.enter(&account()).grow(XML_TOTAL_BYTES_MAX).now_or_never().expect("at once").expect("room");
    drop(greedy);
    rooms.enter(&Principal::Anonymous).grow(1).now_or_never().expect("at once").expect("room");
}

#[tokio::test(start_paused = true)]
async fn room_is_taken_in_steps() {
    let rooms = Rooms::default();
    let mut small = rooms.enter(&account());
    for _ in 0..XML_ROOM_STEP_BYTES {
        small.grow(1).await.expect("room");
    }
    let mut rest = rooms.enter(&account());
    rest.grow(XML_TOTAL_BYTES_MAX - XML_ROOM_STEP_BYTES).now_or_never().expect("one step is taken").expect("room");
    assert!(small.beyond.is_none() && rest.beyond.is_none());
    rest.grow(1).now_or_never().expect("at once").expect("the first goes on without");
    small.grow(1).await.expect_err("and nobody else");
}

/// Those which hold all of the room between them, and each need more, all come to their end.
#[tokio::test(start_paused = true)]
async fn those_which_wait_for_each_other_go_on() {
    let rooms = Rooms::default();
    let half = XML_TOTAL_BYTES_MAX / 2;
    let (mut one, mut two) = (rooms.enter(&account()), rooms.enter(&account()));
    one.grow(half).await.expect("room");
    two.grow(half).await.expect("room");
    let first = async {
        one.grow(half).await.expect("goes on");
        tokio::time::sleep(XML_ROOM_TIMEOUT / 2).await;
        drop(one);
    };
    let second = async { two.grow(half).await.expect("once the other is done") };
    tokio::join!(first, second);
}
