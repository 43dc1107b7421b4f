//! What the first start says.

use trefoil_core::access::Secret;

use super::{secret_in, text};
use crate::credentials::{Origin, RootCredentials};
use crate::data_dir::{DataDir, Running};

fn credentials(origin: Origin) -> RootCredentials {
    let secret = Secret::new("hush-hush-hush");
    RootCredentials { access_key_id: "ROOTKEY".into(), secret, origin, warning: None }
}

fn said(origin: Origin, region: &str) -> String {
    let running = Running {
        pid: 1,
        s3: "0.0.0.0:8000".parse().unwrap(),
        admin: "[::]:8001".parse().unwrap(),
        nfs: None,
        version: "0".into(),
    };
    text(&running, &DataDir::new("/d"), &credentials(origin), region, "/opt/trefoil/bin/trefoil".as_ref())
}

#[test]
fn a_secret_that_the_store_keeps_is_shown_and_one_of_the_environment_is_not() {
    for origin in [Origin::Made, Origin::File] {
        let text = said(origin, "us-east-1");
        assert!(text.contains("AWS_SECRET_ACCESS_KEY=hush-hush-hush\n"), "{text}");
        assert!(text.contains("it is kept in /d/root-credentials."), "{text}");
        assert_eq!(secret_in(&DataDir::new("/d"), &credentials(origin)), "/d/root-credentials");
    }
    let text = said(Origin::Environment, "us-east-1");
    assert!(!text.contains("hush") && text.contains("AWS_ACCESS_KEY_ID=ROOTKEY\n"), "{text}");
    assert!(text.contains("AWS_SECRET_ACCESS_KEY=\"$TREFOIL_SECRET_ACCESS_KEY\"\n"), "{text}");
}

#[test]
fn what_is_shown_can_be_used_as_it_stands() {
    let text = said(Origin::Made, "eu-west-3");
    assert!(text.contains("--endpoint-url http://127.0.0.1:8000 s3 mb"), "{text}");
    assert!(text.contains("http://[::1]:8001/_/health/ready"), "{text}");
    assert!(text.contains("AWS_DEFAULT_REGION=eu-west-3\n") && text.contains("--region eu-west-3 "), "{text}");
    assert!(text.contains("export PATH=\"/opt/trefoil/bin:$PATH\""), "{text}");
}
