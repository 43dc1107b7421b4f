//! The tree that a mount or export shows.
//!
//! Always holds: the bucket's owner, or root, asked for it.

use super::{AccessTimes, Defaults, FileError, FileName, FileService, View};
use crate::error::Result;
use crate::namespace::Named;
use crate::types::{BucketName, Principal};

/// What is to be shown.
#[derive(Clone, Debug)]
pub struct ViewRequest {
    pub bucket: BucketName,
    /// A directory's path without slashes at its ends; empty for the whole bucket.
    pub prefix: String,
    pub read_only: bool,
    pub strict: bool,
    pub access_times: AccessTimes,
    pub defaults: Defaults,
}

impl FileService {
    /// `NoSuchBucket`; `NoSuchName` or `NotADirectory` for the prefix; `AccessDenied` for whoever does not own the bucket.
    pub async fn view(&self, principal: &Principal, wanted: ViewRequest) -> Result<View> {
        let bucket = self.tree().bucket(&wanted.bucket).await?;
        self.objects().require_owner(principal, &bucket)?;
        let mut root = bucket.record.root;
        for part in wanted.prefix.split('/').filter(|part| !part.is_empty()) {
            let name = FileName::parse(part.as_bytes())?;
            root = match self.tree().named_now(root, &name).await? {
                Some(Named::Directory { node, .. }) => node,
                Some(Named::Object { .. }) => return Err(FileError::NotADirectory.into()),
                None => return Err(FileError::NoSuchName.into()),
            };
        }
        Ok(View {
            bucket: wanted.bucket,
            bucket_id: bucket.record.id,
            bucket_owner: bucket.record.owner,
            root,
            owner: principal.account_id().unwrap_or(bucket.record.owner),
            location: bucket.record.location.clone(),
            read_only: wanted.read_only,
            strict: wanted.strict,
            defaults: wanted.defaults,
            access_times: wanted.access_times,
            watcher: None,
        })
    }
}
