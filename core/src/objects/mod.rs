//! ObjectService: buckets, keys and versions, as an ideal client of S3 would speak of them. One file a verb.
//!
//! Always holds: each verb checks access (`access/`) before anything else that the requester could learn from; each change is one
//! transaction of the tree (`namespace/`) that holds the change, its garbage and its tasks (T2); an answer comes after a synced
//! commit (T4). A verb that fails changed nothing, unless its error says otherwise.

mod acl;
mod bucket;
mod change;
mod common;
mod conditions;
mod copy;
mod cors;
pub(crate) mod data_pages;
mod delete;
mod find;
mod get;
mod list;
mod list_versions;
pub(crate) mod mapped;
mod multipart;
mod parts;
mod put;
mod rename;
mod service;
mod tags;
mod versioning;

pub use acl::{AccessControl, AclChange, GrantSpec, GranteeSpec};
pub use bucket::{BucketInfo, CreateBucket, ListBuckets, ListBucketsPage};
pub use common::{IfRange, ObjectHeaders, ObjectInfo, ReadConditions, WriteConditions};
pub use copy::{CopyDirectives, CopyObject, CopyOutput, CopySource};
pub use cors::{CorsConfiguration, CorsRule};
pub use delete::{DeleteConditions, DeleteObject, DeleteOutput};
pub use get::{GetObject, GetOutput, HeadOutput, ObjectAttributes, PartInfo, PartsPage};
pub use list::{ListEntry, ListObjects, ListPage};
pub use list_versions::{ListVersions, VersionEntry, VersionsPage};
pub use multipart::{
    CompleteOutput, CompleteUpload, CompletedPart, CreateUpload, ListParts, ListUploads, UploadEntry, UploadInfo,
    UploadPart, UploadPartCopy, UploadPartOutput, UploadedPart, UploadedPartsPage, UploadsPage,
};
pub use put::{PutObject, PutOutput};
pub use rename::RenameObject;
pub use service::{ObjectService, Parts};

#[cfg(test)]
pub(crate) mod tests;
