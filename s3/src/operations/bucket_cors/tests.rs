//! CORS rules between documents and the core.

use s3s::dto::CORSRule;

use super::{from_s3, to_s3};

fn rule() -> CORSRule {
    CORSRule {
        allowed_headers: Some(vec!["x-amz-*".into()]),
        allowed_methods: vec!["GET".into(), "HEAD".into()],
        allowed_origins: vec!["https://*.example.com".into()],
        expose_headers: None,
        id: Some("one".into()),
        max_age_seconds: Some(3000),
    }
}

#[test]
fn a_rule_comes_back_as_it_was() {
    assert_eq!(to_s3(from_s3(rule()).expect("valid")), rule());
}

#[test]
fn a_time_before_now_is_malformed() {
    let negative = CORSRule { max_age_seconds: Some(-1), ..rule() };
    assert_eq!(from_s3(negative).expect_err("negative").code, "MalformedXML");
}
