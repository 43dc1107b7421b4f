//! ListObjects and ListObjectsV2.
//!
//! Always holds: the expected order is the byte order of the keys in UTF-8.

use trefoil_tests::{Suite, case};

use super::pages;

const TREE: &[&str] = &["a", "b/1", "b/2", "b/c/3", "b-", "b0", "d/", "e"];

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "ListObjects",
        cases: &[
            case("describes_each_object", pages::LIST_OBJECTS, |t| {
                t.object("k", "hello");
                let answer = t.get("/{b}").is(200);
                answer.root("ListBucketResult").shows("Name", &t.bucket).shows("Prefix", "").shows("Marker", "");
                answer.shows("MaxKeys", "1000").shows("IsTruncated", "false").omits("NextMarker");
                answer
                    .shows("Contents/Key", "k")
                    .shows("Contents/Size", "5")
                    .shows("Contents/StorageClass", "STANDARD");
                answer.shows("Contents/ETag", "\"5d41402abc4b2a76b9719d911017c592\"");
                answer.shows("Contents/Owner/ID", &t.main().id);
                let modified = answer.one("Contents/LastModified");
                assert!(modified.len() == 24 && modified.ends_with("Z") && modified.contains('T'), "{modified}");
            }),
            case("is_empty_for_an_empty_bucket", pages::LIST_OBJECTS, |t| {
                t.get("/{b}").is(200).omits("Contents").omits("CommonPrefixes").shows("IsTruncated", "false");
            }),
            case("is_in_byte_order", pages::LIST_OBJECTS, |t| {
                t.objects(&["b", "a%2Fb", "a.txt", "a-b", "a", "B", "%C3%A9", "a0", "%F0%9F%98%80", "%EF%BF%BD"]);
                t.get("/{b}").is(200).lists(
                    "Contents/Key",
                    &["B", "a", "a-b", "a.txt", "a/b", "a0", "b", "\u{e9}", "\u{fffd}", "\u{1f600}"],
                );
            }),
            case("a_delimiter_rolls_up", pages::PREFIXES, |t| {
                t.objects(TREE);
                let answer = t.get("/{b}?delimiter=/").is(200);
                answer.lists("Contents/Key", &["a", "b-", "b0", "e"]).shows("Delimiter", "/");
                answer.lists("CommonPrefixes/Prefix", &["b/", "d/"]);
            }),
            case("a_prefix_and_a_delimiter", pages::PREFIXES, |t| {
                t.objects(TREE);
                let answer = t.get("/{b}?prefix=b/&delimiter=/").is(200);
                answer.shows("Prefix", "b/").lists("Contents/Key", &["b/1", "b/2"]);
                answer.lists("CommonPrefixes/Prefix", &["b/c/"]);
                let answer = t.get("/{b}?prefix=b&delimiter=/").is(200);
                answer.lists("Contents/Key", &["b-", "b0"]).lists("CommonPrefixes/Prefix", &["b/"]);
                t.get("/{b}?prefix=d/&delimiter=/").is(200).lists("Contents/Key", &["d/"]).omits("CommonPrefixes");
            }),
            case("a_prefix_that_nothing_has", pages::LIST_OBJECTS, |t| {
                t.objects(TREE);
                t.get("/{b}?prefix=zz").is(200).omits("Contents").shows("Prefix", "zz");
            }),
            case("any_text_can_be_the_delimiter", pages::PREFIXES, |t| {
                t.objects(&["one--two", "one--three", "one-four", "five%20six", "x%25y"]);
                let answer = t.get("/{b}?delimiter=--").is(200);
                answer.lists("Contents/Key", &["five six", "one-four", "x%y"]);
                answer.lists("CommonPrefixes/Prefix", &["one--"]);
                t.get("/{b}?delimiter=%20").is(200).lists("CommonPrefixes/Prefix", &["five "]);
                t.get("/{b}?delimiter=%25").is(200).lists("CommonPrefixes/Prefix", &["x%"]);
            }),
            case("an_empty_delimiter_rolls_up_nothing", pages::LIST_OBJECTS, |t| {
                t.objects(&["a/b", "c"]);
                let answer = t.get("/{b}?delimiter=").is(200);
                answer.lists("Contents/Key", &["a/b", "c"]).omits("CommonPrefixes");
            }),
            case("empty_segments_are_keys_of_their_own", pages::KEYS, |t| {
                t.objects(&["a//b", "a/b", "/lead", "trail/"]);
                t.get("/{b}").is(200).lists("Contents/Key", &["/lead", "a//b", "a/b", "trail/"]);
                t.get("/{b}?delimiter=/").is(200).lists("CommonPrefixes/Prefix", &["/", "a/", "trail/"]);
                let answer = t.get("/{b}?delimiter=/&prefix=a/").is(200);
                answer.lists("Contents/Key", &["a/b"]).lists("CommonPrefixes/Prefix", &["a//"]);
            }),
            case("pages_by_marker", pages::LIST_OBJECTS, |t| {
                t.objects(&["a", "b", "c", "d", "e"]);
                let answer = t.get("/{b}?max-keys=2").is(200);
                answer.lists("Contents/Key", &["a", "b"]).shows("IsTruncated", "true").shows("MaxKeys", "2");
                let answer = t.get("/{b}?max-keys=2&marker=b").is(200);
                answer.lists("Contents/Key", &["c", "d"]).shows("Marker", "b");
                let answer = t.get("/{b}?max-keys=2&marker=d").is(200);
                answer.lists("Contents/Key", &["e"]).shows("IsTruncated", "false");
            }),
            case("a_marker_need_not_exist", pages::LIST_OBJECTS, |t| {
                t.objects(&["a", "b/1", "b/2", "c"]);
                t.get("/{b}?marker=b/").is(200).lists("Contents/Key", &["b/1", "b/2", "c"]);
                t.get("/{b}?marker=b/15").is(200).lists("Contents/Key", &["b/2", "c"]);
                t.get("/{b}?marker=zz").is(200).omits("Contents").shows("IsTruncated", "false");
            }),
            case("next_marker_comes_with_a_delimiter", pages::LIST_OBJECTS, |t| {
                t.objects(TREE);
                let answer = t.get("/{b}?delimiter=/&max-keys=3").is(200);
                answer.lists("Contents/Key", &["a", "b-"]).lists("CommonPrefixes/Prefix", &["b/"]);
                answer.shows("NextMarker", "b/").shows("IsTruncated", "true");
                let answer = t.get("/{b}?delimiter=/&max-keys=3&marker=b/").is(200);
                answer.lists("Contents/Key", &["b0", "e"]).lists("CommonPrefixes/Prefix", &["d/"]);
                answer.shows("IsTruncated", "false");
            }),
            case("no_keys_asked_for_none_given", pages::LIST_OBJECTS, |t| {
                t.objects(&["a", "b"]);
                let answer = t.get("/{b}?max-keys=0").is(200);
                answer.omits("Contents").shows("MaxKeys", "0").shows("IsTruncated", "false");
            }),
            case("more_than_a_thousand_are_a_thousand", pages::LIST_OBJECTS, |t| {
                t.object("a", "");
                t.get("/{b}?max-keys=5000").is(200).shows("MaxKeys", "1000").lists("Contents/Key", &["a"]);
            }),
            case("max_keys_must_be_a_number", pages::LIST_OBJECTS, |t| {
                t.get("/{b}?max-keys=few").fails(400, "InvalidArgument").shows("ArgumentName", "max-keys");
                t.get("/{b}?max-keys=-1").fails(400, "InvalidArgument");
            }),
            case("names_can_be_url_encoded", pages::LIST_OBJECTS, |t| {
                t.objects(&["a%20b/c%2Bd", "x%01y", "%C3%A9"]);
                let answer = t.get("/{b}?encoding-type=url").is(200);
                answer.shows("EncodingType", "url");
                let keys = answer.all("Contents/Key");
                assert!(keys[0] == "a+b/c%2Bd" || keys[0] == "a%20b/c%2Bd", "{keys:?}");
                assert_eq!(keys[1..], ["x%01y".to_owned(), "%C3%A9".to_owned()]);
                let answer = t.get("/{b}?encoding-type=url&delimiter=/&prefix=a%20").is(200);
                let prefix = answer.one("CommonPrefixes/Prefix");
                assert!(prefix == "a+b/" || prefix == "a%20b/", "{prefix}");
            }),
            case("what_xml_can_not_hold_is_a_reference", pages::LIST_OBJECTS, |t| {
                t.objects(&["%01", "a%0Db", "a%EF%BF%BFb", "%1F"]);
                let listed = t.get("/{b}").is(200);
                let text = listed.text();
                for name in ["&#x1;", "a&#13;b", "a&#xffff;b", "&#x1f;"] {
                    assert!(text.contains(&format!("<Key>{name}</Key>")), "{name}: {text}");
                }
                assert!(!text.contains(['\u{1}', '\r', '\u{ffff}', '\u{1f}']), "{text}");
                // So in the answers about one key.
                let upload = t.post("/{b}/%01?uploads").is(200);
                assert!(upload.text().contains("<Key>&#x1;</Key>"), "{}", upload.text());
                let missing = t.get("/{b}/%02").fails(404, "NoSuchKey");
                assert!(missing.text().contains("<Key>&#x2;</Key>"), "{}", missing.text());
                let body = "<Delete><Object><Key>&#x1;</Key></Object></Delete>";
                let deleted = t.post("/{b}?delete").body(body).md5().is(200);
                assert!(deleted.text().contains("<Key>&#x1;</Key>"), "{}", deleted.text());
                t.head("/{b}/%01").is(404);
            }),
            case("another_encoding_is_refused", pages::LIST_OBJECTS, |t| {
                t.get("/{b}?encoding-type=base64").fails(400, "InvalidArgument").shows("ArgumentName", "encoding-type");
            }),
            case("a_deleted_key_is_gone_at_once", pages::LIST_OBJECTS, |t| {
                t.objects(&["d/x", "d/y", "e/z"]);
                t.delete("/{b}/d/x").is(204);
                t.delete("/{b}/e/z").is(204);
                t.get("/{b}?delimiter=/").is(200).lists("CommonPrefixes/Prefix", &["d/"]);
                t.delete("/{b}/d/y").is(204);
                t.get("/{b}?delimiter=/").is(200).omits("CommonPrefixes");
            }),
            case("a_delete_marker_hides_the_key", pages::DELETE_MARKERS, |t| {
                t.versioning("Enabled");
                t.objects(&["d/x", "k"]);
                t.delete("/{b}/d/x").is(204);
                t.get("/{b}").is(200).lists("Contents/Key", &["k"]);
                t.get("/{b}?delimiter=/").is(200).omits("CommonPrefixes");
            }),
            case("absent", pages::LIST_OBJECTS, |t| {
                t.get("/{c}").fails(404, "NoSuchBucket").shows("BucketName", &t.fill("{c}"));
            }),
            case("of_another_account", pages::LIST_OBJECTS, |t| {
                t.get("/{b}").alt().fails(403, "AccessDenied");
                t.get("/{b}").anonymous().fails(403, "AccessDenied");
            }),
        ],
    },
    Suite {
        operation: "ListObjectsV2",
        cases: &[
            case("counts_and_leaves_owners_out", pages::LIST_OBJECTS_V2, |t| {
                t.objects(TREE);
                let answer = t.get("/{b}?list-type=2").is(200);
                answer.shows("KeyCount", "8").shows("MaxKeys", "1000").omits("Contents/Owner").omits("Marker");
                answer.omits("NextContinuationToken").omits("StartAfter");
            }),
            case("owners_on_request", pages::LIST_OBJECTS_V2, |t| {
                t.object("k", "");
                let answer = t.get("/{b}?list-type=2&fetch-owner=true").is(200);
                answer.shows("Contents/Owner/ID", &t.main().id);
            }),
            case("common_prefixes_count", pages::LIST_OBJECTS_V2, |t| {
                t.objects(TREE);
                let answer = t.get("/{b}?list-type=2&delimiter=/&max-keys=3").is(200);
                answer.shows("KeyCount", "3").lists("Contents/Key", &["a", "b-"]);
                answer.lists("CommonPrefixes/Prefix", &["b/"]).shows("IsTruncated", "true");
            }),
            case("pages_by_token", pages::LIST_OBJECTS_V2, |t| {
                t.objects(TREE);
                let mut found = Vec::new();
                let mut target = "/{b}?list-type=2&max-keys=3".to_owned();
                for _ in 0..4 {
                    let answer = t.get(&target).is(200);
                    found.extend(answer.all("Contents/Key"));
                    let Some(token) = answer.all("NextContinuationToken").pop() else { break };
                    answer.shows("IsTruncated", "true");
                    let token = trefoil_tests::sign::encode(token.as_bytes(), false);
                    target = format!("/{{b}}?list-type=2&max-keys=3&continuation-token={token}");
                }
                let mut expected: Vec<&str> = TREE.to_vec();
                expected.sort_unstable();
                assert_eq!(found, expected);
            }),
            case("the_token_is_shown_again", pages::LIST_OBJECTS_V2, |t| {
                t.objects(&["a", "b", "c"]);
                let token = t.get("/{b}?list-type=2&max-keys=1").is(200).one("NextContinuationToken");
                let encoded = trefoil_tests::sign::encode(token.as_bytes(), false);
                let answer = t.get(&format!("/{{b}}?list-type=2&continuation-token={encoded}")).is(200);
                answer.shows("ContinuationToken", &token).lists("Contents/Key", &["b", "c"]);
            }),
            case("a_token_outlives_the_key_it_came_from", pages::LIST_OBJECTS_V2, |t| {
                t.objects(&["a", "b", "c", "d"]);
                let token = t.get("/{b}?list-type=2&max-keys=2").is(200).one("NextContinuationToken");
                t.delete("/{b}/b").is(204);
                t.delete("/{b}/c").is(204);
                let encoded = trefoil_tests::sign::encode(token.as_bytes(), false);
                t.get(&format!("/{{b}}?list-type=2&continuation-token={encoded}"))
                    .is(200)
                    .lists("Contents/Key", &["d"]);
            }),
            case("a_token_that_is_none_is_refused", pages::LIST_OBJECTS_V2, |t| {
                t.get("/{b}?list-type=2&continuation-token=%21not-a-token").fails(400, "InvalidArgument");
            }),
            case("start_after_begins_behind", pages::LIST_OBJECTS_V2, |t| {
                t.objects(&["a", "b", "c"]);
                let answer = t.get("/{b}?list-type=2&start-after=a5").is(200);
                answer.shows("StartAfter", "a5").lists("Contents/Key", &["b", "c"]);
            }),
            case("start_after_inside_a_common_prefix", pages::LIST_OBJECTS_V2, |t| {
                t.objects(&["a/1", "a/2", "b"]);
                let answer = t.get("/{b}?list-type=2&delimiter=/&start-after=a/1").is(200);
                answer.lists("CommonPrefixes/Prefix", &["a/"]).lists("Contents/Key", &["b"]);
            }),
            case("a_token_wins_over_start_after", pages::LIST_OBJECTS_V2, |t| {
                t.objects(&["a", "b", "c"]);
                let token = t.get("/{b}?list-type=2&max-keys=1").is(200).one("NextContinuationToken");
                let token = trefoil_tests::sign::encode(token.as_bytes(), false);
                let answer = t.get(&format!("/{{b}}?list-type=2&start-after=b&continuation-token={token}")).is(200);
                answer.lists("Contents/Key", &["b", "c"]);
            }),
            case("another_type_is_refused", pages::LIST_OBJECTS_V2, |t| {
                t.get("/{b}?list-type=3").fails(400, "InvalidArgument");
            }),
            case("names_can_be_url_encoded", pages::LIST_OBJECTS_V2, |t| {
                t.objects(&["%C3%A9/x", "%C3%A9/y"]);
                let answer =
                    t.get("/{b}?list-type=2&encoding-type=url&prefix=%C3%A9&delimiter=/&start-after=%C3%A8").is(200);
                answer.shows("Prefix", "%C3%A9").shows("StartAfter", "%C3%A8");
                answer.shows("CommonPrefixes/Prefix", "%C3%A9/");
            }),
            case("absent", pages::LIST_OBJECTS_V2, |t| {
                t.get("/{c}?list-type=2").fails(404, "NoSuchBucket");
            }),
            case("of_another_account", pages::LIST_OBJECTS_V2, |t| {
                t.get("/{b}?list-type=2").alt().fails(403, "AccessDenied");
            }),
            case("equals_the_heads", pages::LIST_OBJECTS_V2, |t| {
                t.object("a", "one");
                t.object("d/e", "three");
                let answer = t.get("/{b}?list-type=2").is(200);
                for (key, etag) in answer.all("Contents/Key").iter().zip(answer.all("Contents/ETag")) {
                    t.head(&format!("/{{b}}/{key}")).is(200).has("etag", &etag);
                }
            }),
        ],
    },
];
