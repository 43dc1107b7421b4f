//! What only a setting allows, or asks for: each suite has a server of its own with it.
//!
//! Always holds: what is accepted with a setting is refused without it, in the cases of the default server.

use serde_json::json;
use trefoil_tests::form::Form;
use trefoil_tests::request::Auth;
use trefoil_tests::{Key, Suite, case};

use super::pages;

/// With `sigv2 = true`.
const SIGNATURE_VERSION_2: &[Suite] = &[Suite {
    operation: "Signature version 2",
    cases: &[
        case("a_header", pages::SIGV2, |t| {
            let by = |key: Key| move |request: &mut trefoil_tests::Request| request.auth = Auth::HeaderV2(key);
            t.put("/{b}/d/k%20y").change(by(t.key())).with("x-amz-meta-a", "1").body("x").is(200);
            t.get("/{b}/d/k%20y").change(by(t.key())).is(200).holds("x").has("x-amz-meta-a", "1");
            t.get("/{b}?acl").change(by(t.key())).is(200).shows("Owner/ID", &t.main().id);
            t.get("/{b}?list-type=2").change(by(t.key())).is(200).lists("Contents/Key", &["d/k y"]);
            let wrong = Key::new(t.key().id, "wrong");
            t.get("/{b}/d/k%20y").change(by(wrong)).fails(403, "SignatureDoesNotMatch");
            t.get("/{b}").change(by(Key::new("AKIANOBODY0000000000", "x"))).fails(403, "InvalidAccessKeyId");
        }),
        case("a_header_that_was_changed", pages::SIGV2, |t| {
            let by = |request: &mut trefoil_tests::Request| request.auth = Auth::HeaderV2(t.key());
            let signed = || t.put("/{b}/k").change(by).with("x-amz-meta-a", "1").body("x");
            signed()
                .broken(|wire| {
                    wire.set("x-amz-meta-a", "2");
                })
                .fails(403, "SignatureDoesNotMatch");
            signed().broken(|wire| wire.target.push('2')).fails(403, "SignatureDoesNotMatch");
            signed().broken(|wire| wire.method = "GET".into()).fails(403, "SignatureDoesNotMatch");
            t.get("/{b}").is(200).omits("Contents");
        }),
        case("a_clock_that_is_off", pages::SIGV2, |t| {
            let at = |seconds: i64| {
                t.get("/{b}").change(move |request| {
                    request.auth = Auth::HeaderV2(t.key());
                    request.at += time::Duration::seconds(seconds);
                })
            };
            at(800).is(200);
            at(1000).fails(403, "RequestTimeTooSkewed");
            at(-1000).fails(403, "RequestTimeTooSkewed");
        }),
        case("a_presigned_url", pages::SIGV2, |t| {
            t.object("k", "x");
            let url = |key: Key, seconds: i64| {
                t.get("/{b}/k?response-content-type=text/css")
                    .change(move |request| request.auth = Auth::PresignedV2(key, seconds))
            };
            url(t.key(), 60).is(200).holds("x").has("content-type", "text/css");
            url(t.key(), -1).fails(403, "AccessDenied");
            url(Key::new(t.key().id, "wrong"), 60).fails(403, "SignatureDoesNotMatch");
        }),
        case("a_form", pages::SIGV2, |t| {
            let form = |key: &Key| {
                let conditions = vec![json!({"bucket": t.bucket}), json!(["starts-with", "$key", ""])];
                Form::plain("k", b"x").signed_v2(key, conditions)
            };
            t.form(&form(&Key::new(t.key().id, "wrong"))).fails(403, "SignatureDoesNotMatch");
            t.head("/{b}/k").is(404);
            t.form(&form(&t.key())).is(204);
            t.get("/{b}/k").is(200).holds("x");
        }),
    ],
}];

/// With `region_strict = true`, in the region that is the default.
const REGION: &[Suite] = &[Suite {
    operation: "Region",
    cases: &[
        case("in_a_header", pages::SIGV4_HEADER, |t| {
            t.get("/{b}").is(200);
            let elsewhere = t.get("/{b}").change(|request| request.region = "eu-west-9".into());
            elsewhere.fails(400, "AuthorizationHeaderMalformed").shows("Region", "us-east-1");
        }),
        case("in_a_presigned_url", pages::SIGV4_QUERY, |t| {
            t.get("/{b}").presigned(60).is(200);
            let elsewhere = t.get("/{b}").presigned(60).change(|request| request.region = "eu-west-9".into());
            elsewhere.fails(400, "AuthorizationQueryParametersError").shows("Region", "us-east-1");
        }),
        case("in_a_form", pages::POST_POLICY, |t| {
            let mut scope = t.get("/").request.scope();
            let conditions = json!([{"bucket": t.bucket}, ["starts-with", "$key", ""], ["starts-with", "$x-amz-credential", ""],
                                    ["starts-with", "$x-amz-date", ""], ["starts-with", "$x-amz-algorithm", ""]]);
            let policy =
                json!({"expiration": trefoil_tests::form::expiration(600), "conditions": conditions}).to_string();
            t.form(&Form::plain("here", b"x").with_policy(&t.key(), &scope, &policy)).is(204);
            scope.region = "eu-west-9".into();
            t.form(&Form::plain("elsewhere", b"x").with_policy(&t.key(), &scope, &policy))
                .fails(400, "InvalidArgument");
            t.get("/{b}").is(200).lists("Contents/Key", &["here"]);
        }),
    ],
}];

/// The settings and what is run with each.
pub const ALL: [(&str, &[Suite]); 2] =
    [("TREFOIL_S3_SIGV2", SIGNATURE_VERSION_2), ("TREFOIL_S3_REGION_STRICT", REGION)];
