//! Browser forms that are malformed, oversized or signed wrongly.
//!
//! Always holds: anonymous requests, as a browser sends them; what they may do is in the form alone.

use serde_json::json;
use trefoil_tests::form::{BOUNDARY, Form};
use trefoil_tests::{Key, Test};

fn form(t: &Test) -> Form {
    Form::plain("k", b"x").signed(&t.key(), vec![json!({"bucket": t.bucket}), json!(["starts-with", "$key", ""])])
}

fn changed(t: &Test, field: &str, value: &str, status: u16, code: &str) {
    t.form(&form(t).set(field, value)).fails(status, code);
}

fn raw(t: &Test, kind: &str, body: &[u8], code: &str) {
    t.post("/{b}").anonymous().with("content-type", kind).body(body).fails(400, code);
}

refused! {
    form_signature_changed: |t| changed(t, "x-amz-signature", &"0".repeat(64), 403, "SignatureDoesNotMatch");
    form_signature_empty: |t| changed(t, "x-amz-signature", "", 400, "InvalidArgument");
    form_without_a_signature: |t| { t.form(&form(t).without("x-amz-signature")).fails(400, "InvalidArgument"); };
    form_without_a_credential: |t| { t.form(&form(t).without("x-amz-credential")).fails(400, "InvalidArgument"); };
    form_without_a_policy: |t| { t.form(&form(t).without("policy")).fails(400, "InvalidArgument"); };
    form_of_another_algorithm: |t| changed(t, "x-amz-algorithm", "AWS4-HMAC-SHA1", 400, "InvalidArgument");
    form_of_another_scope: |t| {
        let credential = format!("{}/20200101/us-east-1/s3/aws4_request", t.key().id);
        changed(t, "x-amz-credential", &credential, 400, "InvalidArgument");
    };
    form_of_an_unknown_key: |t| {
        let stranger = Key::new("AKIANOBODY0000000000", "x");
        t.form(&Form::plain("k", b"x").signed(&stranger, vec![json!({"bucket": t.bucket})])).fails(403, "InvalidAccessKeyId");
    };
    form_policy_changed: |t| {
        use base64::Engine as _;
        let policy = json!({"expiration": trefoil_tests::form::expiration(600), "conditions": []}).to_string();
        changed(t, "policy", &base64::engine::general_purpose::STANDARD.encode(policy), 403, "SignatureDoesNotMatch");
    };
    form_policy_that_is_no_base64: |t| {
        let scope = t.get("/").request.scope();
        let form = Form::plain("k", b"x").with_policy(&t.key(), &scope, "{}");
        let signature = scope.sign(&t.key(), "!!!");
        t.form(&form.set("policy", "!!!").set("x-amz-signature", &signature)).fails(400, "InvalidPolicyDocument");
    };
    form_field_that_no_condition_names: |t| changed(t, "acl", "public-read", 403, "AccessDenied");
    form_for_another_bucket: |t| {
        t.put("/{c}").is(200);
        t.post("/{c}").anonymous().with("content-type", &Form::content_type()).body(form(t).bytes()).fails(403, "AccessDenied");
        t.get("/{c}").is(200).omits("Contents");
    };
    form_bucket_field_that_differs: |t| {
        // A field is not what names the bucket: it goes where it was sent, as the policy says.
        t.form(&form(t).set("bucket", "elsewhere")).is(204);
        t.get("/{b}/k").is(200).holds("x");
        t.delete("/{b}/k").is(204);
    };
    form_condition_of_an_unknown_kind: |t| {
        let conditions = vec![json!({"bucket": t.bucket}), json!(["ends-with", "$key", ""])];
        t.form(&Form::plain("k", b"x").signed(&t.key(), conditions)).fails(400, "InvalidPolicyDocument");
    };
    form_condition_of_the_wrong_shape: |t| {
        for shape in [json!(["eq", "$key"]), json!({"a": "b", "c": "d"}), json!("key"), json!(["content-length-range", "a", 5]), json!([])] {
            let conditions = vec![json!({"bucket": t.bucket}), json!(["starts-with", "$key", ""]), shape];
            t.form(&Form::plain("k", b"x").signed(&t.key(), conditions)).fails(400, "InvalidPolicyDocument");
        }
    };
    form_policy_as_deep_as_it_may_be_long: |t| {
        // In base64, with the other fields, it just fits into what may stand in front of the file.
        let scope = t.get("/").request.scope();
        let policy = "[".repeat(14_000);
        t.form(&Form::plain("k", b"x").with_policy(&t.key(), &scope, &policy)).fails(400, "InvalidPolicyDocument");
    };
    form_policy_a_hundred_thousand_deep: |t| {
        let scope = t.get("/").request.scope();
        let policy = "[".repeat(100_000);
        t.form(&Form::plain("k", b"x").with_policy(&t.key(), &scope, &policy)).fails(400, "MaxPostPreDataLengthExceededError");
    };
    form_key_of_1025_bytes: |t| { t.form(&form(t).set("key", &"k".repeat(1025))).fails(400, "KeyTooLongError"); };
    form_without_a_boundary: |t| raw(t, "multipart/form-data", b"x", "MalformedPOSTRequest");
    form_with_a_boundary_beyond_its_bound: |t| raw(t, &format!("multipart/form-data; boundary={}", "b".repeat(5000)), b"x", "MalformedPOSTRequest");
    form_that_is_empty: |t| raw(t, &Form::content_type(), b"", "MalformedPOSTRequest");
    form_that_is_only_an_end: |t| raw(t, &Form::content_type(), format!("--{BOUNDARY}--\r\n").as_bytes(), "InvalidArgument");
    form_that_never_begins: |t| raw(t, &Form::content_type(), &vec![b'x'; 300_000], "MalformedPOSTRequest");
    form_with_a_field_that_never_ends: |t| {
        let mut body = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n").into_bytes();
        body.extend(vec![b'k'; 4 << 20]);
        raw(t, &Form::content_type(), &body, "MaxPostPreDataLengthExceededError");
    };
    form_with_headers_that_never_end: |t| {
        let mut body = format!("--{BOUNDARY}\r\n").into_bytes();
        body.extend("X-Header: value\r\n".repeat(100_000).as_bytes());
        raw(t, &Form::content_type(), &body, "MaxPostPreDataLengthExceededError");
    };
    form_with_ten_thousand_fields: |t| {
        let mut form = form(t);
        for n in 0..10_000 { form = form.field(&format!("x-ignore-{n}"), ""); }
        raw(t, &Form::content_type(), &form.bytes(), "MaxPostPreDataLengthExceededError");
    };
    form_with_two_files: |t| {
        let mut body = form(t).bytes();
        let end = format!("--{BOUNDARY}--\r\n");
        body.truncate(body.len() - end.len());
        let again = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b\"\r\n\r\nsecond\r\n{end}");
        body.extend(again.as_bytes());
        // The first file is taken, and nothing behind it.
        t.post("/{b}").anonymous().with("content-type", &Form::content_type()).body(body).is(204);
        t.get("/{b}/k").is(200).holds("x");
        t.delete("/{b}/k").is(204);
    };
    form_field_without_a_name: |t| raw(t, &Form::content_type(), format!("--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--\r\n").as_bytes(), "MalformedPOSTRequest");
    form_that_is_cut_off_in_its_file: |t| {
        let mut body = form(t).bytes();
        body.truncate(body.len() - BOUNDARY.len());
        raw(t, &Form::content_type(), &body, "MalformedPOSTRequest");
    };
}
