//! Configurations that do not exist yet: what Terraform reads of every bucket.

use super::harness::Store;

#[tokio::test]
async fn reads_say_that_there_is_none() {
    let store = Store::with_bucket().await;
    for (query, code) in [
        ("policy", "NoSuchBucketPolicy"),
        ("policyStatus", "NoSuchBucketPolicy"),
        ("lifecycle", "NoSuchLifecycleConfiguration"),
        ("replication", "ReplicationConfigurationNotFoundError"),
        ("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("object-lock", "ObjectLockConfigurationNotFoundError"),
        ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("ownershipControls", "OwnershipControlsNotFoundError"),
        ("website", "NoSuchWebsiteConfiguration"),
        ("analytics&id=x", "NoSuchConfiguration"),
        ("intelligent-tiering&id=x", "NoSuchConfiguration"),
        ("inventory&id=x", "NoSuchConfiguration"),
        ("metrics&id=x", "NoSuchConfiguration"),
    ] {
        let uri = format!("/photos?{query}");
        store.ask("GET", &uri).send().await.expect_error(404, code);
        store.ask("GET", &uri).by_bob().send().await.expect_error(403, "AccessDenied");
        store.ask("GET", &format!("/none-such?{query}")).send().await.expect_error(404, "NoSuchBucket");
    }
}

#[tokio::test]
async fn some_are_empty_documents() {
    let store = Store::with_bucket().await;
    for (query, root) in [
        ("logging", "BucketLoggingStatus"),
        ("notification", "NotificationConfiguration"),
        ("accelerate", "AccelerateConfiguration"),
        ("requestPayment", "RequestPaymentConfiguration"),
        ("versioning", "VersioningConfiguration"),
        ("analytics", "ListBucketAnalyticsConfigurationResult"),
        ("intelligent-tiering", "ListBucketIntelligentTieringConfigurationsOutput"),
        ("inventory", "ListInventoryConfigurationsResult"),
        ("metrics", "ListMetricsConfigurationsResult"),
    ] {
        let got = store.ask("GET", &format!("/photos?{query}")).send().await.expect(200);
        assert!(got.text().contains(&format!("<{root}")), "{query}: {}", got.text());
    }
    let payer = store.ask("GET", "/photos?requestPayment").send().await.expect(200);
    assert_eq!(payer.element("Payer"), Some("BucketOwner"));
}

#[tokio::test]
async fn deletes_have_nothing_to_do() {
    let store = Store::with_bucket().await;
    for query in
        ["policy", "lifecycle", "replication", "encryption", "ownershipControls", "website", "publicAccessBlock"]
    {
        store.ask("DELETE", &format!("/photos?{query}")).send().await.expect(204);
        store.ask("DELETE", &format!("/photos?{query}")).by_bob().send().await.expect_error(403, "AccessDenied");
    }
    store.ask("HEAD", "/photos").send().await.expect(200);
}

#[tokio::test]
async fn writes_are_refused() {
    let store = Store::with_bucket().await;
    for query in [
        "policy",
        "lifecycle",
        "replication",
        "encryption",
        "object-lock",
        "publicAccessBlock",
        "ownershipControls",
        "website",
        "logging",
        "notification",
        "accelerate",
        "requestPayment",
        "analytics&id=x",
        "intelligent-tiering&id=x",
        "inventory&id=x",
        "metrics&id=x",
    ] {
        store.ask("PUT", &format!("/photos?{query}")).body("<x/>").send().await.expect_error(501, "NotImplemented");
    }
    for (method, uri) in [("POST", "/photos/a?restore"), ("POST", "/photos/a?select&select-type=2")] {
        store.ask(method, uri).body("<x/>").send().await.expect_error(501, "NotImplemented");
    }
}

#[tokio::test]
async fn no_object_is_locked() {
    let store = Store::with_bucket().await;
    store.put("a", "1").await;
    for query in ["retention", "legal-hold"] {
        let uri = format!("/photos/a?{query}");
        store.ask("GET", &uri).send().await.expect_error(400, "InvalidRequest");
        store.ask("GET", &uri).by_bob().send().await.expect_error(403, "AccessDenied");
    }
    let hold = "<LegalHold><Status>ON</Status></LegalHold>";
    store.ask("PUT", "/photos/a?legal-hold").body(hold).send().await.expect_error(400, "InvalidRequest");
    let retention =
        "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>";
    store.ask("PUT", "/photos/a?retention").body(retention).send().await.expect_error(400, "InvalidRequest");
}
