//! Work that does not end in time.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::{Hanging, Refused};

#[tokio::test]
async fn what_hangs_is_waited_for_once_and_in_vain() {
    let hanging = Hanging::default();
    let (slow, other) = (Path::new("/slow"), Path::new("/other"));
    let (go, wait) = channel::<()>();
    let short = Duration::from_millis(50);
    let late = hanging.wait(slow, short, move || wait.recv()).await;
    assert!(matches!(&late, Err(Refused::Hangs(dir)) if dir == "/slow"), "{late:?}");
    // It is not begun a second time, and keeps nobody from another directory.
    let again = hanging.wait(slow, Duration::from_secs(60), || panic!("not to be begun")).await;
    assert!(matches!(again, Err(Refused::Hangs(_))));
    assert_eq!(hanging.wait(other, Duration::from_secs(60), || 7).await.unwrap(), 7);
    go.send(()).unwrap();
    for _ in 0..200 {
        if let Ok(8) = hanging.wait(slow, Duration::from_secs(60), || 8).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it is still under way");
}
