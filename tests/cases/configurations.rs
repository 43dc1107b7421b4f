//! Configurations that this store does not have: reads say so as AWS does, writes are refused, nothing is ignored.
//!
//! Always holds: the codes are those that Terraform and the SDKs know for "not configured".

use trefoil_tests::{Suite, Test, case};

use super::pages;

const PAGE: &str = pages::ERRORS;

fn absent(t: &Test, what: &str, status: u16, code: &str) {
    t.get(&format!("/{{b}}?{what}")).fails(status, code);
    t.get(&format!("/{{c}}?{what}")).fails(404, "NoSuchBucket");
    t.get(&format!("/{{b}}?{what}")).alt().fails(403, "AccessDenied");
}

fn refused(t: &Test, what: &str, body: &str) {
    t.put(&format!("/{{b}}?{what}")).body(body).md5().fails(501, "NotImplemented");
}

pub const SUITES: &[Suite] = &[Suite {
    operation: "Configurations",
    cases: &[
        case("no_policy", PAGE, |t| {
            absent(t, "policy", 404, "NoSuchBucketPolicy");
            refused(t, "policy", "{\"Version\":\"2012-10-17\",\"Statement\":[]}");
            t.delete("/{b}?policy").is(204);
        }),
        case("no_policy_status", PAGE, |t| absent(t, "policyStatus", 404, "NoSuchBucketPolicy")),
        case("no_lifecycle", PAGE, |t| {
            absent(t, "lifecycle", 404, "NoSuchLifecycleConfiguration");
            refused(
                t,
                "lifecycle",
                "<LifecycleConfiguration><Rule><ID>r</ID><Filter><Prefix>a</Prefix></Filter><Status>Enabled</Status>\
                 <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
            );
            t.delete("/{b}?lifecycle").is(204);
        }),
        case("no_replication", PAGE, |t| {
            absent(t, "replication", 404, "ReplicationConfigurationNotFoundError");
            refused(
                t,
                "replication",
                "<ReplicationConfiguration><Role>r</Role><Rule><Status>Enabled</Status><Prefix></Prefix><Destination>\
                 <Bucket>arn:aws:s3:::b</Bucket></Destination></Rule></ReplicationConfiguration>",
            );
            t.delete("/{b}?replication").is(204);
        }),
        case("no_encryption", PAGE, |t| {
            absent(t, "encryption", 404, "ServerSideEncryptionConfigurationNotFoundError");
            refused(
                t,
                "encryption",
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256\
                 </SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
            );
            t.delete("/{b}?encryption").is(204);
        }),
        case("no_object_lock", PAGE, |t| {
            absent(t, "object-lock", 404, "ObjectLockConfigurationNotFoundError");
            refused(
                t,
                "object-lock",
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>",
            );
        }),
        case("no_public_access_block", PAGE, |t| {
            absent(t, "publicAccessBlock", 404, "NoSuchPublicAccessBlockConfiguration");
            refused(
                t,
                "publicAccessBlock",
                "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>",
            );
            t.delete("/{b}?publicAccessBlock").is(204);
        }),
        case("no_ownership_controls", PAGE, |t| {
            absent(t, "ownershipControls", 404, "OwnershipControlsNotFoundError");
            refused(
                t,
                "ownershipControls",
                "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>",
            );
            t.delete("/{b}?ownershipControls").is(204);
        }),
        case("no_website", PAGE, |t| {
            absent(t, "website", 404, "NoSuchWebsiteConfiguration");
            refused(
                t,
                "website",
                "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>",
            );
            t.delete("/{b}?website").is(204);
        }),
        case("no_logging", PAGE, |t| {
            t.get("/{b}?logging").is(200).root("BucketLoggingStatus").omits("LoggingEnabled");
            refused(
                t,
                "logging",
                "<BucketLoggingStatus><LoggingEnabled><TargetBucket>b</TargetBucket><TargetPrefix>p</TargetPrefix>\
                 </LoggingEnabled></BucketLoggingStatus>",
            );
        }),
        case("no_notification", PAGE, |t| {
            let answer = t.get("/{b}?notification").is(200);
            answer.root("NotificationConfiguration");
            assert!(answer.xml().children.is_empty());
            refused(
                t,
                "notification",
                "<NotificationConfiguration><TopicConfiguration><Topic>arn:aws:sns:us-east-1:1:t</Topic>\
                 <Event>s3:ObjectCreated:*</Event></TopicConfiguration></NotificationConfiguration>",
            );
        }),
        case("no_acceleration", PAGE, |t| {
            t.get("/{b}?accelerate").is(200).root("AccelerateConfiguration").omits("Status");
            refused(t, "accelerate", "<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>");
        }),
        case("the_owner_pays", PAGE, |t| {
            t.get("/{b}?requestPayment").is(200).root("RequestPaymentConfiguration").shows("Payer", "BucketOwner");
            refused(
                t,
                "requestPayment",
                "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
            );
        }),
        case("lists_of_configurations_are_empty", PAGE, |t| {
            for what in ["analytics", "inventory", "metrics", "intelligent-tiering"] {
                let answer = t.get(&format!("/{{b}}?{what}")).is(200);
                answer.shows("IsTruncated", "false");
                t.get(&format!("/{{b}}?{what}&id=x")).fails(404, "NoSuchConfiguration");
            }
        }),
        case("no_retention_and_no_legal_hold", PAGE, |t| {
            t.object("k", "x");
            for what in ["retention", "legal-hold"] {
                t.get(&format!("/{{b}}/k?{what}")).fails(400, "InvalidRequest");
            }
            // As S3 answers in a bucket without object lock; nothing is kept.
            let retention =
                "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2040-01-01T00:00:00Z</RetainUntilDate></Retention>";
            t.put("/{b}/k?retention").body(retention).md5().fails(400, "InvalidRequest");
            t.put("/{b}/k?legal-hold")
                .body("<LegalHold><Status>ON</Status></LegalHold>")
                .md5()
                .fails(400, "InvalidRequest");
            t.delete("/{b}/k").is(204);
        }),
        case("objects_cannot_be_restored_or_selected_from", PAGE, |t| {
            t.object("k", "x");
            t.post("/{b}/k?restore")
                .body("<RestoreRequest><Days>1</Days></RestoreRequest>")
                .md5()
                .fails(501, "NotImplemented");
            t.post("/{b}/k?select&select-type=2")
                .body(
                    "<SelectObjectContentRequest><Expression>select * from s3object</Expression><ExpressionType>SQL\
                     </ExpressionType><InputSerialization><CSV/></InputSerialization><OutputSerialization><CSV/>\
                     </OutputSerialization></SelectObjectContentRequest>",
                )
                .fails(501, "NotImplemented");
        }),
        case("collections_of_configurations_are_not_kept", PAGE, |t| {
            for (what, document) in [
                ("analytics", "<AnalyticsConfiguration><Id>x</Id></AnalyticsConfiguration>"),
                ("inventory", "<InventoryConfiguration><Id>x</Id></InventoryConfiguration>"),
                ("metrics", "<MetricsConfiguration><Id>x</Id></MetricsConfiguration>"),
                (
                    "intelligent-tiering",
                    "<IntelligentTieringConfiguration><Id>x</Id></IntelligentTieringConfiguration>",
                ),
            ] {
                refused(t, &format!("{what}&id=x"), document);
                t.delete(&format!("/{{b}}?{what}&id=x")).fails(404, "NoSuchConfiguration");
            }
        }),
        case("what_is_not_built_is_refused_on_every_method", PAGE, |t| {
            t.object("k", "x");
            for (method, target) in [
                ("GET", "/?x-id=ListDirectoryBuckets"),
                ("GET", "/{b}?abac"),
                ("PUT", "/{b}?abac"),
                ("GET", "/{b}?session"),
                ("POST", "/{b}?metadataConfiguration"),
                ("GET", "/{b}?metadataConfiguration"),
                ("DELETE", "/{b}?metadataConfiguration"),
                ("POST", "/{b}?metadataTable"),
                ("GET", "/{b}?metadataTable"),
                ("DELETE", "/{b}?metadataTable"),
                ("PUT", "/{b}?metadataInventoryTable"),
                ("PUT", "/{b}?metadataJournalTable"),
                ("GET", "/{b}/k?torrent"),
                ("PUT", "/{b}/k?encryption"),
            ] {
                t.call(method, target).fails(501, "NotImplemented");
            }
            let lambda = t.post("/{b}").with("x-amz-request-route", "route").with("x-amz-request-token", "token");
            lambda.fails(501, "NotImplemented");
            t.get("/{b}/k").is(200).holds("x");
        }),
    ],
}];
