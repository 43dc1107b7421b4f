//! RenameObject, as S3 Express One Zone has it (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html>), and our
//! extension: source and target that both end in `/` rename a directory, of any size, in one commit.

use super::{ObjectService, ReadConditions, WriteConditions};
use crate::error::Result;
use crate::types::{BucketName, ObjectKey, Principal};

#[derive(Clone, Debug)]
pub struct RenameObject {
    pub bucket: BucketName,
    pub source: ObjectKey,
    pub target: ObjectKey,
    pub source_conditions: ReadConditions,
    pub conditions: WriteConditions,
    /// Repeating a rename with the same token within some minutes succeeds again; with other keys it is
    /// `InvalidArgument` named `ClientToken`.
    pub client_token: Option<String>,
}

impl ObjectService {
    /// `NoSuchKey` for an absent source; `PreconditionFailed` where a directory's target exists; `NotImplemented` in a bucket
    /// with versions.
    pub async fn rename(&self, principal: &Principal, request: RenameObject) -> Result<()> { let _ = (principal, request); unimplemented!() }
}
