//! What the first start says.

use trefoil_core::access::Secret;

use super::text;
use crate::credentials::{Origin, RootCredentials};
use crate::data_dir::Running;

fn said(origin: Origin) -> String {
    let running = Running {
        pid: 1,
        s3: "0.0.0.0:8000".parse().unwrap(),
        admin: "[::]:8001".parse().unwrap(),
        version: "0".into(),
    };
    let secret = Secret::new("hush-hush-hush");
    text(&running, &RootCredentials { access_key_id: "ROOTKEY".into(), secret, origin, warning: None })
}

#[test]
fn a_secret_is_shown_only_when_it_was_just_made() {
    assert!(said(Origin::Made).contains("AWS_SECRET_ACCESS_KEY=hush-hush-hush\n"));
    for origin in [Origin::Environment, Origin::File] {
        let text = said(origin);
        assert!(!text.contains("hush") && text.contains("AWS_ACCESS_KEY_ID=ROOTKEY\n"), "{text}");
    }
}

#[test]
fn addresses_can_be_used_as_they_stand() {
    let text = said(Origin::Made);
    assert!(
        text.contains("--endpoint-url http://127.0.0.1:8000 s3 mb")
            && text.contains("http://[::1]:8001/_/health/ready"),
        "{text}"
    );
}
