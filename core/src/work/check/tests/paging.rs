//! A large directory.

use super::*;
use crate::limits::LIST_FETCH_MAX;
use crate::work::tests::{Asked, Spy};

#[tokio::test]
async fn a_directory_is_looked_at_a_page_at_a_time() {
    let fixture = Fixture::new().await;
    let count = 2 * LIST_FETCH_MAX + 10;
    for number in 0..count {
        fixture.put(&format!("d/{number}"), &bytes(1, 1)).await;
    }
    let spy = Spy::on(fixture.store.clone());
    let service = fixture.service_over(spy.clone(), fixture.data.clone());
    let report = check(&service, false, &Progress::default()).await.unwrap();
    assert!(report.is_clean());
    assert_eq!(report.objects, count as u64);
    // Names that were fetched, and not looked at before more were fetched.
    let (mut held, mut most) = (0, 0);
    let walk = spy.asked().into_iter().take_while(|asked| !matches!(asked, Asked::Scan(start, _) if start == b"U"));
    for asked in walk {
        match asked {
            // The first page of a directory: what was fetched of the one above was looked at.
            Asked::Scan(start, found) if start.starts_with(b"D") && start.len() == 9 => held = found,
            Asked::Scan(start, found) if start.starts_with(b"D") => held += found,
            Asked::Scan(..) => {}
            Asked::Get => held = 0,
        }
        most = most.max(held);
    }
    assert!((1..=LIST_FETCH_MAX).contains(&most), "{most} of {count} names held at once");
}
