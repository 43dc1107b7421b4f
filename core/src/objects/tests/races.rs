//! Requests that meet on the way to their keys.

use super::*;

/// No condition was given, so nobody is told of a conflict: whoever finds the path changed between two reads reads it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn puts_and_gets_below_directories_that_come_and_go_all_succeed() {
    let fixture = Arc::new(Fixture::new().await);
    for round in 0..150 {
        let puts = (0..16).map(|number| {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move {
                let name = format!("d{}/e/k{number}", round % 3);
                fixture.put(&name, &Bytes::from_static(b"x")).await;
                fixture.get(fixture.request(&name)).await.unwrap();
                fixture.delete(&name).await;
            })
        });
        for put in futures::future::join_all(puts).await {
            put.unwrap();
        }
    }
}
