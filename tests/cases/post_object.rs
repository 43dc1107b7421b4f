//! POST Object: browser uploads by form.
//!
//! Always holds: a form that is refused stored nothing.

use serde_json::{Value, json};
use trefoil_tests::form::{Form, expiration};
use trefoil_tests::{Key, Suite, Test, case, checksum};

use super::pages;

/// The conditions that an ordinary form needs.
fn usual(t: &Test) -> Vec<Value> {
    vec![json!({"bucket": t.bucket}), json!(["starts-with", "$key", ""])]
}

fn signed(t: &Test, form: Form) -> Form {
    form.signed(&t.key(), usual(t))
}

fn nothing_stored(t: &Test) {
    t.get("/{b}").is(200).omits("Contents");
}

pub const SUITES: &[Suite] = &[Suite {
    operation: "PostObject",
    cases: &[
        case("stores_the_file", pages::POST_OBJECT, |t| {
            let answer = t.form(&signed(t, Form::plain("d/k", b"hello"))).is(204);
            answer.holds("").has("etag", &checksum::etag(b"hello")).need("location");
            t.get("/{b}/d/k").is(200).holds("hello");
        }),
        case("into_the_bucket_of_the_host", pages::VIRTUAL_HOSTS, |t| {
            let host = format!("{}.s3.trefoil.test", t.bucket);
            let at = |form: &Form| {
                let call = t.post("/").anonymous().with("content-type", &Form::content_type()).body(form.bytes());
                call.change(|request| request.host = Some(host.clone()))
            };
            at(&signed(t, Form::plain("d/k", b"hello"))).is(204);
            t.get("/{b}/d/k").is(200).holds("hello");
            at(&signed(t, Form::plain("n", b"x")).set("x-amz-signature", &"0".repeat(64)))
                .fails(403, "SignatureDoesNotMatch");
            t.head("/{b}/n").is(404);
        }),
        case("the_files_name_many_times_is_too_much", pages::ERRORS, |t| {
            let many = "${filename}".repeat(1500);
            let mut form = Form::plain("k", b"x").field("x-ignore-a", &many);
            form.file = Some(("f".repeat(3000), b"x".to_vec()));
            t.form(&signed(t, form)).fails(400, "MaxPostPreDataLengthExceededError");
            nothing_stored(t);
        }),
        case("201_answers_with_a_document", pages::POST_OBJECT, |t| {
            let mut conditions = usual(t);
            conditions.push(json!(["eq", "$success_action_status", "201"]));
            let form = Form::plain("k", b"hello").field("success_action_status", "201").signed(&t.key(), conditions);
            let answer = t.form(&form).is(201);
            answer.root("PostResponse").shows("Bucket", &t.bucket).shows("Key", "k");
            answer.shows("ETag", &checksum::etag(b"hello"));
            assert!(answer.one("Location").contains(&t.bucket));
        }),
        case("200_answers_with_nothing", pages::POST_OBJECT, |t| {
            let mut conditions = usual(t);
            conditions.push(json!({"success_action_status": "200"}));
            let form = Form::plain("k", b"x").field("success_action_status", "200").signed(&t.key(), conditions);
            t.form(&form).is(200).holds("");
        }),
        case("another_status_is_taken_for_204", pages::POST_OBJECT, |t| {
            let mut conditions = usual(t);
            conditions.push(json!({"success_action_status": "404"}));
            let form = Form::plain("k", b"x").field("success_action_status", "404").signed(&t.key(), conditions);
            t.form(&form).is(204);
        }),
        case("a_redirect_tells_bucket_key_and_etag", pages::POST_OBJECT, |t| {
            let mut conditions = usual(t);
            conditions.push(json!({"success_action_redirect": "http://localhost/done?a=b"}));
            let form = Form::plain("k", b"x")
                .field("success_action_redirect", "http://localhost/done?a=b")
                .signed(&t.key(), conditions);
            let location = t.form(&form).is(303).need("location");
            assert!(location.starts_with("http://localhost/done?a=b&"), "{location}");
            assert!(location.contains(&format!("bucket={}", t.bucket)) && location.contains("key=k"), "{location}");
            assert!(location.contains("etag=%22"), "{location}");
        }),
        case("the_files_name_can_be_in_the_key", pages::POST_OBJECT, |t| {
            t.form(&signed(t, Form::plain("up/${filename}", b"x"))).is(204);
            t.get("/{b}/up/file.txt").is(200).holds("x");
        }),
        case("type_and_metadata_come_back", pages::POST_OBJECT, |t| {
            let mut conditions = usual(t);
            conditions.push(json!(["starts-with", "$Content-Type", "image/"]));
            conditions.push(json!({"x-amz-meta-colour": "blue"}));
            let form = Form::plain("k", b"x")
                .field("Content-Type", "image/png")
                .field("x-amz-meta-colour", "blue")
                .signed(&t.key(), conditions);
            t.form(&form).is(204);
            t.head("/{b}/k").is(200).has("content-type", "image/png").has("x-amz-meta-colour", "blue");
        }),
        case("an_acl_counts", pages::POST_OBJECT, |t| {
            let mut conditions = usual(t);
            conditions.push(json!({"acl": "public-read"}));
            t.form(&Form::plain("k", b"x").field("acl", "public-read").signed(&t.key(), conditions)).is(204);
            t.get("/{b}/k").anonymous().is(200).holds("x");
        }),
        case("tags_count", pages::POST_OBJECT, |t| {
            let mut conditions = usual(t);
            conditions.push(json!(["starts-with", "$tagging", ""]));
            let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>";
            t.form(&Form::plain("k", b"x").field("tagging", tags).signed(&t.key(), conditions)).is(204);
            t.get("/{b}/k?tagging").is(200).lists("TagSet/Tag/Key", &["a"]);
        }),
        case("what_is_to_be_ignored_needs_no_condition", pages::POST_POLICY, |t| {
            t.form(&signed(t, Form::plain("k", b"x").field("x-ignore-me", "1"))).is(204);
        }),
        case("what_no_condition_names_is_refused", pages::POST_POLICY, |t| {
            t.form(&signed(t, Form::plain("k", b"x").field("x-amz-meta-a", "1"))).fails(403, "AccessDenied");
            nothing_stored(t);
        }),
        case("fields_behind_the_file_are_ignored", pages::POST_OBJECT, |t| {
            let form = signed(t, Form::plain("k", b"x"));
            let mut body = form.bytes();
            let end = format!("--{}--\r\n", trefoil_tests::form::BOUNDARY);
            body.truncate(body.len() - end.len());
            body.extend(
                format!(
                    "--{}\r\nContent-Disposition: form-data; name=\"x-amz-meta-late\"\r\n\r\n1\r\n{end}",
                    trefoil_tests::form::BOUNDARY
                )
                .as_bytes(),
            );
            t.post("/{b}").anonymous().with("content-type", &Form::content_type()).body(body).is(204);
            t.head("/{b}/k").is(200).lacks("x-amz-meta-late");
        }),
        case("the_size_is_held_to_its_range", pages::POST_POLICY, |t| {
            let form = |body: &[u8]| {
                let mut conditions = usual(t);
                conditions.push(json!(["content-length-range", 3, 5]));
                Form::plain("k", body).signed(&t.key(), conditions)
            };
            t.form(&form(b"12")).fails(400, "EntityTooSmall");
            t.form(&form(b"123456")).fails(400, "EntityTooLarge");
            nothing_stored(t);
            t.form(&form(b"12345")).is(204);
        }),
        case("a_prefix_is_held", pages::POST_POLICY, |t| {
            let conditions = || vec![json!({"bucket": t.bucket}), json!(["starts-with", "$key", "user/"])];
            t.form(&Form::plain("other/k", b"x").signed(&t.key(), conditions())).fails(403, "AccessDenied");
            nothing_stored(t);
            t.form(&Form::plain("user/k", b"x").signed(&t.key(), conditions())).is(204);
        }),
        case("another_bucket_than_the_policys", pages::POST_POLICY, |t| {
            let conditions = vec![json!({"bucket": "somewhere-else"}), json!(["starts-with", "$key", ""])];
            t.form(&Form::plain("k", b"x").signed(&t.key(), conditions)).fails(403, "AccessDenied");
            nothing_stored(t);
        }),
        case("a_policy_expires", pages::POST_POLICY, |t| {
            let form = Form::plain("k", b"x").signed_until(&t.key(), usual(t), &expiration(-10));
            t.form(&form).fails(403, "AccessDenied");
            nothing_stored(t);
        }),
        case("a_policy_that_is_no_json", pages::POST_POLICY, |t| {
            let scope = trefoil_tests::Request::new("POST", "/", trefoil_tests::request::Auth::Anonymous).scope();
            let form = Form::plain("k", b"x").with_policy(&t.key(), &scope, "{\"expiration\": ");
            t.form(&form).fails(400, "InvalidPolicyDocument");
            nothing_stored(t);
        }),
        case("a_policy_without_an_end_or_conditions", pages::POST_POLICY, |t| {
            let scope = trefoil_tests::Request::new("POST", "/", trefoil_tests::request::Auth::Anonymous).scope();
            for policy in [json!({"conditions": []}), json!({"expiration": expiration(600)})] {
                let form = Form::plain("k", b"x").with_policy(&t.key(), &scope, &policy.to_string());
                t.form(&form).fails(400, "InvalidPolicyDocument");
            }
            nothing_stored(t);
        }),
        case("a_signature_that_is_wrong", pages::POST_OBJECT, |t| {
            let form = signed(t, Form::plain("k", b"x")).set("x-amz-signature", &"0".repeat(64));
            t.form(&form).fails(403, "SignatureDoesNotMatch");
            let wrong = Key::new(t.key().id, "wrong");
            t.form(&Form::plain("k", b"x").signed(&wrong, usual(t))).fails(403, "SignatureDoesNotMatch");
            nothing_stored(t);
        }),
        case("a_key_id_that_nobody_has", pages::POST_OBJECT, |t| {
            let stranger = Key::new("AKIANOBODY0000000000", "x");
            t.form(&Form::plain("k", b"x").signed(&stranger, usual(t))).fails(403, "InvalidAccessKeyId");
            nothing_stored(t);
        }),
        case("by_an_account_that_may_not", pages::POST_OBJECT, |t| {
            t.form(&Form::plain("k", b"x").signed(&t.alt().key, usual(t))).fails(403, "AccessDenied");
            nothing_stored(t);
        }),
        case("without_a_policy_only_where_anybody_may", pages::POST_OBJECT, |t| {
            t.form(&Form::plain("k", b"x")).fails(403, "AccessDenied");
            nothing_stored(t);
            t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
            t.form(&Form::plain("k", b"x")).is(204);
        }),
        case("a_key_is_needed", pages::POST_OBJECT, |t| {
            let form = Form { fields: Vec::new(), file: Some(("f".into(), b"x".to_vec())) };
            let conditions = vec![json!({"bucket": t.bucket})];
            t.form(&form.signed(&t.key(), conditions)).fails(400, "InvalidArgument");
            nothing_stored(t);
        }),
        case("a_file_is_needed", pages::POST_OBJECT, |t| {
            let mut form = signed(t, Form::plain("k", b"x"));
            form.file = None;
            t.form(&form).fails(400, "InvalidArgument");
            nothing_stored(t);
        }),
        case("a_form_is_needed", pages::POST_OBJECT, |t| {
            t.post("/{b}")
                .anonymous()
                .with("content-type", "application/x-www-form-urlencoded")
                .body("key=k&file=x")
                .fails(412, "PreconditionFailed");
            nothing_stored(t);
        }),
        case("a_form_without_an_end_is_refused", pages::POST_OBJECT, |t| {
            let mut body = signed(t, Form::plain("k", b"x")).bytes();
            body.truncate(body.len() - 10);
            t.post("/{b}")
                .anonymous()
                .with("content-type", &Form::content_type())
                .body(body)
                .fails(400, "MalformedPOSTRequest");
            nothing_stored(t);
        }),
        case("too_much_in_front_of_the_file", pages::ERRORS, |t| {
            let form = signed(t, Form::plain("k", b"x").field("x-ignore-much", &"m".repeat(21_000)));
            t.form(&form).fails(400, "MaxPostPreDataLengthExceededError");
            nothing_stored(t);
        }),
        case("absent_bucket", pages::POST_OBJECT, |t| {
            let form = Form::plain("k", b"x")
                .signed(&t.key(), vec![json!({"bucket": t.fill("{c}")}), json!(["starts-with", "$key", ""])]);
            t.post("/{c}")
                .anonymous()
                .with("content-type", &Form::content_type())
                .body(form.bytes())
                .fails(404, "NoSuchBucket");
        }),
        case("a_checksum_field_is_compared", pages::POST_OBJECT, |t| {
            let form = |value: String| {
                let mut conditions = usual(t);
                conditions.push(json!(["starts-with", "$x-amz-checksum-crc32c", ""]));
                Form::plain("k", b"x").field("x-amz-checksum-crc32c", &value).signed(&t.key(), conditions)
            };
            t.form(&form(checksum::value("crc32c", b"y"))).fails(400, "BadDigest");
            nothing_stored(t);
            t.form(&form(checksum::value("crc32c", b"x"))).is(204);
        }),
        case("a_checksum_field_needs_a_condition_too", pages::POST_POLICY, |t| {
            let form = Form::plain("k", b"x").field("x-amz-checksum-crc32c", &checksum::value("crc32c", b"x"));
            t.form(&signed(t, form)).fails(403, "AccessDenied");
            nothing_stored(t);
        }),
        case("a_large_file_streams", pages::POST_OBJECT, |t| {
            let body: Vec<u8> = (0..9_000_000_u32).map(|n| (n % 251) as u8).collect();
            t.form(&signed(t, Form::plain("k", &body))).is(204).has("etag", &checksum::etag(&body));
            t.get("/{b}/k").is(200).holds(&body);
        }),
    ],
}];
