//! CORS rules that S3 takes and refuses.

use super::*;

fn rule() -> CorsRule {
    CorsRule {
        id: Some("one".into()),
        allowed_origins: vec!["https://*.example.com".into()],
        allowed_methods: vec!["GET".into(), "HEAD".into()],
        allowed_headers: vec!["x-amz-*".into()],
        expose_headers: vec!["ETag".into()],
        max_age_seconds: Some(3000),
    }
}

fn check(rules: Vec<CorsRule>) -> Result<()> {
    CorsConfiguration { rules }.check()
}

#[test]
fn what_a_rule_may_not_say_is_an_invalid_request() {
    check(vec![rule(); CORS_RULES_MAX]).expect("valid");
    let refused = |change: fn(&mut CorsRule)| {
        let mut rule = rule();
        change(&mut rule);
        assert!(matches!(check(vec![rule.clone()]), Err(Error::InvalidRequest(_))), "{rule:?}");
    };
    refused(|rule| rule.allowed_methods = vec!["PATCH".into()]);
    refused(|rule| rule.allowed_origins = vec!["*.a.*".into()]);
    refused(|rule| rule.allowed_headers = vec!["**".into()]);
    refused(|rule| rule.expose_headers = vec!["x-*".into()]);
    refused(|rule| rule.expose_headers = vec!["a\r\nX-Injected: yes".into()]);
    refused(|rule| rule.expose_headers = vec![String::new()]);
    refused(|rule| rule.expose_headers = vec!["a b".into()]);
    refused(|rule| rule.expose_headers = vec!["\u{e9}".into()]);
    assert!(matches!(check(vec![rule(); CORS_RULES_MAX + 1]), Err(Error::InvalidRequest(_))));
}

#[test]
fn what_lacks_something_is_malformed() {
    assert!(matches!(check(Vec::new()), Err(Error::MalformedConfiguration(_))));
    let malformed = |change: fn(&mut CorsRule)| {
        let mut rule = rule();
        change(&mut rule);
        assert!(matches!(check(vec![rule.clone()]), Err(Error::MalformedConfiguration(_))), "{rule:?}");
    };
    malformed(|rule| rule.allowed_origins.clear());
    malformed(|rule| rule.allowed_methods.clear());
    malformed(|rule| rule.id = Some("x".repeat(CORS_ID_CHARS_MAX + 1)));
}
