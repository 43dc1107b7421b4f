//! ListObjectVersions.
//!
//! Always holds: keys come in byte order, and newest first within a key.

use trefoil_tests::{Suite, case};

use super::pages;

pub const SUITES: &[Suite] = &[Suite {
    operation: "ListObjectVersions",
    cases: &[
        case("newest_first_and_one_is_latest", pages::LIST_OBJECT_VERSIONS, |t| {
            t.versioning("Enabled");
            let one = t.object("k", "1").need("x-amz-version-id");
            let two = t.object("k", "22").need("x-amz-version-id");
            let three = t.object("k", "333").need("x-amz-version-id");
            let answer = t.get("/{b}?versions").is(200);
            answer.root("ListVersionsResult").shows("Name", &t.bucket).shows("IsTruncated", "false");
            answer.lists("Version/VersionId", &[&three, &two, &one]);
            answer.lists("Version/IsLatest", &["true", "false", "false"]).lists("Version/Size", &["3", "2", "1"]);
            assert_eq!(answer.all("Version/Owner/ID"), vec![t.main().id; 3]);
        }),
        case("an_unversioned_object_is_null", pages::LIST_OBJECT_VERSIONS, |t| {
            t.object("k", "1");
            let answer = t.get("/{b}?versions").is(200);
            answer.shows("Version/VersionId", "null").shows("Version/IsLatest", "true");
        }),
        case("a_delete_marker_is_latest", pages::DELETE_MARKERS, |t| {
            t.versioning("Enabled");
            let version = t.object("k", "1").need("x-amz-version-id");
            let marker = t.delete("/{b}/k").is(204).need("x-amz-version-id");
            let answer = t.get("/{b}?versions").is(200);
            answer.shows("DeleteMarker/VersionId", &marker).shows("DeleteMarker/IsLatest", "true");
            answer.shows("Version/VersionId", &version).shows("Version/IsLatest", "false");
            answer.omits("DeleteMarker/Size").omits("DeleteMarker/ETag");
        }),
        case("pages_go_through_every_version", pages::LIST_OBJECT_VERSIONS, |t| {
            t.versioning("Enabled");
            let mut expected = Vec::new();
            for key in ["a", "b/c", "d"] {
                let mut versions: Vec<String> =
                    (0..3).map(|n| t.object(key, &n.to_string()).need("x-amz-version-id")).collect();
                versions.reverse();
                expected.extend(versions);
            }
            let mut found = Vec::new();
            let mut target = "/{b}?versions&max-keys=2".to_owned();
            for _ in 0..5 {
                let answer = t.get(&target).is(200);
                found.extend(answer.all("Version/VersionId"));
                if answer.one("IsTruncated") == "false" {
                    answer.omits("NextKeyMarker").omits("NextVersionIdMarker");
                    break;
                }
                target = format!(
                    "/{{b}}?versions&max-keys=2&key-marker={}&version-id-marker={}",
                    answer.one("NextKeyMarker"),
                    answer.one("NextVersionIdMarker")
                );
            }
            assert_eq!(found, expected);
        }),
        case("a_key_marker_alone_begins_behind_the_key", pages::LIST_OBJECT_VERSIONS, |t| {
            t.versioning("Enabled");
            t.objects(&["a", "a", "b"]);
            let answer = t.get("/{b}?versions&key-marker=a").is(200);
            answer.lists("Version/Key", &["b"]).shows("KeyMarker", "a");
        }),
        case("a_version_marker_needs_a_key_marker", pages::LIST_OBJECT_VERSIONS, |t| {
            t.versioning("Enabled");
            let version = t.object("a", "").need("x-amz-version-id");
            t.get(&format!("/{{b}}?versions&version-id-marker={version}")).fails(400, "InvalidArgument");
        }),
        case("a_version_marker_that_is_none_is_refused", pages::LIST_OBJECT_VERSIONS, |t| {
            t.versioning("Enabled");
            t.object("a", "");
            let answer = t.get("/{b}?versions&key-marker=a&version-id-marker=!!").fails(400, "InvalidArgument");
            answer.shows("ArgumentName", "version-id-marker").shows("ArgumentValue", "!!");
        }),
        case("a_delimiter_rolls_up", pages::LIST_OBJECT_VERSIONS, |t| {
            t.versioning("Enabled");
            t.objects(&["d/1", "d/1", "d/2", "e"]);
            let answer = t.get("/{b}?versions&delimiter=/").is(200);
            answer.lists("CommonPrefixes/Prefix", &["d/"]).lists("Version/Key", &["e"]);
        }),
        case("a_prefix_that_holds_only_markers_is_rolled_up_too", pages::LIST_OBJECT_VERSIONS, |t| {
            t.versioning("Enabled");
            t.object("d/1", "");
            t.delete("/{b}/d/1").is(204);
            t.get("/{b}?delimiter=/").is(200).omits("CommonPrefixes");
            t.get("/{b}?versions&delimiter=/").is(200).lists("CommonPrefixes/Prefix", &["d/"]);
        }),
        case("a_prefix_narrows", pages::LIST_OBJECT_VERSIONS, |t| {
            t.versioning("Enabled");
            t.objects(&["a/1", "a/1", "ab", "b"]);
            t.get("/{b}?versions&prefix=a/").is(200).lists("Version/Key", &["a/1", "a/1"]).shows("Prefix", "a/");
        }),
        case("names_can_be_url_encoded", pages::LIST_OBJECT_VERSIONS, |t| {
            t.object("x%01%C3%A9", "");
            let answer = t.get("/{b}?versions&encoding-type=url").is(200);
            answer.shows("EncodingType", "url").shows("Version/Key", "x%01%C3%A9");
        }),
        case("versions_before_and_after_suspension", pages::SUSPENDED, |t| {
            t.object("k", "null one");
            t.versioning("Enabled");
            let middle = t.object("k", "kept").need("x-amz-version-id");
            t.versioning("Suspended");
            t.object("k", "null two");
            let answer = t.get("/{b}?versions").is(200);
            answer.lists("Version/VersionId", &["null", &middle]).lists("Version/IsLatest", &["true", "false"]);
            t.get("/{b}/k?versionId=null").is(200).holds("null two");
        }),
        case("absent", pages::LIST_OBJECT_VERSIONS, |t| {
            t.get("/{c}?versions").fails(404, "NoSuchBucket");
        }),
        case("of_another_account", pages::LIST_OBJECT_VERSIONS, |t| {
            t.get("/{b}?versions").alt().fails(403, "AccessDenied");
        }),
    ],
}];
