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
                t.put("/{b}?versioning")
                    .body("<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>")
                    .fails(501, "NotImplemented");
                t.get("/{b}?versioning").is(200).omits("Status");
            }),
            case("an_unknown_element_is_refused", pages::PUT_BUCKET_VERSIONING, |t| {
                t.put("/{b}?versioning")
                    .body(
                        "<VersioningConfiguration><Status>Enabled</Status><Prefix>a</Prefix></VersioningConfiguration>",
                    )
                    .fails(400, "MalformedXML");
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
                t.put("/{b}?tagging").body(tags(51)).md5().fails(400, "InvalidTag");
                assert_eq!(t.get("/{b}?tagging").is(200).all("TagSet/Tag/Key").len(), 50);
            }),
            case("junk_is_refused", pages::PUT_BUCKET_TAGGING, |t| {
                t.put("/{b}?tagging").body("<Tagging><TagSet>").md5().fails(400, "MalformedXML");
            }),
            case("the_widest_set_is_kept_whole", pages::BUCKET_TAGS, |t| {
                let wide: String = (0..50)
                    .map(|n| {
                        let (key, value) = ("\u{4e00}".repeat(126), "\u{20000}".repeat(128));
                        format!("<Tag><Key>{n:02}{key}</Key><Value>{value}</Value></Tag>")
                    })
                    .collect();
                let document = format!("<Tagging><TagSet>{wide}</TagSet></Tagging>");
                t.put("/{b}?tagging").body(&document).md5().is(204);
                assert_eq!(t.get("/{b}?tagging").is(200).all("TagSet/Tag/Value"), vec!["\u{20000}".repeat(128); 50]);
                // 129 of these are 258 in UTF-16.
                let wider = document.replacen(&"\u{20000}".repeat(128), &"\u{20000}".repeat(129), 1);
                t.put("/{b}?tagging").body(wider).md5().fails(400, "InvalidTag");
            }),
            case("by_another_account", pages::PUT_BUCKET_TAGGING, |t| {
                t.put("/{b}?tagging").alt().body(TAGS).md5().fails(403, "AccessDenied");
                t.put("/{b}?tagging").anonymous().body(TAGS).md5().fails(403, "AccessDenied");
                t.get("/{b}?tagging").fails(404, "NoSuchTagSet");
            }),
            case("absent", pages::PUT_BUCKET_TAGGING, |t| {
                t.put("/{c}?tagging").body(TAGS).md5().fails(404, "NoSuchBucket");
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
            case("absent", pages::DELETE_BUCKET_TAGGING, |t| {
                t.delete("/{c}?tagging").fails(404, "NoSuchBucket");
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
                t.put("/{b}?cors").body(document(101)).md5().fails(400, "InvalidRequest");
                assert_eq!(t.get("/{b}?cors").is(200).all("CORSRule").len(), 100);
            }),
            case("sixty_four_kilobytes_are_enough_and_one_more_not", pages::PUT_BUCKET_CORS, |t| {
                let document = |bytes: usize| {
                    let rule = rule("<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>");
                    let header = "<AllowedHeader></AllowedHeader>";
                    let text = "h".repeat(bytes - rule.len() - header.len());
                    rule.replace("</CORSRule>", &format!("<AllowedHeader>{text}</AllowedHeader></CORSRule>"))
                };
                t.put("/{b}?cors").body(document(65_537)).md5().fails(400, "MaxMessageLengthExceeded");
                t.get("/{b}?cors").fails(404, "NoSuchCORSConfiguration");
                t.put("/{b}?cors").body(document(65_536)).md5().is(200);
                t.get("/{b}?cors").is(200);
            }),
            case("an_unknown_element_is_refused", pages::PUT_BUCKET_CORS, |t| {
                let body =
                    rule("<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowAll>true</AllowAll>");
                t.put("/{b}?cors").body(body).md5().fails(400, "MalformedXML");
                t.get("/{b}?cors").fails(404, "NoSuchCORSConfiguration");
            }),
            case("a_wrong_md5_is_refused", pages::PUT_BUCKET_CORS, |t| {
                t.put("/{b}?cors").body(CORS).with("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==").fails(400, "BadDigest");
                t.get("/{b}?cors").fails(404, "NoSuchCORSConfiguration");
            }),
            case("by_another_account", pages::PUT_BUCKET_CORS, |t| {
                t.put("/{b}?cors").alt().body(CORS).md5().fails(403, "AccessDenied");
                t.put("/{b}?cors").anonymous().body(CORS).md5().fails(403, "AccessDenied");
                t.get("/{b}?cors").fails(404, "NoSuchCORSConfiguration");
            }),
            case("absent", pages::PUT_BUCKET_CORS, |t| {
                t.put("/{c}?cors").body(CORS).md5().fails(404, "NoSuchBucket");
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
            case("absent", pages::GET_BUCKET_CORS, |t| {
                t.get("/{c}?cors").fails(404, "NoSuchBucket");
            }),
        ],
    },
    Suite {
        operation: "DeleteBucketCors",
        cases: &[
            case("removes_it_and_succeeds_again", pages::DELETE_BUCKET_CORS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                t.delete("/{b}?cors").is(204);
                t.get("/{b}?cors").fails(404, "NoSuchCORSConfiguration");
                t.delete("/{b}?cors").is(204);
                t.get("/{b}").with("origin", "https://a.example.com").is(200).lacks("access-control-allow-origin");
            }),
            case("by_another_account", pages::DELETE_BUCKET_CORS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                t.delete("/{b}?cors").alt().fails(403, "AccessDenied");
                t.get("/{b}?cors").is(200);
            }),
            case("absent", pages::DELETE_BUCKET_CORS, |t| {
                t.delete("/{c}?cors").fails(404, "NoSuchBucket");
            }),
        ],
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
            case("of_a_bucket_that_is_not_there", pages::OPTIONS, |t| {
                let asked = t.call("OPTIONS", "/{c}/k").anonymous().with("origin", "https://a.example.com");
                asked.with("access-control-request-method", "GET").fails(403, "AccessForbidden");
            }),
            case("in_virtual_host_style", pages::VIRTUAL_HOSTS, |t| {
                t.put("/{b}?cors").body(CORS).md5().is(200);
                let host = format!("{}.s3.trefoil.test", t.bucket);
                let at = |call: trefoil_tests::Call<'_>| {
                    call.with("origin", "https://a.example.com").with("host", &host).go()
                };
                let asked = t.call("OPTIONS", "/k").anonymous().with("access-control-request-method", "PUT");
                let answer = at(asked);
                assert_eq!(answer.status, 200, "{}", answer.text());
                answer.has("access-control-allow-origin", "https://a.example.com");
                // An answer to the request itself, good or bad.
                let answer = at(t.put("/k").body("x"));
                assert_eq!(answer.status, 200, "{}", answer.text());
                answer.has("access-control-allow-origin", "https://a.example.com");
                let answer = at(t.get("/none"));
                assert_eq!(answer.status, 404, "{}", answer.text());
                answer.has("access-control-allow-origin", "https://a.example.com");
                t.get("/{b}/k").is(200).holds("x");
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
