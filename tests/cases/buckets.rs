//! ListBuckets, CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation.
//!
//! Always holds: a case makes no bucket whose name another case could use.

use trefoil_tests::{Suite, case};

use super::pages;

fn with_tags(tags: &str) -> String {
    format!("<CreateBucketConfiguration><Tags>{tags}</Tags></CreateBucketConfiguration>")
}

pub const SUITES: &[Suite] = &[
    Suite {
        operation: "ListBuckets",
        cases: &[
            case("names_its_owner_and_each_bucket", pages::LIST_BUCKETS, |t| {
                let answer = t.get("/").is(200);
                answer.root("ListAllMyBucketsResult").has("content-type", "application/xml");
                answer.shows("Owner/ID", &t.main().id);
                assert!(answer.all("Buckets/Bucket/Name").contains(&t.bucket));
                assert_eq!(answer.all("Buckets/Bucket/CreationDate").len(), answer.all("Buckets/Bucket").len());
            }),
            case("is_in_byte_order_of_names", pages::LIST_BUCKETS, |t| {
                for end in ["z", "a", "0", "m.x"] {
                    t.put(&format!("/{{b}}{end}")).is(200);
                }
                let b = &t.bucket;
                let expected = [format!("{b}0"), format!("{b}a"), format!("{b}m.x"), format!("{b}z")];
                let names = t.get("/").is(200).all("Buckets/Bucket/Name");
                let mine: Vec<_> = names.into_iter().filter(|name| expected.contains(name)).collect();
                assert_eq!(mine, expected);
            }),
            case("shows_only_the_requesters_own", pages::LIST_BUCKETS, |t| {
                let answer = t.get("/").alt().is(200);
                answer.shows("Owner/ID", &t.alt().id);
                assert!(!answer.all("Buckets/Bucket/Name").contains(&t.bucket));
            }),
            case("prefix_narrows_and_is_shown", pages::LIST_BUCKETS, |t| {
                let answer = t.get("/?prefix={b}").is(200);
                answer.shows("Prefix", &t.bucket).lists("Buckets/Bucket/Name", &[&t.bucket]);
            }),
            case("pages_go_on_behind_the_token", pages::LIST_BUCKETS, |t| {
                t.put("/{b}-p1").is(200);
                t.put("/{b}-p2").is(200);
                let first = t.get("/?prefix={b}&max-buckets=2").is(200);
                assert_eq!(first.all("Buckets/Bucket/Name").len(), 2);
                let token = trefoil_tests::sign::encode(first.one("ContinuationToken").as_bytes(), false);
                let second = t.get(&format!("/?prefix={{b}}&max-buckets=2&continuation-token={token}")).is(200);
                second.lists("Buckets/Bucket/Name", &[&t.fill("{b}-p2")]).omits("ContinuationToken");
            }),
            case("max_buckets_zero_is_refused", pages::LIST_BUCKETS, |t| {
                t.get("/?max-buckets=0").fails(400, "InvalidArgument");
            }),
            case("max_buckets_must_be_a_number", pages::LIST_BUCKETS, |t| {
                t.get("/?max-buckets=many").fails(400, "InvalidArgument");
            }),
            case("max_buckets_is_ten_thousand_at_most", pages::LIST_BUCKETS, |t| {
                t.get("/?max-buckets=10000&prefix={b}").is(200).lists("Buckets/Bucket/Name", &[&t.bucket]);
                t.get("/?max-buckets=10001").fails(400, "InvalidArgument").shows("ArgumentName", "max-buckets");
            }),
            case("a_token_that_is_none", pages::LIST_BUCKETS, |t| {
                for token in ["forged", "%21%21", "MQ", "!"] {
                    let answer = t.get(&format!("/?prefix={{b}}&continuation-token={token}")).go();
                    match token {
                        // The token of a page behind nothing.
                        "MQ" => assert_eq!(answer.status, 200, "{}", answer.text()),
                        _ => assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidArgument"), "{token}"),
                    }
                }
            }),
            case("a_token_from_behind_the_prefix", pages::LIST_BUCKETS, |t| {
                t.put("/{b}-p1").is(200);
                t.put("/{b}-p2").is(200);
                let first = t.get("/?prefix={b}-p&max-buckets=1").is(200);
                first.lists("Buckets/Bucket/Name", &[&t.fill("{b}-p1")]);
                let token = trefoil_tests::sign::encode(first.one("ContinuationToken").as_bytes(), false);
                let behind = t.get(&format!("/?prefix={{b}}-o&continuation-token={token}")).is(200);
                behind.omits("Buckets/Bucket").omits("ContinuationToken");
                let before = t.get(&format!("/?prefix={{b}}-p2&continuation-token={token}")).is(200);
                before.lists("Buckets/Bucket/Name", &[&t.fill("{b}-p2")]);
            }),
            case("of_another_region_there_are_none", pages::LIST_BUCKETS, |t| {
                t.get("/?bucket-region=eu-west-9&prefix={b}").is(200).omits("Buckets/Bucket");
                let here = t.get("/?bucket-region=us-east-1&prefix={b}").is(200);
                here.lists("Buckets/Bucket/Name", &[&t.bucket]).shows("Buckets/Bucket/BucketRegion", "us-east-1");
            }),
            case("needs_credentials", pages::LIST_BUCKETS, |t| {
                t.get("/").anonymous().fails(403, "AccessDenied");
            }),
        ],
    },
    Suite {
        operation: "CreateBucket",
        cases: &[
            case("answers_with_its_location", pages::CREATE_BUCKET, |t| {
                t.put("/{c}").is(200).has("location", &t.fill("/{c}")).holds("");
                t.head("/{c}").is(200);
            }),
            case("again_by_its_owner", pages::CREATE_BUCKET, |t| {
                // In us-east-1 it succeeds; with a location it does not.
                t.put("/{b}").is(200);
                t.put("/{b}")
                    .body("<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>")
                    .fails(409, "BucketAlreadyOwnedByYou")
                    .shows("BucketName", &t.bucket);
            }),
            case("again_by_another", pages::CREATE_BUCKET, |t| {
                t.put("/{b}").alt().fails(409, "BucketAlreadyExists").shows("BucketName", &t.bucket);
                t.get("/{b}?acl").is(200).shows("Owner/ID", &t.main().id);
            }),
            case("needs_credentials", pages::CREATE_BUCKET, |t| {
                t.put("/{c}").anonymous().fails(403, "AccessDenied");
                t.head("/{c}").is(404);
            }),
            case("two_characters_are_too_few", pages::NAMING, |t| {
                t.put("/ab").fails(400, "InvalidBucketName").shows("BucketName", "ab");
            }),
            case("sixty_three_characters_are_enough_and_sixty_four_too_many", pages::NAMING, |t| {
                let name = format!("{:x<63}", t.bucket);
                t.put(&format!("/{name}")).is(200);
                t.put(&format!("/{name}x")).fails(400, "InvalidBucketName");
            }),
            case("capitals_are_refused", pages::NAMING, |t| {
                t.put("/Capital-{b}").fails(400, "InvalidBucketName");
            }),
            case("underscores_are_refused", pages::NAMING, |t| {
                t.put("/a_{b}").fails(400, "InvalidBucketName");
            }),
            case("an_address_is_no_name", pages::NAMING, |t| {
                t.put("/192.168.5.4").fails(400, "InvalidBucketName");
            }),
            case("a_dash_at_an_end_is_refused", pages::NAMING, |t| {
                t.put("/-{b}").fails(400, "InvalidBucketName");
                t.put("/{b}-").fails(400, "InvalidBucketName");
            }),
            case("two_dots_together_are_refused", pages::NAMING, |t| {
                t.put("/{b}..x").fails(400, "InvalidBucketName");
            }),
            case("reserved_prefixes_and_suffixes_are_refused", pages::NAMING, |t| {
                for name in ["/xn--{b}", "/sthree-{b}", "/{b}-s3alias", "/{b}--ol-s3", "/{b}.mrap", "/{b}--x-s3"] {
                    t.put(name).fails(400, "InvalidBucketName");
                }
            }),
            case("an_unknown_location_is_refused", pages::CREATE_BUCKET, |t| {
                t.put("/{c}")
                    .body("<CreateBucketConfiguration><LocationConstraint>the-moon-1</LocationConstraint></CreateBucketConfiguration>")
                    .fails(400, "InvalidLocationConstraint");
                t.head("/{c}").is(404);
            }),
            case("a_body_that_is_no_document_is_refused", pages::CREATE_BUCKET, |t| {
                t.put("/{c}").body("<CreateBucketConfiguration>").fails(400, "MalformedXML");
                t.head("/{c}").is(404);
            }),
            case("a_canned_acl_counts_from_the_start", pages::CREATE_BUCKET, |t| {
                t.put("/{c}").with("x-amz-acl", "public-read").is(200);
                t.get("/{c}").anonymous().is(200);
            }),
            case("tags_count_from_the_start", pages::CREATE_BUCKET, |t| {
                t.put("/{c}").body(with_tags("<Tag><Key>a</Key><Value>1&#43;2</Value></Tag>")).is(200);
                let tags = t.get("/{c}?tagging").is(200);
                tags.lists("TagSet/Tag/Key", &["a"]).lists("TagSet/Tag/Value", &["1+2"]);
                // Made again with tags, it would answer 200 and keep none of them.
                t.put("/{c}")
                    .body(with_tags("<Tag><Key>b</Key><Value>2</Value></Tag>"))
                    .fails(409, "BucketAlreadyOwnedByYou");
                t.get("/{c}?tagging").is(200).lists("TagSet/Tag/Key", &["a"]);
            }),
            case("tags_that_can_not_be_make_no_bucket", pages::CREATE_BUCKET, |t| {
                let twice = "<Tag><Key>a</Key><Value>1</Value></Tag>".repeat(2);
                t.put("/{c}").body(with_tags(&twice)).fails(400, "InvalidTag");
                t.put("/{c}").body(with_tags("<Tag><Key>a</Key></Tag>")).fails(400, "MalformedXML");
                t.head("/{c}").is(404);
            }),
            case("what_the_document_may_not_hold_is_not_ignored", pages::CREATE_BUCKET, |t| {
                for inner in ["<ObjectLock>true</ObjectLock>", "<Tag><Key>a</Key><Value>1</Value></Tag>", "us-east-1"] {
                    let document = format!("<CreateBucketConfiguration>{inner}</CreateBucketConfiguration>");
                    t.put("/{c}").body(document).fails(400, "MalformedXML");
                }
                let zone = "<CreateBucketConfiguration><Location><Name>z</Name><Type>AvailabilityZone</Type></Location>\
                            </CreateBucketConfiguration>";
                t.put("/{c}").body(zone).fails(501, "NotImplemented");
                t.head("/{c}").is(404);
            }),
            case("a_canned_acl_for_ec2_lets_nobody_in", pages::ACL, |t| {
                t.put("/{c}").with("x-amz-acl", "aws-exec-read").is(200);
                t.get("/{c}").alt().fails(403, "AccessDenied");
                t.get("/{c}?acl").is(200).lists("AccessControlList/Grant/Permission", &["FULL_CONTROL"]);
            }),
            case("an_unknown_canned_acl_is_refused", pages::CREATE_BUCKET, |t| {
                t.put("/{c}").with("x-amz-acl", "public-ish").fails(400, "InvalidArgument");
                t.head("/{c}").is(404);
            }),
            case("object_lock_is_not_ignored", pages::CREATE_BUCKET, |t| {
                t.put("/{c}").with("x-amz-bucket-object-lock-enabled", "true").fails(501, "NotImplemented");
                t.head("/{c}").is(404);
            }),
            case("a_deleted_name_can_be_made_again_empty", pages::CREATE_BUCKET, |t| {
                t.versioning("Enabled");
                t.delete("/{b}").is(204);
                t.put("/{b}").alt().is(200);
                t.get("/{b}?versioning").alt().is(200).omits("Status");
            }),
        ],
    },
    Suite {
        operation: "HeadBucket",
        cases: &[
            case("tells_the_region", pages::HEAD_BUCKET, |t| {
                t.head("/{b}").is(200).has("x-amz-bucket-region", "us-east-1").holds("");
            }),
            case("absent", pages::HEAD_BUCKET, |t| {
                t.head("/{c}").fails(404, "NoSuchBucket");
            }),
            case("of_another_account", pages::HEAD_BUCKET, |t| {
                t.head("/{b}").alt().fails(403, "AccessDenied");
            }),
            case("without_credentials", pages::HEAD_BUCKET, |t| {
                t.head("/{b}").anonymous().fails(403, "AccessDenied");
            }),
            case("the_expected_owner_is_compared", pages::EXPECTED_OWNER, |t| {
                t.head("/{b}").with("x-amz-expected-bucket-owner", &t.main().id).is(200);
                t.head("/{b}").with("x-amz-expected-bucket-owner", &t.alt().id).fails(403, "AccessDenied");
            }),
        ],
    },
    Suite {
        operation: "DeleteBucket",
        cases: &[
            case("removes_it", pages::DELETE_BUCKET, |t| {
                t.delete("/{b}").is(204).holds("");
                t.head("/{b}").is(404);
            }),
            case("absent", pages::DELETE_BUCKET, |t| {
                t.delete("/{c}").fails(404, "NoSuchBucket").shows("BucketName", &t.fill("{c}"));
            }),
            case("with_an_object_in_it", pages::DELETE_BUCKET, |t| {
                t.object("deep/er/key", "x");
                t.delete("/{b}").fails(409, "BucketNotEmpty").shows("BucketName", &t.bucket);
                t.delete("/{b}/deep/er/key").is(204);
                t.delete("/{b}").is(204);
            }),
            case("with_an_old_version_in_it", pages::DELETE_BUCKET, |t| {
                t.versioning("Enabled");
                let version = t.object("k", "x").need("x-amz-version-id");
                let marker = t.delete("/{b}/k").is(204).need("x-amz-version-id");
                t.delete("/{b}").fails(409, "BucketNotEmpty");
                t.delete(&format!("/{{b}}/k?versionId={version}")).is(204);
                t.delete("/{b}").fails(409, "BucketNotEmpty");
                t.delete(&format!("/{{b}}/k?versionId={marker}")).is(204);
                t.delete("/{b}").is(204);
            }),
            case("by_another_account", pages::DELETE_BUCKET, |t| {
                t.delete("/{b}").alt().fails(403, "AccessDenied");
                t.head("/{b}").is(200);
            }),
        ],
    },
    Suite {
        operation: "GetBucketLocation",
        cases: &[
            case("is_empty_in_the_first_region", pages::GET_BUCKET_LOCATION, |t| {
                let answer = t.get("/{b}?location").is(200);
                answer.root("LocationConstraint");
                assert_eq!(answer.xml().text, "");
            }),
            case("absent", pages::GET_BUCKET_LOCATION, |t| {
                t.get("/{c}?location").fails(404, "NoSuchBucket");
            }),
            case("of_another_account", pages::GET_BUCKET_LOCATION, |t| {
                t.get("/{b}?location").alt().fails(403, "AccessDenied");
            }),
            case("no_grant_stands_for_it", pages::GET_BUCKET_LOCATION, |t| {
                t.put("/{b}?acl").with("x-amz-acl", "public-read").is(200);
                t.head("/{b}").alt().is(200);
                t.get("/{b}?location").alt().fails(403, "AccessDenied");
                t.get("/{b}?location").anonymous().fails(403, "AccessDenied");
            }),
        ],
    },
];
