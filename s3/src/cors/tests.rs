//! Patterns, and the headers that a rule gives.

use http::HeaderMap;
use trefoil_core::objects::{CorsConfiguration, CorsRule};

use super::{allow, find, fits};

#[test]
fn a_star_stands_for_any_text() {
    for (pattern, text, expected) in [
        ("*", "http://a", true),
        ("*suffix", "foo.suffix", true),
        ("*suffix", "foo.suffix.get", false),
        ("start*end", "startend", true),
        ("start*end", "start1end", true),
        ("start*end", "0start1end", false),
        ("ab*ba", "aba", false),
        ("http://a", "http://a", true),
        ("http://a", "http://A", false),
    ] {
        assert_eq!(fits(pattern, text, false), expected, "{pattern} {text}");
    }
    assert!(fits("X-Amz-*", "x-amz-meta-a", true));
}

fn rule(origin: &str, method: &str, headers: &[&str]) -> CorsRule {
    CorsRule {
        allowed_origins: vec![origin.into()],
        allowed_methods: vec![method.into()],
        allowed_headers: headers.iter().map(|&name| name.into()).collect(),
        expose_headers: vec!["ETag".into(), "x-amz-meta-a".into()],
        max_age_seconds: Some(300),
        ..CorsRule::default()
    }
}

#[test]
fn the_first_rule_that_fits_decides() {
    let rules = CorsConfiguration { rules: vec![rule("*.put", "PUT", &["x-a*"]), rule("*", "GET", &[])] };
    assert_eq!(find(&rules, "a.put", "PUT", Some("X-Abc, x-a")), rules.rules.first());
    assert_eq!(find(&rules, "a.put", "PUT", Some("x-b")), None);
    assert_eq!(find(&rules, "a.put", "GET", None), rules.rules.get(1));
    assert_eq!(find(&rules, "a.put", "GET", Some("x-a")), None);
    assert_eq!(find(&rules, "a.get", "PUT", None), None);
}

#[test]
fn headers_are_exact() {
    let mut headers = HeaderMap::new();
    allow(&rule("http://a", "PUT", &["*"]), "http://a", Some("X-One,x-two"), &mut headers);
    let get = |name: &str| headers.get(name).map(|value| value.to_str().expect("text").to_owned());
    assert_eq!(get("access-control-allow-origin").as_deref(), Some("http://a"));
    assert_eq!(get("access-control-allow-methods").as_deref(), Some("PUT"));
    assert_eq!(get("access-control-allow-headers").as_deref(), Some("x-one, x-two"));
    assert_eq!(get("access-control-expose-headers").as_deref(), Some("ETag, x-amz-meta-a"));
    assert_eq!(get("access-control-max-age").as_deref(), Some("300"));
    assert_eq!(get("access-control-allow-credentials").as_deref(), Some("true"));
    assert_eq!(get("vary").as_deref(), Some("Origin, Access-Control-Request-Headers, Access-Control-Request-Method"));
    let mut headers = HeaderMap::new();
    allow(&rule("*", "GET", &[]), "http://a", None, &mut headers);
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert!(!headers.contains_key("access-control-allow-credentials"));
    assert!(!headers.contains_key("access-control-allow-headers"));
}
