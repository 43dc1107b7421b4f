//! Signatures that are broken, in each of their parts, in headers and in queries.
//!
//! Always holds: the request is right but for the one part that the test names.

use trefoil_tests::request::Auth;
use trefoil_tests::sign::EMPTY_SHA256;
use trefoil_tests::{Key, Payload, Test};

/// A signed PUT with one thing changed afterwards.
fn put(t: &Test, change: impl FnOnce(&mut trefoil_tests::request::Wire), status: u16, code: &str) {
    t.put("/{b}/k").with("x-amz-meta-a", "1").body("body").broken(change).fails(status, code);
}

/// A presigned PUT whose query has one thing changed afterwards.
fn presigned(t: &Test, from: &str, to: &str, status: u16, code: &str) {
    t.put("/{b}/k")
        .presigned(600)
        .body("body")
        .broken(|wire| {
            assert!(wire.target.contains(from), "{from} is not in {}", wire.target);
            wire.target = wire.target.replacen(from, to, 1);
        })
        .fails(status, code);
}

/// Removes a parameter from a presigned query.
fn without(t: &Test, name: &str) {
    t.put("/{b}/k")
        .presigned(600)
        .body("body")
        .broken(|wire| {
            let (path, query) = wire.target.split_once('?').expect("a query");
            let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(name)).collect();
            wire.target = format!("{path}?{}", rest.join("&"));
        })
        .fails(400, "AuthorizationQueryParametersError");
}

fn raw(t: &Test, authorization: &str, status: u16, code: &str) {
    put(
        t,
        |wire| {
            wire.set("Authorization", authorization);
        },
        status,
        code,
    );
}

refused! {
    header_signature_changed: |t| put(t, |w| {
        let signature = w.header("authorization").expect("signed");
        let last = if signature.ends_with('0') { "1" } else { "0" };
        let changed = format!("{}{last}", &signature[..signature.len() - 1]);
        w.set("Authorization", changed);
    }, 403, "SignatureDoesNotMatch");
    header_signature_too_short: |t| put(t, |w| {
        let value = w.header("authorization").expect("signed");
        w.set("Authorization", value[..value.len() - 1].to_owned());
    }, 403, "SignatureDoesNotMatch");
    header_signature_in_capitals: |t| put(t, |w| {
        let value = w.header("authorization").expect("signed");
        let (head, signature) = value.split_once("Signature=").expect("a signature");
        let upper = if signature.chars().any(|c| c.is_ascii_lowercase()) { signature.to_uppercase() } else { "0".repeat(64) };
        w.set("Authorization", format!("{head}Signature={upper}"));
    }, 403, "SignatureDoesNotMatch");
    header_signature_empty: |t| put(t, |w| {
        let value = w.header("authorization").expect("signed");
        let (head, _) = value.split_once("Signature=").expect("a signature");
        w.set("Authorization", format!("{head}Signature="));
    }, 403, "SignatureDoesNotMatch");
    header_without_a_signature: |t| put(t, |w| {
        let value = w.header("authorization").expect("signed");
        let (head, _) = value.split_once(", Signature=").expect("a signature");
        w.set("Authorization", head.to_owned());
    }, 400, "AuthorizationHeaderMalformed");
    header_without_signed_headers: |t| put(t, |w| {
        let value = w.header("authorization").expect("signed");
        let (head, rest) = value.split_once(" SignedHeaders=").expect("signed headers");
        let (_, signature) = rest.split_once(", ").expect("a signature");
        w.set("Authorization", format!("{head} {signature}"));
    }, 400, "AuthorizationHeaderMalformed");
    header_without_a_credential: |t| put(t, |w| {
        let value = w.header("authorization").expect("signed");
        let (_, rest) = value.split_once(", ").expect("more");
        w.set("Authorization", format!("AWS4-HMAC-SHA256 {rest}"));
    }, 400, "AuthorizationHeaderMalformed");
    header_of_another_date: |t| put(t, |w| { w.reauthorize("/s3/aws4_request", "x/s3/aws4_request"); }, 403, "SignatureDoesNotMatch");
    header_scope_of_another_day: |t| {
        let today = t.put("/{b}/k").request.scope().date();
        put(t, |w| { w.reauthorize(&format!("/{today}/"), "/20200101/"); }, 400, "AuthorizationHeaderMalformed");
    };
    header_scope_of_another_service: |t| put(t, |w| { w.reauthorize("/s3/", "/ec2/"); }, 400, "AuthorizationHeaderMalformed");
    header_scope_that_ends_otherwise: |t| put(t, |w| { w.reauthorize("aws4_request", "aws5_request"); }, 400, "AuthorizationHeaderMalformed");
    header_scope_with_a_part_missing: |t| put(t, |w| { w.reauthorize("/us-east-1", ""); }, 400, "AuthorizationHeaderMalformed");
    header_of_another_key: |t| {
        let (own, other) = (t.key().id, t.alt().key.id);
        put(t, |w| { w.reauthorize(&own, &other); }, 403, "SignatureDoesNotMatch");
    };
    header_of_an_unknown_key: |t| {
        let own = t.key().id;
        put(t, |w| { w.reauthorize(&own, "AKIANOBODY0000000000"); }, 403, "InvalidAccessKeyId");
    };
    header_of_another_algorithm: |t| put(t, |w| { w.reauthorize("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"); }, 400, "InvalidArgument");
    header_of_another_scheme: |t| raw(t, "Basic dXNlcjpwYXNz", 400, "InvalidArgument");
    header_that_is_junk: |t| raw(t, "AWS4-HMAC-SHA256 Credential", 400, "AuthorizationHeaderMalformed");
    header_that_is_empty_but_for_its_algorithm: |t| raw(t, "AWS4-HMAC-SHA256", 400, "AuthorizationHeaderMalformed");
    header_of_version_two: |t| raw(t, "AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=", 400, "InvalidRequest");
    a_signed_header_changed: |t| put(t, |w| { w.set("x-amz-meta-a", "2"); }, 403, "SignatureDoesNotMatch");
    a_signed_header_removed: |t| put(t, |w| { w.remove("x-amz-meta-a"); }, 403, "SignatureDoesNotMatch");
    a_signed_header_twice: |t| put(t, |w| {
        w.headers.push(("x-amz-meta-a".into(), b"2".to_vec()));
    }, 403, "SignatureDoesNotMatch");
    an_unsigned_amz_header: |t| put(t, |w| { w.set("x-amz-acl", "public-read"); }, 403, "AccessDenied");
    an_unsigned_host: |t| {
        t.put("/{b}/k").body("body").change(|r| r.unsigned.push("host".into())).fails(403, "AccessDenied");
    };
    another_host: |t| put(t, |w| { w.set("host", "elsewhere.test"); }, 403, "SignatureDoesNotMatch");
    another_method: |t| {
        t.get("/{b}/k").broken(|w| { w.method = "DELETE".into(); }).fails(403, "SignatureDoesNotMatch");
    };
    another_path: |t| put(t, |w| { w.target = w.target.replace("/k", "/l"); }, 403, "SignatureDoesNotMatch");
    a_path_with_a_slash_more: |t| put(t, |w| { w.target = w.target.replace("/k", "//k"); }, 403, "SignatureDoesNotMatch");
    another_query: |t| put(t, |w| { w.target.push_str("?tagging"); }, 403, "SignatureDoesNotMatch");
    another_body: |t| put(t, |w| { w.body = b"other".to_vec(); w.measure(); }, 400, "XAmzContentSHA256Mismatch");
    a_payload_hash_that_is_none: |t| {
        t.put("/{b}/k").body("body").with("x-amz-content-sha256", "nonsense").fails(400, "InvalidArgument");
    };
    a_payload_hash_of_an_unknown_stream: |t| {
        t.put("/{b}/k").body("body").with("x-amz-content-sha256", "STREAMING-NONSENSE").fails(400, "InvalidArgument");
    };
    no_payload_hash: |t| put(t, |w| { w.remove("x-amz-content-sha256"); }, 400, "InvalidRequest");
    the_payload_hash_of_nothing: |t| {
        t.put("/{b}/k").body("body").with("x-amz-content-sha256", EMPTY_SHA256).fails(400, "XAmzContentSHA256Mismatch");
    };
    no_date: |t| put(t, |w| { w.remove("x-amz-date"); }, 403, "AccessDenied");
    a_date_that_is_none: |t| put(t, |w| { w.set("x-amz-date", "yesterday"); }, 403, "AccessDenied");
    a_date_of_last_year: |t| {
        t.put("/{b}/k").body("x").change(|r| r.at -= time::Duration::days(365)).fails(403, "RequestTimeTooSkewed");
    };
    a_token_that_nobody_gave: |t| {
        t.put("/{b}/k").body("x").with("x-amz-security-token", "token").fails(400, "InvalidToken");
    };
    two_kinds_at_once: |t| {
        t.put("/{b}/k").body("x").presigned(60)
            .broken(|w| { w.set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request, SignedHeaders=host, Signature=0"); })
            .fails(400, "InvalidArgument");
    };
    two_authorizations: |t| put(t, |w| {
        let value = w.header("authorization").expect("signed");
        w.headers.push(("Authorization".into(), value.into_bytes()));
    }, 400, "InvalidArgument");
    the_root_keys_name_with_another_secret: |t| {
        let key = Key::new(t.target.root.id.clone(), t.key().secret);
        t.put("/{b}/k").by(&key).body("x").fails(403, "SignatureDoesNotMatch");
    };

    query_signature_changed: |t| presigned(t, "X-Amz-Signature=", "X-Amz-Signature=0", 403, "SignatureDoesNotMatch");
    query_expiry_lengthened: |t| presigned(t, "X-Amz-Expires=600", "X-Amz-Expires=60000", 403, "SignatureDoesNotMatch");
    query_expiry_that_is_no_number: |t| presigned(t, "X-Amz-Expires=600", "X-Amz-Expires=soon", 400, "AuthorizationQueryParametersError");
    query_expiry_beyond_every_number: |t| presigned(t, "X-Amz-Expires=600", "X-Amz-Expires=99999999999999999999", 400, "AuthorizationQueryParametersError");
    query_of_another_algorithm: |t| presigned(t, "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", 400, "AuthorizationQueryParametersError");
    query_of_another_service: |t| presigned(t, "%2Fs3%2F", "%2Fiam%2F", 400, "AuthorizationQueryParametersError");
    query_of_a_broken_credential: |t| presigned(t, "%2Faws4_request", "", 400, "AuthorizationQueryParametersError");
    query_date_that_is_none: |t| presigned(t, "X-Amz-Date=2", "X-Amz-Date=x", 400, "AuthorizationQueryParametersError");
    query_without_an_algorithm: |t| without(t, "X-Amz-Algorithm");
    query_without_a_credential: |t| without(t, "X-Amz-Credential");
    query_without_a_date: |t| without(t, "X-Amz-Date");
    query_without_an_expiry: |t| without(t, "X-Amz-Expires");
    query_without_signed_headers: |t| without(t, "X-Amz-SignedHeaders");
    query_without_a_signature: |t| without(t, "X-Amz-Signature");
    query_with_a_parameter_twice: |t| {
        t.put("/{b}/k").presigned(600).body("x")
            .broken(|w| w.target.push_str("&X-Amz-Expires=60000")).fails(400, "AuthorizationQueryParametersError");
    };
    query_with_more_behind_it: |t| {
        t.put("/{b}/k").presigned(600).body("x").broken(|w| w.target.push_str("&tagging")).fails(403, "SignatureDoesNotMatch");
    };
    query_with_an_unsigned_amz_header: |t| {
        t.put("/{b}/k").presigned(600).body("x").broken(|w| { w.set("x-amz-acl", "public-read"); }).fails(403, "AccessDenied");
    };
    query_of_another_method: |t| {
        t.get("/{b}/k").presigned(600).broken(|w| { w.method = "PUT".into(); w.set("content-length", "0"); })
            .fails(403, "SignatureDoesNotMatch");
    };
    query_with_a_payload_that_differs: |t| {
        t.put("/{b}/k").presigned(600).body("body").with("x-amz-content-sha256", EMPTY_SHA256)
            .fails(400, "XAmzContentSHA256Mismatch");
    };
    query_of_version_two: |t| {
        t.put("/{b}/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=4102444800&Signature=frJIUN8DYpKDtOLCwo%2F%2FyllqDzg%3D")
            .anonymous().body("x").fails(400, "InvalidRequest");
    };
    credentials_in_a_query_with_an_unsigned_stream: |t| {
        // The signature is there and wrong; that no Authorization header is there must not open a way around it.
        t.put("/{b}/k").payload(Payload::UnsignedChunks(8192)).body("x")
            .trailer("x-amz-checksum-crc32", &trefoil_tests::checksum::value("crc32", b"x"))
            .change(|r| r.auth = Auth::Presigned(Key::new(r_key(r), "wrong"), 60))
            .fails(403, "SignatureDoesNotMatch");
    };
    an_unsigned_stream_without_credentials: |t| {
        t.put("/{b}/k").payload(Payload::UnsignedChunks(8192)).anonymous().body("x").fails(403, "AccessDenied");
    };
}

/// The id of the key that a request is signed with.
fn r_key(request: &trefoil_tests::Request) -> String {
    match &request.auth {
        Auth::Header(key) | Auth::Presigned(key, _) | Auth::HeaderV2(key) | Auth::PresignedV2(key, _) => key.id.clone(),
        Auth::Anonymous => String::new(),
    }
}
