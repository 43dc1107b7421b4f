//! Authentication: signatures in headers, in queries and in chunks, as they are meant to be used. What is broken is in the suite of
//! bad input.
//!
//! Always holds: each accepted form of a signature is seen to be checked, by a wrong one beside it.

use trefoil_tests::request::Auth;
use trefoil_tests::{Key, Payload, Suite, case};

use super::pages;

pub const SUITES: &[Suite] = &[Suite {
    operation: "Authentication",
    cases: &[
        case("a_header", pages::SIGV4_HEADER, |t| {
            t.object("k", "x");
            t.get("/{b}/k").is(200).holds("x");
            t.get("/{b}/k").by(&Key::new(t.key().id, "wrong")).fails(403, "SignatureDoesNotMatch");
        }),
        case("an_unknown_key", pages::SIGV4_AUTH, |t| {
            let answer = t.get("/{b}").by(&Key::new("AKIANOBODY0000000000", "x")).fails(403, "InvalidAccessKeyId");
            answer.shows("AWSAccessKeyId", "AKIANOBODY0000000000");
        }),
        case("a_mismatch_explains_itself", pages::SIGV4_AUTH, |t| {
            let answer = t.get("/{b}").by(&Key::new(t.key().id, "wrong")).fails(403, "SignatureDoesNotMatch");
            answer.shows("AWSAccessKeyId", &t.key().id);
            assert!(answer.one("StringToSign").starts_with("AWS4-HMAC-SHA256\n"));
            assert!(answer.one("CanonicalRequest").starts_with("GET\n/"));
            assert_eq!(answer.one("SignatureProvided").len(), 64);
            assert!(!answer.text().contains(&t.key().secret));
        }),
        case("an_unsigned_payload", pages::SIGV4_HEADER, |t| {
            t.put("/{b}/k").payload(Payload::Unsigned).body("x").is(200);
            t.get("/{b}/k").is(200).holds("x");
        }),
        case("signed_chunks", pages::SIGV4_STREAMING, |t| {
            let body: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
            t.put("/{b}/k").payload(Payload::Chunks(65_536)).body(&body).is(200);
            let answer = t.get("/{b}/k").is(200);
            answer.holds(&body).has("content-length", "200000").lacks("content-encoding");
        }),
        case("signed_chunks_with_nothing_in_them", pages::SIGV4_STREAMING, |t| {
            t.put("/{b}/k").payload(Payload::Chunks(65_536)).is(200);
            t.get("/{b}/k").is(200).holds("");
        }),
        case("the_bodys_own_encoding_stays", pages::SIGV4_STREAMING, |t| {
            t.put("/{b}/k")
                .payload(Payload::Chunks(65_536))
                .with("content-encoding", "aws-chunked,gzip")
                .body("x")
                .is(200);
            t.head("/{b}/k").is(200).has("content-encoding", "gzip");
        }),
        case("a_presigned_get", pages::SIGV4_QUERY, |t| {
            t.object("k", "x");
            t.get("/{b}/k").presigned(60).is(200).holds("x");
            t.get("/{b}/k?response-content-type=text/css").presigned(60).is(200).has("content-type", "text/css");
            t.get("/{b}/k")
                .change(|request| request.auth = Auth::Presigned(Key::new(t.key().id, "wrong"), 60))
                .fails(403, "SignatureDoesNotMatch");
        }),
        case("a_presigned_put", pages::SIGV4_QUERY, |t| {
            t.put("/{b}/k").presigned(60).with("x-amz-meta-a", "1").body("x").is(200);
            t.get("/{b}/k").is(200).holds("x").has("x-amz-meta-a", "1");
        }),
        case("a_presigned_request_carries_headers_as_parameters", pages::SIGV4_QUERY, |t| {
            let carried = "x-amz-meta-a=b%20c&x-amz-tagging=t%3D1&x-amz-acl=public-read";
            t.put(&format!("/{{b}}/k?{carried}")).presigned(60).body("x").is(200);
            t.get("/{b}/k").anonymous().is(200).holds("x").has("x-amz-meta-a", "b c");
            t.head("/{b}/k").is(200).has("x-amz-tagging-count", "1");
            // They are what the header would be: refused where that is refused, and another operation where it makes one.
            t.put("/{b}/k?x-amz-server-side-encryption=aws:kms").presigned(60).body("y").fails(501, "NotImplemented");
            t.put("/{b}/k?x-amz-acl=nobody").presigned(60).body("y").fails(400, "InvalidArgument");
            t.put("/{b}/copy?x-amz-copy-source=/{b}/k").presigned(60).is(200).root("CopyObjectResult");
            t.get("/{b}/copy").is(200).holds("x").has("x-amz-meta-a", "b c");
            // A header that came is signed, too, and stands.
            t.put("/{b}/k?x-amz-meta-a=query").presigned(60).with("x-amz-meta-a", "header").body("y").is(200);
            t.head("/{b}/k").is(200).has("x-amz-meta-a", "header");
            // The SDK for JavaScript signs the checksum of no bytes; what it says of the body counts for nothing, as in S3.
            let checksum = "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32";
            t.put(&format!("/{{b}}/k?{checksum}")).presigned(60).body("z").is(200);
            t.get("/{b}/k").is(200).holds("z");
            // Without a signed URL a parameter is no header.
            t.put("/{b}/plain?x-amz-meta-a=1").body("x").is(200);
            t.head("/{b}/plain").is(200).lacks("x-amz-meta-a");
        }),
        case("where_bytes_go_is_signed", pages::SIGV4_QUERY, |t| {
            t.put("/{b}/k")
                .presigned(60)
                .with("x-trefoil-location", "elsewhere")
                .body("x")
                .change(|request| request.unsigned.push("x-trefoil-location".into()))
                .fails(403, "AccessDenied")
                .shows("HeadersNotSigned", "x-trefoil-location");
        }),
        case("a_presigned_request_lasts_as_long_as_it_says", pages::SIGV4_QUERY, |t| {
            t.object("k", "x");
            let earlier = |seconds: i64| {
                t.get("/{b}/k").presigned(60).change(move |request| request.at -= time::Duration::seconds(seconds))
            };
            earlier(50).is(200);
            let answer = earlier(70).fails(403, "AccessDenied");
            assert!(answer.one("Message").contains("expired"));
        }),
        case("a_presigned_request_lasts_seven_days_at_most", pages::SIGV4_QUERY, |t| {
            t.object("k", "x");
            t.get("/{b}/k").presigned(604_800).is(200);
            t.get("/{b}/k").presigned(604_801).fails(400, "AuthorizationQueryParametersError");
            t.get("/{b}/k").presigned(-1).fails(400, "AuthorizationQueryParametersError");
        }),
        case("a_presigned_request_of_tomorrow", pages::SIGV4_QUERY, |t| {
            t.object("k", "x");
            t.get("/{b}/k")
                .presigned(60)
                .change(|request| request.at += time::Duration::hours(2))
                .fails(403, "AccessDenied");
        }),
        case("a_clock_may_be_fifteen_minutes_off", pages::SIGV4_AUTH, |t| {
            let at =
                |seconds: i64| t.head("/{b}").change(move |request| request.at += time::Duration::seconds(seconds));
            at(-800).is(200);
            at(800).is(200);
            let skewed = |seconds: i64| t.get("/{b}").change(move |r| r.at += time::Duration::seconds(seconds));
            skewed(-1000).fails(403, "RequestTimeTooSkewed").one("ServerTime");
            skewed(1000).fails(403, "RequestTimeTooSkewed").one("RequestTime");
        }),
        case("any_order_of_the_query", pages::SIGV4_HEADER, |t| {
            t.objects(&["a%20b", "a%2Bb"]);
            t.get("/{b}?prefix=a%2B&max-keys=5&list-type=2").is(200).lists("Contents/Key", &["a+b"]);
            t.get("/{b}?max-keys=5&list-type=2&prefix=a%20").is(200).lists("Contents/Key", &["a b"]);
        }),
        case("spaces_in_headers_are_folded", pages::SIGV4_HEADER, |t| {
            t.put("/{b}/k").with("x-amz-meta-a", "  two   spaces  ").body("x").is(200);
            t.head("/{b}/k").is(200);
        }),
        case("a_host_that_is_no_domain_of_ours", pages::VIRTUAL_HOSTS, |t| {
            t.object("k", "x");
            t.get("/{b}/k").change(|request| request.host = Some("some.name.test:8000".into())).is(200).holds("x");
            t.get("/{b}/k").change(|request| request.host = Some("bucket.s3.amazonaws.com".into())).is(200).holds("x");
        }),
        case("a_bucket_in_the_host_of_our_domain", pages::VIRTUAL_HOSTS, |t| {
            t.object("d/k", "x");
            let host = format!("{}.s3.trefoil.test", t.bucket);
            t.get("/d/k").change(|request| request.host = Some(host.clone())).is(200).holds("x");
            t.get("/?list-type=2").change(|request| request.host = Some(host.clone())).is(200).shows("Name", &t.bucket);
            t.get("/{b}/d/k").change(|request| request.host = Some("s3.trefoil.test".into())).is(200).holds("x");
        }),
        case("a_presigned_url_with_the_bucket_in_the_host", pages::VIRTUAL_HOSTS, |t| {
            t.object("d/k", "x");
            let at = |bucket: &str, call: trefoil_tests::Call<'_>| {
                let host = format!("{bucket}.s3.trefoil.test");
                call.presigned(60).change(|request| request.host = Some(host)).go()
            };
            let answer = at(&t.bucket, t.get("/d/k?response-content-type=text/css"));
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.holds("x").has("content-type", "text/css");
            let answer = at(&t.bucket, t.put("/d/n").body("y"));
            assert_eq!(answer.status, 200, "{}", answer.text());
            t.get("/{b}/d/n").is(200).holds("y");
            // The host is signed: a URL for one bucket is none for another.
            let moved = t.get("/d/k").presigned(60).change(|r| r.host = Some(format!("{}.s3.trefoil.test", t.bucket)));
            let other = t.fill("{c}.s3.trefoil.test");
            moved
                .broken(|wire| {
                    wire.set("host", other);
                })
                .fails(403, "SignatureDoesNotMatch");
        }),
        case("an_authorization_that_is_malformed", pages::SIGV4_HEADER, |t| {
            t.get("/{b}")
                .broken(|wire| {
                    wire.reauthorize("SignedHeaders=", "SignedHeader=");
                })
                .fails(400, "AuthorizationHeaderMalformed");
            t.get("/{b}")
                .broken(|wire| {
                    wire.reauthorize("/s3/aws4_request", "/ec2/aws4_request");
                })
                .fails(400, "AuthorizationHeaderMalformed");
            let long = "r".repeat(65);
            t.get("/{b}").change(|request| request.region = long).fails(400, "AuthorizationHeaderMalformed");
        }),
        case("a_token_of_temporary_credentials", pages::SIGV4_AUTH, |t| {
            let answer = t.get("/{b}").with("x-amz-security-token", "made-up").fails(400, "InvalidToken");
            answer.shows("Token-0", "made-up");
            t.get("/{b}?X-Amz-Security-Token=made-up").presigned(60).fails(400, "InvalidToken");
        }),
        case("the_hash_of_the_body_is_needed", pages::SIGV4_HEADER, |t| {
            t.get("/{b}")
                .broken(|wire| {
                    wire.remove("x-amz-content-sha256");
                })
                .fails(400, "InvalidRequest");
        }),
        case("the_old_version_is_refused", pages::SIGV2, |t| {
            t.object("k", "x");
            t.get("/{b}/k").change(|request| request.auth = Auth::HeaderV2(t.key())).fails(400, "InvalidRequest");
            t.get("/{b}/k")
                .change(|request| request.auth = Auth::PresignedV2(t.key(), 60))
                .fails(400, "InvalidRequest");
        }),
        case("any_region_will_do", pages::SIGV4_HEADER, |t| {
            t.get("/{b}").change(|request| request.region = "eu-west-9".into()).is(200);
            t.get("/{b}").presigned(60).change(|request| request.region = "eu-west-9".into()).is(200);
        }),
        case("parameters_are_the_same_in_every_spelling", pages::SIGV4_HEADER, |t| {
            t.object("k", "x");
            t.get("/{b}?%61cl").is(200).root("AccessControlPolicy");
            t.delete("/{b}?%61cl").fails(405, "MethodNotAllowed");
            t.put("/{b}/k?%61cl").with("x-amz-acl", "public-read").is(200);
            t.get("/{b}/k").anonymous().is(200).holds("x");
            t.put("/{b}/n?rename%4Fbject").with("x-amz-rename-source", "k").is(200);
            t.get("/{b}/n").is(200).holds("x");
            t.head("/{b}/k").is(404);
            t.get("/{b}?max%2Dkeys=few").fails(400, "InvalidArgument").shows("ArgumentName", "max-keys");
            t.post("/{b}?%64elete").body("<Delete><Object><Key>n</Key></Object></Delete>").md5().is(200);
            t.head("/{b}/n").is(404);
            let id = t.post("/{b}/up?%75ploads").is(200).one("UploadId");
            t.delete(&format!("/{{b}}/up?%75ploadId={id}")).is(204);
        }),
        case("every_answer_has_its_ids", pages::COMMON_HEADERS, |t| {
            let (one, two) = (t.get("/{b}").is(200), t.get("/{b}/none").fails(404, "NoSuchKey"));
            assert_ne!(one.need("x-amz-request-id"), two.need("x-amz-request-id"));
            for answer in [one, two] {
                assert!(!answer.need("x-amz-id-2").is_empty() && !answer.need("date").is_empty());
                answer.need("server");
            }
        }),
        case("an_error_names_its_resource", pages::ERRORS, |t| {
            let answer = t.get("/{b}/no/such-key").fails(404, "NoSuchKey");
            answer.shows("Resource", &t.fill("/{b}/no/such-key")).shows("Key", "no/such-key");
            assert!(!answer.one("HostId").is_empty());
        }),
        case("a_method_that_is_none", pages::ERRORS, |t| {
            t.call("PATCH", "/{b}/k").fails(405, "MethodNotAllowed");
            t.call("DELETE", "/").fails(405, "MethodNotAllowed");
        }),
        case("inner_paths_are_no_buckets", pages::ERRORS, |t| {
            let answer = t.get("/_/health/live").anonymous().go();
            assert_eq!(answer.status, 404, "{}", answer.text());
            assert_ne!(answer.code(), "InvalidBucketName");
        }),
    ],
}];
