//! CORS rules that S3 takes and refuses.

use s3s::dto::CORSRule;

use super::{checked, to_s3};

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
    let kept = checked(vec![rule()]).expect("valid").remove(0);
    assert_eq!(to_s3(kept), rule());
}

#[test]
fn what_can_not_be_has_the_code_of_aws() {
    let refused = |change: fn(&mut CORSRule)| {
        let mut rule = rule();
        change(&mut rule);
        checked(vec![rule]).expect_err("must be refused").code
    };
    assert_eq!(refused(|rule| rule.allowed_methods = vec!["PATCH".into()]), "InvalidRequest");
    assert_eq!(refused(|rule| rule.allowed_origins = vec!["*.a.*".into()]), "InvalidRequest");
    assert_eq!(refused(|rule| rule.allowed_headers = Some(vec!["**".into()])), "InvalidRequest");
    assert_eq!(refused(|rule| rule.expose_headers = Some(vec!["x-*".into()])), "InvalidRequest");
    for header in ["a\r\nX-Injected: yes", "", "a b", "\u{e9}"] {
        let exposing = CORSRule { expose_headers: Some(vec![header.into()]), ..rule() };
        assert_eq!(checked(vec![exposing]).expect_err(header).code, "InvalidRequest");
    }
    assert_eq!(refused(|rule| rule.allowed_origins.clear()), "MalformedXML");
    assert_eq!(refused(|rule| rule.max_age_seconds = Some(-1)), "MalformedXML");
    assert_eq!(checked(Vec::new()).expect_err("no rule").code, "MalformedXML");
    assert_eq!(checked(vec![rule(); 101]).expect_err("too many").code, "InvalidRequest");
}
