//! What several verbs share: an object's headers, what is known of an object, and conditions.
//!
//! Always holds: nothing here is of one door: names, cases and quotes of a wire's headers are gone.

use crate::clock::Timestamp;
use crate::types::{AccountId, Checksum, ETag, VersionId};

/// The standard headers that S3 keeps with an object and gives back, as the client sent them.
#[derive(Clone, Debug, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ObjectHeaders {
    pub content_type: Option<String>,
    pub cache_control: Option<String>,
    pub content_disposition: Option<String>,
    /// Without `aws-chunked`, which describes the transfer only.
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    /// As sent: S3 does not check that it is a date.
    pub expires: Option<String>,
    pub website_redirect_location: Option<String>,
}

/// All that is known of one version of a key, but for its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectInfo {
    pub key: String,
    /// `None` in a bucket that never had versioning.
    pub version: Option<VersionId>,
    pub size: u64,
    pub etag: ETag,
    pub modified: Timestamp,
    pub headers: ObjectHeaders,
    /// Names in lower case, without `x-amz-meta-`.
    pub user_metadata: Vec<(String, String)>,
    pub tag_count: usize,
    pub checksum: Option<Checksum>,
    /// Number of parts where it was made by a multipart upload.
    pub parts: Option<u32>,
    pub owner: AccountId,
}

/// Conditions of a read (RFC 9110, section 13). Entity tags without quotes; `*` alone means any.
#[derive(Clone, Debug, Default)]
pub struct ReadConditions {
    pub if_match: Option<Vec<String>>,
    pub if_none_match: Option<Vec<String>>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

/// `If-Range`: what the rest of an object is asked for must still be (RFC 9110, section 13.1.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfRange {
    /// This entity tag, without quotes.
    Tag(String),
    /// Last changed in this second.
    Modified(Timestamp),
    /// What nothing meets: a weak tag, or what is neither a tag nor a date.
    Never,
}

/// Conditions of a write (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>). A key whose latest
/// version is a delete marker counts as absent.
#[derive(Clone, Debug, Default)]
pub struct WriteConditions {
    /// `If-Match: etag` (or `*`: any). Absent key: `NoSuchKey`; another tag: `PreconditionFailed`.
    pub if_match: Option<String>,
    /// `If-None-Match: *`: present key: `PreconditionFailed`.
    pub if_absent: bool,
}
