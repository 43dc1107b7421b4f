//! Names and values that are hostile: keys, buckets, copy sources, versions, header values.
//!
//! Always holds: a name is stored exactly as sent or refused; none reaches a path of the machine or a header of an answer.

use trefoil_tests::Test;

fn invalid_uri(t: &Test, target: &str) {
    t.put(target).body("x").fails(400, "InvalidURI");
}

fn copy_source(t: &Test, source: &str) {
    for target in ["/{b}/k".to_owned(), format!("/{{b}}/k?partNumber=1&uploadId={}", "0".repeat(32))] {
        let answer = t.put(&target).with("x-amz-copy-source", source).go();
        assert_eq!(answer.status / 100, 4, "{source:?}: {}", answer.text());
        assert!(!answer.code().is_empty() && answer.code() != "InternalError", "{}", answer.text());
    }
}

refused! {
    a_key_of_1025_bytes: |t| { t.put(&format!("/{{b}}/{}", "k".repeat(1025))).body("x").fails(400, "KeyTooLongError"); };
    a_key_of_1026_bytes_in_two_byte_characters: |t| {
        t.put(&format!("/{{b}}/{}", "%C3%A9".repeat(513))).body("x").fails(400, "KeyTooLongError");
    };
    a_key_that_is_no_text: |t| invalid_uri(t, "/{b}/%FF%FE");
    a_key_with_half_a_character: |t| invalid_uri(t, "/{b}/a%C3");
    a_key_with_a_lone_surrogate: |t| invalid_uri(t, "/{b}/%ED%A0%80");
    a_percent_sign_without_digits: |t| {
        t.put("/{b}/a%zz").body("x").broken(|_| ()).fails(400, "InvalidURI");
    };
    a_query_that_is_no_text: |t| {
        t.get("/{b}?prefix=%FF").fails(400, "InvalidURI");
    };
    a_bucket_named_like_a_path: |t| {
        for target in ["/..", "/../x", "/.%2e/x", "/%2e%2e%2fetc/passwd", "/.", "/~"] {
            t.put(target).fails(400, "InvalidBucketName");
        }
    };
    a_bucket_with_a_zero_byte: |t| {
        t.put("/ab%00cd").fails(400, "InvalidBucketName");
    };
    a_copy_source_that_is_empty: |t| copy_source(t, "");
    a_copy_source_of_slashes: |t| copy_source(t, "//");
    a_copy_source_without_a_bucket: |t| copy_source(t, "//key");
    a_copy_source_without_a_key: |t| copy_source(t, "/{b}/");
    a_copy_source_with_a_zero_byte: |t| copy_source(t, "/{b}%00/k");
    a_copy_source_that_is_no_text: |t| copy_source(t, "/{b}/%FF");
    a_copy_source_with_a_version_that_is_none: |t| copy_source(t, "/{b}/k?versionId=junk");
    a_copy_source_with_another_parameter: |t| copy_source(t, "/{b}/k?acl");
    a_copy_source_that_is_an_address: |t| copy_source(t, "http://169.254.169.254/latest/meta-data");
    a_copy_source_without_an_end: |t| copy_source(t, &format!("/{{b}}/{}", "k".repeat(8000)));
    a_version_that_is_junk: |t| {
        for version in ["%00", "-1", "..%2F..", "null%20", "NULL", "ffffffffffffffffffffffffffffffff0"] {
            t.get(&format!("/{{b}}/k?versionId={version}")).fails(400, "InvalidArgument");
        }
    };
    an_upload_id_that_is_junk: |t| {
        for id in ["%00", "..%2F..", "%FF", "x".repeat(5000).as_str()] {
            let answer = t.put(&format!("/{{b}}/k?partNumber=1&uploadId={id}")).body("x").go();
            assert_eq!(answer.status / 100, 4, "{id}: {}", answer.text());
        }
    };
    a_chosen_header_with_a_line_break: |t| {
        t.put("/{b}/k").body("x").is(200);
        for parameter in ["response-content-type", "response-content-disposition", "response-expires"] {
            let answer = t.get(&format!("/{{b}}/k?{parameter}=a%0D%0AX-Injected%3A%20yes")).go();
            answer.lacks("x-injected");
            assert_eq!(answer.status, 400, "{}", answer.text());
        }
        t.delete("/{b}/k").is(204);
    };
    an_exposed_header_with_a_line_break: |t| {
        let cors = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
                    <ExposeHeader>a&#13;&#10;X-Injected: yes</ExposeHeader></CORSRule></CORSConfiguration>";
        t.put("/{b}?cors").body(cors).md5().fails(400, "InvalidRequest");
        t.get("/{b}").with("origin", "http://a.test").is(200).lacks("x-injected");
    };
    a_redirect_with_a_line_break: |t| {
        t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
        let form = trefoil_tests::form::Form::plain("k", b"x")
            .field("success_action_redirect", "http://a.test/\r\nX-Injected: yes");
        let answer = t.form(&form).go();
        answer.lacks("x-injected");
        t.delete("/{b}/k").is(204);
    };
    metadata_beyond_its_bound: |t| {
        t.put("/{b}/k").with("x-amz-meta-a", &"v".repeat(4096)).body("x").fails(400, "MetadataTooLarge");
    };
    a_content_type_beyond_all_reason: |t| {
        t.put("/{b}/k").with("content-type", &"t".repeat(60_000)).body("x").fails(400, "RequestHeaderSectionTooLarge");
    };
    headers_of_our_own_inside_are_not_taken: |t| {
        // Nothing that a client sends under such names may change what is stored or who it is.
        for name in ["x-trefoil-principal", "x-trefoil-size", "x-amz-replication-status", "x-forwarded-user", "x-amz-website-x"] {
            t.put("/{b}/k").anonymous().with(name, "root").body("x").fails(403, "AccessDenied");
        }
    };
    a_range_of_huge_numbers: |t| {
        t.put("/{b}/k").body("x").is(200);
        for range in ["bytes=18446744073709551615-18446744073709551615", "bytes=18446744073709551616-", "bytes=9223372036854775807-"] {
            t.get("/{b}/k").with("range", range).fails(416, "InvalidRange");
        }
        t.delete("/{b}/k").is(204);
    };
    tags_in_a_header_that_are_junk: |t| {
        for tags in ["=", "a=1&a=2", "%FF=1", &"k=v&".repeat(11), &format!("{}=1", "k".repeat(129))] {
            let answer = t.put("/{b}/k").with("x-amz-tagging", tags).body("x").go();
            assert_eq!(answer.status, 400, "{tags:?}: {}", answer.text());
        }
    };
}

/// Names that look hostile and are right: each is a key of its own, given back and listed exactly.
#[test]
fn keys_that_look_hostile_are_only_names() {
    trefoil_tests::shared::with_bucket(super::options, "only-names", |t| {
        let keys = [
            "../../etc/passwd",
            "..",
            ".",
            "a/../b",
            "a/./b",
            "/",
            "//",
            "///x",
            "a\\b",
            "%2e%2e/x",
            "%00",
            "a\u{0}b",
            "\u{1}",
            "\r\n",
            "a\tb",
            "\u{7f}",
            "\u{feff}",
            "\u{ffff}",
            "\u{10ffff}",
            "e\u{301}",
            "\u{e9}",
            "\u{202e}rtl",
            "😀",
            "?versionId=x",
            "#",
            "a&b=c",
            "a;b",
            "<Key>",
            "]]>",
            "'\"",
            "$(id)",
            "~",
            "*",
            "index",
            "blobs",
            "run.json",
            "a/",
            "a",
            "a/b/",
            "a//",
        ];
        for key in keys {
            let path = trefoil_tests::sign::encode(key.as_bytes(), true);
            t.put(&format!("/{{b}}/{path}")).body(key).is(200);
        }
        for key in keys {
            let path = trefoil_tests::sign::encode(key.as_bytes(), true);
            t.get(&format!("/{{b}}/{path}")).is(200).holds(key);
        }
        let listed: Vec<String> = t
            .get("/{b}?list-type=2&encoding-type=url")
            .is(200)
            .all("Contents/Key")
            .iter()
            .map(|key| percent_encoding::percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned())
            .collect();
        let mut expected: Vec<&str> = keys.to_vec();
        expected.sort_unstable();
        assert_eq!(listed, expected);
        for key in keys {
            let path = trefoil_tests::sign::encode(key.as_bytes(), true);
            t.delete(&format!("/{{b}}/{path}")).is(204);
        }
        t.get("/{b}").is(200).omits("Contents");
    });
}

/// A subresource is one in every spelling of its name: none slips past what it would be refused for.
#[test]
fn subresources_in_other_spellings_are_subresources() {
    trefoil_tests::shared::with_bucket(super::options, "other-spellings", |t| {
        for query in ["%61cl", "a%63l", "%61bac", "vers%69oning", "%6Cocation=", "publicAccess%42lock=x"] {
            let answer = t.delete(&format!("/{{b}}?{query}")).go();
            assert!([204, 405].contains(&answer.status), "{query}: {}", answer.text());
            t.head("/{b}").is(200);
        }
        t.delete("/{b}?%61cl").fails(405, "MethodNotAllowed");
        t.delete("/{b}?%61bac").fails(405, "MethodNotAllowed");
        t.object("k", "x");
        t.delete("/{b}/k?%61cl").fails(405, "MethodNotAllowed");
        // Taken for PutObject, this would empty the key.
        t.put("/{b}/k?rename%4Fbject").with("x-amz-rename-source", "none").fails(404, "NoSuchKey");
        t.put("/{b}/k?%61cl").with("x-amz-acl", "public-read").is(200);
        t.put("/{b}/k?%74orrent").body("y").fails(405, "MethodNotAllowed");
        t.get("/{b}/k").anonymous().is(200).holds("x");
        t.get("/{b}?%75ploads&vers%69ons").fails(400, "InvalidArgument");
        t.get("/{b}?max-key%73=few").fails(400, "InvalidArgument");
    });
}
