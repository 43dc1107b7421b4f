//! Tags of a version and of a bucket.
//!
//! Always holds: no ACL grants the tags of an object, neither to read nor to change, for no grant stands for `s3:GetObjectTagging`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions>): they are for the object's owner and the
//! bucket's. A bucket's are for its owner.

use super::ObjectService;
use super::bucket::Configurations;
use super::change::{Needs, NodeChange};
use super::find::Want;
use crate::error::{Configuration, Error, Result};
use crate::types::{BucketName, ObjectKey, Principal, TagSet, VersionId};

impl ObjectService {
    /// The tags (empty where there are none) and the version they belong to.
    pub async fn object_tags(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<VersionId>,
    ) -> Result<(TagSet, Option<VersionId>)> {
        let object = self.find(principal, bucket, key, version, Needs::Owner, Want::Node).await?;
        Ok((object.record.tags, object.shown))
    }

    /// Replaces all tags; an empty set removes them.
    pub async fn set_object_tags(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<VersionId>,
        tags: TagSet,
    ) -> Result<Option<VersionId>> {
        let change = NodeChange { bucket, key, version, needs: Needs::Owner };
        self.change_node(principal, change, |record| {
            record.tags.clone_from(&tags);
            Ok(())
        })
        .await
    }

    /// `NotConfigured` where there are none.
    pub async fn bucket_tags(&self, principal: &Principal, bucket: &BucketName) -> Result<TagSet> {
        let bucket = self.tree().bucket(bucket).await?;
        self.require_owner(principal, &bucket)?;
        let tags = self.configuration(&bucket, Configurations::TAGS).await?;
        tags.ok_or(Error::NotConfigured(Configuration::BucketTags))
    }

    pub async fn set_bucket_tags(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        tags: Option<TagSet>,
    ) -> Result<()> {
        self.set_configuration(principal, bucket, Configurations::TAGS, tags.as_ref()).await
    }
}
