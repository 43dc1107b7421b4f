//! Configurations that no bucket or object has yet: reads answer what S3 answers where there is none, deletes succeed, as there is
//! nothing to delete. (Writes are refused before they come here.)
//!
//! Always holds: the bucket exists, and the requester may see or change its configurations, or nothing of this is answered.

use http::StatusCode;
use s3s::S3Response;
use s3s::dto::{self, Payer};

use super::S3Door;
use super::call::{Answer, Call, parse_key, parse_opt_version};
use super::refuse::lock_missing;
use crate::error::Failure;

async fn check<I>(door: &S3Door, call: &Call<I>, bucket: &str) -> Result<(), Failure> {
    let bucket = call.bucket(&door.service, bucket).await?;
    door.service.bucket_as_owner(call.principal(), &bucket).await?;
    Ok(())
}

fn missing(code: &'static str, message: &'static str) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, code, message)
}

macro_rules! absent {
    ($($verb:ident: $input:ident => $output:ident, $code:literal, $message:literal;)*) => {
        $(pub(super) async fn $verb(door: &S3Door, call: Call<dto::$input>) -> Answer<dto::$output> {
            check(door, &call, &call.input.bucket).await?;
            Err(missing($code, $message).with("BucketName", &call.input.bucket))
        })*
    };
}

absent! {
    get_bucket_policy: GetBucketPolicyInput => GetBucketPolicyOutput,
        "NoSuchBucketPolicy", "The bucket policy does not exist";
    get_bucket_policy_status: GetBucketPolicyStatusInput => GetBucketPolicyStatusOutput,
        "NoSuchBucketPolicy", "The bucket policy does not exist";
    get_bucket_lifecycle_configuration: GetBucketLifecycleConfigurationInput => GetBucketLifecycleConfigurationOutput,
        "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist";
    get_bucket_replication: GetBucketReplicationInput => GetBucketReplicationOutput,
        "ReplicationConfigurationNotFoundError", "The replication configuration was not found";
    get_bucket_encryption: GetBucketEncryptionInput => GetBucketEncryptionOutput,
        "ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found";
    get_object_lock_configuration: GetObjectLockConfigurationInput => GetObjectLockConfigurationOutput,
        "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket";
    get_public_access_block: GetPublicAccessBlockInput => GetPublicAccessBlockOutput,
        "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found";
    get_bucket_ownership_controls: GetBucketOwnershipControlsInput => GetBucketOwnershipControlsOutput,
        "OwnershipControlsNotFoundError", "The bucket ownership controls were not found";
    get_bucket_website: GetBucketWebsiteInput => GetBucketWebsiteOutput,
        "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration";
    get_bucket_analytics_configuration: GetBucketAnalyticsConfigurationInput => GetBucketAnalyticsConfigurationOutput,
        "NoSuchConfiguration", "The specified configuration does not exist.";
    get_bucket_intelligent_tiering_configuration:
        GetBucketIntelligentTieringConfigurationInput => GetBucketIntelligentTieringConfigurationOutput,
        "NoSuchConfiguration", "The specified configuration does not exist.";
    get_bucket_inventory_configuration: GetBucketInventoryConfigurationInput => GetBucketInventoryConfigurationOutput,
        "NoSuchConfiguration", "The specified configuration does not exist.";
    get_bucket_metrics_configuration: GetBucketMetricsConfigurationInput => GetBucketMetricsConfigurationOutput,
        "NoSuchConfiguration", "The specified configuration does not exist.";
    delete_bucket_analytics_configuration:
        DeleteBucketAnalyticsConfigurationInput => DeleteBucketAnalyticsConfigurationOutput,
        "NoSuchConfiguration", "The specified configuration does not exist.";
    delete_bucket_intelligent_tiering_configuration:
        DeleteBucketIntelligentTieringConfigurationInput => DeleteBucketIntelligentTieringConfigurationOutput,
        "NoSuchConfiguration", "The specified configuration does not exist.";
    delete_bucket_inventory_configuration:
        DeleteBucketInventoryConfigurationInput => DeleteBucketInventoryConfigurationOutput,
        "NoSuchConfiguration", "The specified configuration does not exist.";
    delete_bucket_metrics_configuration:
        DeleteBucketMetricsConfigurationInput => DeleteBucketMetricsConfigurationOutput,
        "NoSuchConfiguration", "The specified configuration does not exist.";
}

macro_rules! empty {
    ($($verb:ident: $input:ident => $output:ident { $($field:ident: $value:expr),* };)*) => {
        $(pub(super) async fn $verb(door: &S3Door, call: Call<dto::$input>) -> Answer<dto::$output> {
            check(door, &call, &call.input.bucket).await?;
            #[allow(clippy::needless_update, reason = "some have these fields only")]
            Ok(S3Response::new(dto::$output { $($field: $value,)* ..dto::$output::default() }))
        })*
    };
}

empty! {
    get_bucket_logging: GetBucketLoggingInput => GetBucketLoggingOutput {};
    get_bucket_notification_configuration:
        GetBucketNotificationConfigurationInput => GetBucketNotificationConfigurationOutput {};
    get_bucket_accelerate_configuration:
        GetBucketAccelerateConfigurationInput => GetBucketAccelerateConfigurationOutput {};
    get_bucket_request_payment: GetBucketRequestPaymentInput => GetBucketRequestPaymentOutput {
        payer: Some(Payer::from_static(Payer::BUCKET_OWNER))
    };
    list_bucket_analytics_configurations:
        ListBucketAnalyticsConfigurationsInput => ListBucketAnalyticsConfigurationsOutput { is_truncated: Some(false) };
    list_bucket_intelligent_tiering_configurations:
        ListBucketIntelligentTieringConfigurationsInput => ListBucketIntelligentTieringConfigurationsOutput {
            is_truncated: Some(false)
        };
    list_bucket_inventory_configurations:
        ListBucketInventoryConfigurationsInput => ListBucketInventoryConfigurationsOutput { is_truncated: Some(false) };
    list_bucket_metrics_configurations:
        ListBucketMetricsConfigurationsInput => ListBucketMetricsConfigurationsOutput { is_truncated: Some(false) };
    delete_bucket_policy: DeleteBucketPolicyInput => DeleteBucketPolicyOutput {};
    delete_bucket_lifecycle: DeleteBucketLifecycleInput => DeleteBucketLifecycleOutput {};
    delete_bucket_replication: DeleteBucketReplicationInput => DeleteBucketReplicationOutput {};
    delete_bucket_encryption: DeleteBucketEncryptionInput => DeleteBucketEncryptionOutput {};
    delete_bucket_ownership_controls: DeleteBucketOwnershipControlsInput => DeleteBucketOwnershipControlsOutput {};
    delete_bucket_website: DeleteBucketWebsiteInput => DeleteBucketWebsiteOutput {};
    delete_public_access_block: DeletePublicAccessBlockInput => DeletePublicAccessBlockOutput {};
}

/// Of an object in a bucket without object lock, which is every bucket: reads and writes alike are invalid requests in S3. The
/// object's ACL is read first, so that a stranger learns nothing about the key.
macro_rules! lock {
    ($($verb:ident: $input:ident => $output:ident;)*) => {
        $(pub(super) async fn $verb(door: &S3Door, call: Call<dto::$input>) -> Answer<dto::$output> {
            let bucket = call.bucket(&door.service, &call.input.bucket).await?;
            let key = parse_key(call.input.key.clone())?;
            let version = parse_opt_version(call.input.version_id.as_deref())?;
            door.service.object_acl(call.principal(), &bucket, &key, version).await?;
            Err(lock_missing())
        })*
    };
}

lock! {
    get_object_legal_hold: GetObjectLegalHoldInput => GetObjectLegalHoldOutput;
    get_object_retention: GetObjectRetentionInput => GetObjectRetentionOutput;
    put_object_legal_hold: PutObjectLegalHoldInput => PutObjectLegalHoldOutput;
    put_object_retention: PutObjectRetentionInput => PutObjectRetentionOutput;
}
