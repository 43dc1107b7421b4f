//! Pins count, and leave nothing behind.

use super::*;

#[test]
fn a_content_is_pinned_until_its_last_pin_goes() {
    let pins = Pins::new();
    assert!(!pins.is_pinned(7));
    let first = pins.pin(7);
    let second = first.clone();
    let third = pins.clone().pin(7);
    assert!(pins.is_pinned(7) && !pins.is_pinned(7 + PIN_SHARDS as u64));
    drop(first);
    drop(third);
    assert!(pins.is_pinned(7));
    assert_eq!((second.content(), pins.count()), (7, 1));
    drop(second);
    assert!(!pins.is_pinned(7));
    assert_eq!(pins.count(), 0);
}

#[test]
fn threads_leave_no_pin_behind() {
    let pins = Pins::new();
    let held = pins.pin(3);
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let pins = &pins;
            scope.spawn(move || {
                for round in 0..2000u64 {
                    let a = pins.pin(round % 5);
                    let b = pins.pin(u64::MAX - thread);
                    assert!(pins.is_pinned(a.content()) && pins.is_pinned(b.content()) && pins.is_pinned(3));
                }
            });
        }
    });
    assert_eq!(pins.count(), 1);
    drop(held);
    assert_eq!(pins.count(), 0);
}
