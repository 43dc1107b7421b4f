//! Versioning state, bucket tags and CORS of a bucket.
//!
//! Always holds: each change is read back.

use trefoil_tests::{Suite, Test, case};

use super::pages;

const TAGS: &str = "<Tagging><TagSet><Tag><Key>cost</Key><Value>1 + 1</Value></Tag><Tag><Key>team</Key><Value>blue</Value>\
                    </Tag></TagSet></Tagging>";

const CORS: &str = "<CORSConfiguration><CORSRule><ID>one</ID><AllowedOrigin>https://*.example.com</AllowedOrigin>\
                    <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>\
                    <AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>\
                    <MaxAgeSeconds>600</MaxAgeSeconds></CORSRule><CORSRule><AllowedOrigin>*</AllowedOrigin>\
                    <AllowedMethod>HEAD</AllowedMethod></CORSRule></CORSConfiguration>";

fn tags(count: usize) -> String {
    let tags: String = (0..count).map(|n| format!("<Tag><Key>k{n}</Key><Value>v</Value></Tag>")).collect();
    format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")
}

fn rule(inner: &str) -> String {
    format!("<CORSConfiguration><CORSRule>{inner}</CORSRule></CORSConfiguration>")
}

/// A preflight, which carries no credentials.
fn preflight<'a>(t: &'a Test, origin: &str, method: &str) -> trefoil_tests::Call<'a> {
    t.call("OPTIONS", "/{b}/k").anonymous().with("origin", origin).with("access-control-request-method", method)
}

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "PutBucketVersioning",
        cases: &[
            case("enabled_and_suspended_are_read_back", pages::PUT_BUCKET_VERSIONING, |t| {
                for state in ["Enabled", "Suspended", "Enabled"] {
                    t.versioning(state);
                    t.get("/{b}?versioning").is(200).shows("Status", state);
                }
            }),
            case("another_state_is_refused", pages::PUT_BUCKET_VERSIONING, |t| {
                t.put("/{b}?versioning")
                    .body("<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>")
                    .fails(400, "MalformedXML");
                t.get("/{b}?versioning").is(200).omits("Status");
            }),
            case("no_state_is_refused", pages::PUT_BUCKET_VERSIONING, |t| {
                t.put("/{b}?versioning")
                    .body("<VersioningConfiguration></VersioningConfiguration>")
                    .fails(400, "IllegalVersioningConfigurationException");
            }),
            case("mfa_delete_is_not_ignored", pages::PUT_BUCKET_VERSIONING, |t| {
                let status = t
                    .put("/{b}?versioning")
                    .body("<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>")
                    .go()
                    .status;
                assert!(status == 501 || status == 403, "{status}");
                t.get("/{b}?versioning").is(200).omits("Status");
            }),
            case("junk_is_refused", pages::PUT_BUCKET_VERSIONING, |t| {
                t.put("/{b}?versioning").body("Enabled").fails(400, "MalformedXML");
            }),
            case("by_another_account", pages::PUT_BUCKET_VERSIONING, |t| {
                t.put("/{b}?versioning")
                    .alt()
                    .body("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
                    .fails(403, "AccessDenied");
                t.get("/{b}?versioning").is(200).omits("Status");
            }),
            case("absent", pages::PUT_BUCKET_VERSIONING, |t| {
                t.put("/{c}?versioning")
                    .body("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
                    .fails(404, "NoSuchBucket");
            }),
        ],
    },
    Suite {
        operation: "GetBucketVersioning",
        cases: &[
            case("is_empty_where_never_set", pages::GET_BUCKET_VERSIONING, |t| {
                t.get("/{b}?versioning").is(200).root("VersioningConfiguration").omits("Status");
            }),
            case("absent", pages::GET_BUCKET_VERSIONING, |t| {
                t.get("/{c}?versioning").fails(404, "NoSuchBucket");
            }),
            case("of_another_account", pages::GET_BUCKET_VERSIONING, |t| {
                t.get("/{b}?versioning").alt().fails(403, "AccessDenied");
            }),
        ],
    },
    Suite {
        operation: "PutBucketTagging",
        cases: &[
            case("replaces_the_set", pages::PUT_BUCKET_TAGGING, |t| {
                t.put("/{b}?tagging").body(tags(3)).md5().is(204);
                t.put("/{b}?tagging").body(TAGS).md5().is(204).holds("");
                let answer = t.get("/{b}?tagging").is(200);
                answer.root("Tagging").lists("TagSet/Tag/Key", &["cost", "team"]);
                answer.lists("TagSet/Tag/Value", &["1 + 1", "blue"]);
            }),
            case("the_same_key_twice_is_refused", pages::PUT_BUCKET_TAGGING, |t| {
                let twice = "<Tagging><TagSet><Tag><Key>k</Key><Value>1</Value></Tag><Tag><Key>k</Key><Value>2</Value></Tag>\
                             </TagSet></Tagging>";
                t.put("/{b}?tagging").body(twice).md5().fails(400, "InvalidTag");
                t.get("/{b}?tagging").fails(404, "NoSuchTagSet");
            }),
            case("fifty_tags_are_allowed_and_fifty_one_not", pages::BUCKET_TAGS, |t| {
                t.put("/{b}?tagging").body(tags(50)).md5().is(204);
                t.put("/{b}?tagging").body(tags(51)).md5().is(400);
                assert_eq!(t.get("/{b}?tagging").is(200).all("TagSet/Tag/Key").len(), 50);
            }),
            case("junk_is_refused", pages::PUT_BUCKET_TAGGING, |t| {
                t.put("/{b}?tagging").body("<Tagging><TagSet>").md5().fails(400, "MalformedXML");
            }),
            case("a_wrong_md5_is_refused", pages::PUT_BUCKET_TAGGING, |t| {
                t.put("/{b}?tagging")
                    .body(TAGS)
                    .with("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")
                    .fails(400, "BadDigest");
                t.get("/{b}?tagging").fails(404, "NoSuchTagSet");
            }),
        ],
    },
    Suite {
        operation: "GetBucketTagging",
        cases: &[
            case("none", pages::GET_BUCKET_TAGGING, |t| {
                t.get("/{b}?tagging").fails(404, "NoSuchTagSet").shows("BucketName", &t.bucket);
            }),
            case("of_another_account", pages::GET_BUCKET_TAGGING, |t| {
                t.get("/{b}?tagging").alt().fails(403, "AccessDenied");
            }),
            case("absent", pages::GET_BUCKET_TAGGING, |t| {
                t.get("/{c}?tagging").fails(404, "NoSuchBucket");
            }),
        ],
    },
    Suite {
        operation: "DeleteBucketTagging",
        cases: &[
            case("removes_the_set_and_succeeds_again", pages::DELETE_BUCKET_TAGGING, |t| {
                t.put("/{b}?tagging").body(TAGS).md5().is(204);
                t.delete("/{b}?tagging").is(204);
                t.get("/{b}?tagging").fails(404, "NoSuchTagSet");
                t.delete("/{b}?tagging").is(204);
            }),
            case("by_another_account", pages::DELETE_BUCKET_TAGGING, |t| {
                t.put("/{b}?tagging").body(TAGS).md5().is(204);
                t.delete("/{b}?tagging").alt().fails(403, "AccessDenied");
                t.get("/{b}?tagging").is(200);
            }),
        ],
    },
    Suite {
        operation: "PutBucketCors",
        cases: &[
            case("is_read_back_whole", pages::PUT_BUCKET_CORS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                let answer = t.get("/{b}?cors").is(200);
                answer.root("CORSConfiguration").lists("CORSRule/ID", &["one"]);
                answer.lists("CORSRule/AllowedOrigin", &["https://*.example.com", "*"]);
                answer.lists("CORSRule/AllowedMethod", &["GET", "PUT", "HEAD"]);
                answer.lists("CORSRule/AllowedHeader", &["x-amz-*"]).lists("CORSRule/ExposeHeader", &["ETag"]);
                answer.lists("CORSRule/MaxAgeSeconds", &["600"]);
            }),
            case("a_method_that_is_none_is_refused", pages::PUT_BUCKET_CORS, |t| {
                let body = rule("<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod>");
                t.put("/{b}?cors").body(body).md5().fails(400, "InvalidRequest");
                t.get("/{b}?cors").fails(404, "NoSuchCORSConfiguration");
            }),
            case("two_wildcards_in_an_origin_are_refused", pages::PUT_BUCKET_CORS, |t| {
                let body = rule("<AllowedOrigin>*.a.*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>");
                t.put("/{b}?cors").body(body).md5().fails(400, "InvalidRequest");
            }),
            case("two_wildcards_in_a_header_are_refused", pages::PUT_BUCKET_CORS, |t| {
                let body = rule(
                    "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*-*</AllowedHeader>",
                );
                t.put("/{b}?cors").body(body).md5().fails(400, "InvalidRequest");
            }),
            case("no_rule_is_refused", pages::PUT_BUCKET_CORS, |t| {
                t.put("/{b}?cors").body("<CORSConfiguration></CORSConfiguration>").md5().fails(400, "MalformedXML");
            }),
            case("a_hundred_rules_are_allowed_and_one_more_not", pages::PUT_BUCKET_CORS, |t| {
                let rule = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
                    .to_owned();
                let document = |count| format!("<CORSConfiguration>{}</CORSConfiguration>", rule.repeat(count));
                t.put("/{b}?cors").body(document(100)).md5().is(200);
                let status = t.put("/{b}?cors").body(document(101)).md5().go().status;
                assert_eq!(status, 400);
                assert_eq!(t.get("/{b}?cors").is(200).all("CORSRule").len(), 100);
            }),
        ],
    },
    Suite {
        operation: "GetBucketCors",
        cases: &[
            case("none", pages::GET_BUCKET_CORS, |t| {
                t.get("/{b}?cors").fails(404, "NoSuchCORSConfiguration").shows("BucketName", &t.bucket);
            }),
            case("of_another_account", pages::GET_BUCKET_CORS, |t| {
                t.get("/{b}?cors").alt().fails(403, "AccessDenied");
            }),
        ],
    },
    Suite {
        operation: "DeleteBucketCors",
        cases: &[case("removes_it_and_succeeds_again", pages::DELETE_BUCKET_CORS, |t| {
            t.put("/{b}?cors").body(CORS).md5().is(200);
            t.delete("/{b}?cors").is(204);
            t.get("/{b}?cors").fails(404, "NoSuchCORSConfiguration");
            t.delete("/{b}?cors").is(204);
            t.get("/{b}").with("origin", "https://a.example.com").is(200).lacks("access-control-allow-origin");
        })],
    },
    Suite {
        operation: "Preflight",
        cases: &[
            case("a_rule_that_fits_answers_for_itself", pages::OPTIONS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                let answer = preflight(t, "https://a.example.com", "PUT")
                    .with("access-control-request-headers", "x-amz-date, X-Amz-Meta-Colour")
                    .is(200);
                answer.has("access-control-allow-origin", "https://a.example.com");
                answer.has("access-control-allow-methods", "GET, PUT");
                answer.has("access-control-max-age", "600").has("access-control-expose-headers", "ETag");
                answer.has("access-control-allow-credentials", "true");
                let allowed = answer.need("access-control-allow-headers").to_ascii_lowercase();
                assert_eq!(allowed.replace(' ', ""), "x-amz-date,x-amz-meta-colour");
                assert!(answer.need("vary").contains("Origin"));
            }),
            case("any_origin_is_answered_with_a_star", pages::OPTIONS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                let answer = preflight(t, "http://elsewhere.test", "HEAD").is(200);
                answer.has("access-control-allow-origin", "*").lacks("access-control-allow-credentials");
            }),
            case("a_method_that_no_rule_has", pages::OPTIONS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                preflight(t, "https://a.example.com", "DELETE").fails(403, "AccessForbidden");
            }),
            case("an_origin_that_no_rule_has", pages::OPTIONS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                preflight(t, "https://example.com.evil.test", "GET").fails(403, "AccessForbidden");
            }),
            case("a_header_that_no_rule_has", pages::OPTIONS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                preflight(t, "https://a.example.com", "GET")
                    .with("access-control-request-headers", "x-amz-date,authorization")
                    .fails(403, "AccessForbidden");
            }),
            case("no_configuration", pages::OPTIONS, |t| {
                preflight(t, "https://a.example.com", "GET").fails(403, "AccessForbidden");
            }),
            case("an_origin_is_needed", pages::OPTIONS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                t.call("OPTIONS", "/{b}/k").anonymous().fails(400, "BadRequest");
            }),
            case("a_request_itself_gets_the_headers", pages::CORS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                t.object("k", "x");
                let answer = t.get("/{b}/k").with("origin", "https://a.example.com").is(200);
                answer.has("access-control-allow-origin", "https://a.example.com").holds("x");
                answer.has("access-control-expose-headers", "ETag");
                t.get("/{b}/k").with("origin", "https://b.test").is(200).lacks("access-control-allow-origin");
                t.get("/{b}/k").is(200).lacks("access-control-allow-origin");
            }),
            case("an_error_gets_the_headers_too", pages::CORS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                let answer = t.get("/{b}/none").with("origin", "https://a.example.com").fails(404, "NoSuchKey");
                answer.has("access-control-allow-origin", "https://a.example.com");
            }),
        ],
    },
];
