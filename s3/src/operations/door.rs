//! s3s' trait, one line an operation: what s3s parsed goes to the file of the operation.
//!
//! Always holds: an operation that is not here is refused by [`super::prepare`] before s3s sees it, or is one of [`super::direct`].

use std::sync::Arc;
use std::time::Duration;

use s3s::dto;
use s3s::{S3, S3Request, S3Response, S3Result};
use trefoil_core::access::Accounts;
use trefoil_core::objects::ObjectService;

use super::call::Call;
use super::{
    abort_multipart_upload, bucket_cors, bucket_tagging, bucket_versioning, complete_multipart_upload, copy_object,
    create_bucket, create_multipart_upload, delete_bucket, delete_objects, get_bucket_location, get_object_attributes,
    head_bucket, list_buckets, list_multipart_uploads, list_object_versions, list_objects, list_objects_v2, list_parts,
    not_configured, object_acl, object_tagging, upload_part, upload_part_copy,
};
use crate::context::ErrorDetails;

/// What every operation works with. Cheap to clone.
#[derive(Clone)]
pub struct S3Door {
    pub(super) service: ObjectService,
    pub(super) accounts: Arc<Accounts>,
    pub(super) region: Arc<str>,
    pub(super) quick: Duration,
}

macro_rules! operations {
    ($($verb:ident($input:ident) -> $output:ident = $file:ident::$function:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for S3Door {
            $(async fn $verb(&self, request: S3Request<dto::$input>) -> S3Result<S3Response<dto::$output>> {
                let method = request.method.clone();
                let (call, details) =
                    Call::new(request).map_err(|failure| failure.into_s3(&ErrorDetails::default()))?;
                $file::$function(self, call).await.map_err(|failure| failure.by(&method).into_s3(&details))
            })*
        }
    };
}

operations! {
    list_buckets(ListBucketsInput) -> ListBucketsOutput = list_buckets::call;
    create_bucket(CreateBucketInput) -> CreateBucketOutput = create_bucket::call;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = head_bucket::call;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = delete_bucket::call;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = get_bucket_location::call;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = bucket_versioning::get;
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput = bucket_versioning::put;
    get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput = bucket_tagging::get;
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput = bucket_tagging::put;
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput = bucket_tagging::delete;
    get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput = bucket_cors::get;
    put_bucket_cors(PutBucketCorsInput) -> PutBucketCorsOutput = bucket_cors::put;
    delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput = bucket_cors::delete;
    get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput = object_acl::get_bucket;
    put_bucket_acl(PutBucketAclInput) -> PutBucketAclOutput = object_acl::put_bucket;
    list_objects(ListObjectsInput) -> ListObjectsOutput = list_objects::call;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = list_objects_v2::call;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = list_object_versions::call;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = list_multipart_uploads::call;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete_objects::call;
    copy_object(CopyObjectInput) -> CopyObjectOutput = copy_object::call;
    get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput = get_object_attributes::call;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = object_tagging::get;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = object_tagging::put;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = object_tagging::delete;
    get_object_acl(GetObjectAclInput) -> GetObjectAclOutput = object_acl::get;
    put_object_acl(PutObjectAclInput) -> PutObjectAclOutput = object_acl::put;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = create_multipart_upload::call;
    upload_part(UploadPartInput) -> UploadPartOutput = upload_part::call;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = upload_part_copy::call;
    list_parts(ListPartsInput) -> ListPartsOutput = list_parts::call;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = complete_multipart_upload::call;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = abort_multipart_upload::call;
    get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput = not_configured::get_bucket_policy;
    get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput = not_configured::get_bucket_policy_status;
    get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput = not_configured::get_bucket_lifecycle_configuration;
    get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput = not_configured::get_bucket_replication;
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput = not_configured::get_bucket_encryption;
    get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput = not_configured::get_object_lock_configuration;
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput = not_configured::get_public_access_block;
    get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput = not_configured::get_bucket_ownership_controls;
    get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput = not_configured::get_bucket_website;
    get_bucket_analytics_configuration(GetBucketAnalyticsConfigurationInput) -> GetBucketAnalyticsConfigurationOutput = not_configured::get_bucket_analytics_configuration;
    get_bucket_intelligent_tiering_configuration(GetBucketIntelligentTieringConfigurationInput) -> GetBucketIntelligentTieringConfigurationOutput = not_configured::get_bucket_intelligent_tiering_configuration;
    get_bucket_inventory_configuration(GetBucketInventoryConfigurationInput) -> GetBucketInventoryConfigurationOutput = not_configured::get_bucket_inventory_configuration;
    get_bucket_metrics_configuration(GetBucketMetricsConfigurationInput) -> GetBucketMetricsConfigurationOutput = not_configured::get_bucket_metrics_configuration;
    delete_bucket_analytics_configuration(DeleteBucketAnalyticsConfigurationInput) -> DeleteBucketAnalyticsConfigurationOutput = not_configured::delete_bucket_analytics_configuration;
    delete_bucket_intelligent_tiering_configuration(DeleteBucketIntelligentTieringConfigurationInput) -> DeleteBucketIntelligentTieringConfigurationOutput = not_configured::delete_bucket_intelligent_tiering_configuration;
    delete_bucket_inventory_configuration(DeleteBucketInventoryConfigurationInput) -> DeleteBucketInventoryConfigurationOutput = not_configured::delete_bucket_inventory_configuration;
    delete_bucket_metrics_configuration(DeleteBucketMetricsConfigurationInput) -> DeleteBucketMetricsConfigurationOutput = not_configured::delete_bucket_metrics_configuration;
    get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput = not_configured::get_bucket_logging;
    get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput = not_configured::get_bucket_notification_configuration;
    get_bucket_accelerate_configuration(GetBucketAccelerateConfigurationInput) -> GetBucketAccelerateConfigurationOutput = not_configured::get_bucket_accelerate_configuration;
    get_bucket_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput = not_configured::get_bucket_request_payment;
    list_bucket_analytics_configurations(ListBucketAnalyticsConfigurationsInput) -> ListBucketAnalyticsConfigurationsOutput = not_configured::list_bucket_analytics_configurations;
    list_bucket_intelligent_tiering_configurations(ListBucketIntelligentTieringConfigurationsInput) -> ListBucketIntelligentTieringConfigurationsOutput = not_configured::list_bucket_intelligent_tiering_configurations;
    list_bucket_inventory_configurations(ListBucketInventoryConfigurationsInput) -> ListBucketInventoryConfigurationsOutput = not_configured::list_bucket_inventory_configurations;
    list_bucket_metrics_configurations(ListBucketMetricsConfigurationsInput) -> ListBucketMetricsConfigurationsOutput = not_configured::list_bucket_metrics_configurations;
    delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput = not_configured::delete_bucket_policy;
    delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput = not_configured::delete_bucket_lifecycle;
    delete_bucket_replication(DeleteBucketReplicationInput) -> DeleteBucketReplicationOutput = not_configured::delete_bucket_replication;
    delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput = not_configured::delete_bucket_encryption;
    delete_bucket_ownership_controls(DeleteBucketOwnershipControlsInput) -> DeleteBucketOwnershipControlsOutput = not_configured::delete_bucket_ownership_controls;
    delete_bucket_website(DeleteBucketWebsiteInput) -> DeleteBucketWebsiteOutput = not_configured::delete_bucket_website;
    delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput = not_configured::delete_public_access_block;
    get_object_legal_hold(GetObjectLegalHoldInput) -> GetObjectLegalHoldOutput = not_configured::get_object_legal_hold;
    get_object_retention(GetObjectRetentionInput) -> GetObjectRetentionOutput = not_configured::get_object_retention;
    put_object_legal_hold(PutObjectLegalHoldInput) -> PutObjectLegalHoldOutput = not_configured::put_object_legal_hold;
    put_object_retention(PutObjectRetentionInput) -> PutObjectRetentionOutput = not_configured::put_object_retention;
}
