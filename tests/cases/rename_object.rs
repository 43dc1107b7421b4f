//! RenameObject, for one object as S3 Express One Zone has it, and for a directory as Trefoil extends it.
//!
//! Always holds: source and target are both looked at after a rename.

use trefoil_tests::{Call, Suite, Test, case, checksum};

use super::pages;

const OLD: &str = "Sat, 01 Jan 2000 00:00:00 GMT";
const FAR: &str = "Tue, 01 Jan 2099 00:00:00 GMT";

fn rename<'a>(t: &'a Test, target: &str, source: &str) -> Call<'a> {
    t.put(&format!("/{{b}}/{target}?renameObject")).with("x-amz-rename-source", source)
}

pub const SUITES: &[Suite] = &[Suite {
    operation: "RenameObject",
    cases: &[
        case("moves_content_and_metadata", pages::RENAME_OBJECT, |t| {
            t.put("/{b}/old").with("x-amz-meta-a", "1").with("x-amz-tagging", "t=1").body("x").is(200);
            rename(t, "new/name", "old").is(200);
            t.head("/{b}/old").is(404);
            t.get("/{b}/new/name").is(200).holds("x").has("x-amz-meta-a", "1").has("x-amz-tagging-count", "1");
        }),
        case("replaces_the_target", pages::RENAME_OBJECT, |t| {
            t.object("old", "mine");
            t.object("new", "theirs");
            rename(t, "new", "old").is(200);
            t.get("/{b}/new").is(200).holds("mine");
            t.get("/{b}").is(200).lists("Contents/Key", &["new"]);
        }),
        case("the_source_is_url_encoded", pages::RENAME_OBJECT, |t| {
            t.object("a%20b%2Bc", "x");
            rename(t, "new", "a%20b%2Bc").is(200);
            t.get("/{b}").is(200).lists("Contents/Key", &["new"]);
        }),
        case("source_absent", pages::RENAME_OBJECT, |t| {
            rename(t, "new", "none").fails(404, "NoSuchKey");
            t.head("/{b}/new").is(404);
        }),
        case("the_target_must_be_absent_on_request", pages::RENAME_OBJECT, |t| {
            t.object("old", "mine");
            t.object("new", "theirs");
            rename(t, "new", "old").with("if-none-match", "*").fails(412, "PreconditionFailed");
            t.get("/{b}/new").is(200).holds("theirs");
            t.get("/{b}/old").is(200).holds("mine");
        }),
        case("the_source_must_be_as_seen_on_request", pages::RENAME_OBJECT, |t| {
            t.object("old", "x");
            rename(t, "new", "old").with("x-amz-rename-source-if-match", "\"y\"").fails(412, "PreconditionFailed");
            t.get("/{b}/old").is(200);
            rename(t, "new", "old").with("x-amz-rename-source-if-match", &checksum::etag(b"x")).is(200);
        }),
        case("a_token_makes_it_repeatable", pages::RENAME_OBJECT, |t| {
            t.object("old", "x");
            rename(t, "new", "old").with("x-amz-client-token", "token-1").is(200);
            rename(t, "new", "old").with("x-amz-client-token", "token-1").is(200);
            t.get("/{b}/new").is(200).holds("x");
            rename(t, "new2", "new").with("x-amz-client-token", "token-1").fails(400, "IdempotencyParameterMismatch");
            t.head("/{b}/new2").is(404);
            t.get("/{b}/new").is(200).holds("x");
        }),
        case("a_token_stands_for_its_conditions_too", pages::RENAME_OBJECT, |t| {
            t.object("old", "x");
            let again = || rename(t, "new", "old").with("x-amz-client-token", "t");
            again().is(200);
            for name in ["if-match", "x-amz-rename-source-if-match", "x-amz-rename-source-if-none-match"] {
                again().with(name, "\"y\"").fails(400, "IdempotencyParameterMismatch");
            }
            again().with("if-none-match", "*").fails(400, "IdempotencyParameterMismatch");
            again().is(200);
            t.get("/{b}").is(200).lists("Contents/Key", &["new"]);
        }),
        case("a_token_is_short_and_visible", pages::RENAME_OBJECT, |t| {
            t.object("old", "x");
            for token in ["a b", "caf\u{e9}", &*"t".repeat(65)] {
                let answer = rename(t, "new", "old").with("x-amz-client-token", token).fails(400, "InvalidArgument");
                answer.shows("ArgumentName", "ClientToken");
            }
            t.head("/{b}/new").is(404);
            rename(t, "new", "old").with("x-amz-client-token", &"t".repeat(64)).is(200);
        }),
        case("every_condition_on_the_source", pages::RENAME_OBJECT, |t| {
            let etag = t.object("old", "x").need("etag");
            let refused = [
                ("x-amz-rename-source-if-match", "\"y\"", "x-amz-rename-source-If-Match"),
                ("x-amz-rename-source-if-none-match", etag.as_str(), "x-amz-rename-source-If-None-Match"),
                ("x-amz-rename-source-if-modified-since", FAR, "x-amz-rename-source-If-Modified-Since"),
                ("x-amz-rename-source-if-unmodified-since", OLD, "x-amz-rename-source-If-Unmodified-Since"),
            ];
            for (name, value, shown) in refused {
                let answer = rename(t, "new", "old").with(name, value).fails(412, "PreconditionFailed");
                answer.shows("Condition", shown);
            }
            t.get("/{b}").is(200).lists("Contents/Key", &["old"]);
            rename(t, "new", "old")
                .with("x-amz-rename-source-if-match", &etag)
                .with("x-amz-rename-source-if-modified-since", OLD)
                .is(200);
            rename(t, "old", "new")
                .with("x-amz-rename-source-if-none-match", "\"y\"")
                .with("x-amz-rename-source-if-unmodified-since", FAR)
                .is(200);
            t.get("/{b}").is(200).lists("Contents/Key", &["old"]);
        }),
        case("the_target_must_be_as_seen_on_request", pages::RENAME_OBJECT, |t| {
            t.object("old", "mine");
            rename(t, "new", "old").with("if-match", "\"y\"").fails(404, "NoSuchKey");
            t.object("new", "theirs");
            let answer = rename(t, "new", "old").with("if-match", "\"y\"").fails(412, "PreconditionFailed");
            answer.shows("Condition", "If-Match");
            t.get("/{b}/new").is(200).holds("theirs");
            rename(t, "new", "old").with("if-match", &checksum::etag(b"theirs")).is(200);
            t.get("/{b}").is(200).lists("Contents/Key", &["new"]);
            t.get("/{b}/new").is(200).holds("mine");
        }),
        case("conditions_on_a_directory_are_those_of_its_object", pages::RENAME_OBJECT, |t| {
            t.objects(&["a/1", "m/", "m/1"]);
            rename(t, "n/", "a/").with("x-amz-rename-source-if-match", "\"y\"").fails(412, "PreconditionFailed");
            rename(t, "n/", "a/").with("x-amz-rename-source-if-none-match", "\"y\"").fails(501, "NotImplemented");
            rename(t, "n/", "a/").with("x-amz-rename-source-if-modified-since", OLD).fails(501, "NotImplemented");
            rename(t, "n/", "a/").with("x-amz-rename-source-if-unmodified-since", FAR).fails(501, "NotImplemented");
            rename(t, "n/", "none/").with("x-amz-rename-source-if-match", "\"y\"").fails(404, "NoSuchKey");
            rename(t, "n/", "m/").with("x-amz-rename-source-if-match", "\"y\"").fails(412, "PreconditionFailed");
            // The target must be absent, so that no tag of it can match.
            rename(t, "n/", "m/").with("if-match", "\"y\"").fails(404, "NoSuchKey");
            t.get("/{b}").is(200).lists("Contents/Key", &["a/1", "m/", "m/1"]);
            rename(t, "n/", "m/").with("x-amz-rename-source-if-match", &checksum::etag(b"")).is(200);
            rename(t, "o/", "a/").with("if-none-match", "*").is(200);
            t.get("/{b}").is(200).lists("Contents/Key", &["n/", "n/1", "o/1"]);
        }),
        case("keys_that_a_rename_makes_longer_than_any_can_be_copied_renamed_and_deleted", pages::RENAME_OBJECT, |t| {
            let (name, above) = ("x".repeat(1000), "y".repeat(900));
            let long = format!("{above}/{name}");
            t.put(&format!("/{{b}}/d/{name}")).body("long").is(200);
            rename(t, &format!("{above}/"), "d/").is(200);
            t.get("/{b}").is(200).lists("Contents/Key", &[&long]);
            t.put("/{b}/copy").with("x-amz-copy-source", &format!("{{b}}/{long}")).is(200);
            t.get("/{b}/copy").is(200).holds("long");
            // It can't be made.
            t.put(&format!("/{{b}}/{long}")).body("x").fails(400, "KeyTooLongError");
            rename(t, "short", &long).is(200);
            t.get("/{b}/short").is(200).holds("long");
            t.get("/{b}").is(200).lists("Contents/Key", &["copy", "short"]);

            t.put(&format!("/{{b}}/e/{name}")).body("long").is(200);
            rename(t, &format!("{above}/"), "e/").is(200);
            let delete = |key: &str| {
                let document = format!("<Delete><Object><Key>{key}</Key></Object></Delete>");
                t.post("/{b}?delete").body(document).md5().is(200)
            };
            delete(&long).lists("Deleted/Key", &[&long]);
            t.get("/{b}").is(200).lists("Contents/Key", &["copy", "short"]);
            // What is not there is too long, as ever.
            delete(&long).lists("Error/Code", &["KeyTooLongError"]);
        }),
        case("a_directory_moves_whole", pages::RENAME_OBJECT, |t| {
            t.objects(&["a/1", "a/b/2", "a/b/c/3", "z"]);
            rename(t, "n/m/", "a/").is(200);
            t.get("/{b}").is(200).lists("Contents/Key", &["n/m/1", "n/m/b/2", "n/m/b/c/3", "z"]);
        }),
        case("a_directory_onto_one_that_exists", pages::RENAME_OBJECT, |t| {
            t.objects(&["a/1", "n/2"]);
            rename(t, "n/", "a/").fails(412, "PreconditionFailed");
            t.get("/{b}").is(200).lists("Contents/Key", &["a/1", "n/2"]);
        }),
        case("a_directory_that_is_absent", pages::RENAME_OBJECT, |t| {
            rename(t, "n/", "a/").fails(404, "NoSuchKey");
        }),
        case("a_directory_into_itself", pages::RENAME_OBJECT, |t| {
            t.objects(&["a/1"]);
            rename(t, "a/b/", "a/").fails(400, "InvalidRequest");
            rename(t, "a/", "a/").fails(412, "PreconditionFailed");
            t.get("/{b}").is(200).lists("Contents/Key", &["a/1"]);
        }),
        case("not_where_there_are_versions", pages::RENAME_OBJECT, |t| {
            t.versioning("Enabled");
            t.objects(&["a/1", "k"]);
            rename(t, "n/", "a/").fails(501, "NotImplemented");
            rename(t, "n", "k").fails(501, "NotImplemented");
            t.get("/{b}").is(200).lists("Contents/Key", &["a/1", "k"]);
        }),
        case("a_source_is_needed", pages::RENAME_OBJECT, |t| {
            t.put("/{b}/new?renameObject").fails(400, "InvalidRequest");
            for source in ["/{c}/old", "/{b}/", "%FF"] {
                let answer = rename(t, "new", source).fails(400, "InvalidArgument");
                answer.shows("ArgumentName", "x-amz-rename-source");
            }
            t.object("old", "x");
            rename(t, "new/", "old").fails(400, "InvalidRequest");
            t.head("/{b}/new").is(404);
        }),
        case("by_another_account", pages::RENAME_OBJECT, |t| {
            t.object("old", "x");
            rename(t, "new", "old").alt().fails(403, "AccessDenied");
            t.get("/{b}/old").is(200);
        }),
    ],
}];
