//! Which operation a request asks for, as far as the front has to know: its name for metrics, and whether its body is an object's
//! bytes (streamed) or may be a document (which is held whole, so that room is needed for it).
//!
//! Always holds: what is run is decided behind the front; nothing here lets a request pass or not.

use http::{HeaderMap, Method};

use crate::target::Target;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Service,
    Bucket,
    Object,
}

struct Row {
    method: Method,
    level: Level,
    /// The parameter that selects the operation; empty for the one without.
    parameter: &'static str,
    name: &'static str,
}

const fn row(method: Method, level: Level, parameter: &'static str, name: &'static str) -> Row {
    Row { method, level, parameter, name }
}

use Level::{Bucket, Object, Service};

/// In order: the first that fits counts.
const ROWS: &[Row] = &[
    row(Method::GET, Service, "", "ListBuckets"),
    row(Method::PUT, Object, "renameObject", "RenameObject"),
    row(Method::PUT, Object, "acl", "PutObjectAcl"),
    row(Method::PUT, Object, "tagging", "PutObjectTagging"),
    row(Method::PUT, Object, "retention", "PutObjectRetention"),
    row(Method::PUT, Object, "legal-hold", "PutObjectLegalHold"),
    row(Method::PUT, Object, "encryption", "UpdateObjectEncryption"),
    row(Method::PUT, Object, "annotation", "PutObjectAnnotation"),
    row(Method::PUT, Object, "uploadId", "UploadPart"),
    row(Method::PUT, Object, "", "PutObject"),
    row(Method::GET, Object, "acl", "GetObjectAcl"),
    row(Method::GET, Object, "tagging", "GetObjectTagging"),
    row(Method::GET, Object, "attributes", "GetObjectAttributes"),
    row(Method::GET, Object, "retention", "GetObjectRetention"),
    row(Method::GET, Object, "legal-hold", "GetObjectLegalHold"),
    row(Method::GET, Object, "torrent", "GetObjectTorrent"),
    row(Method::GET, Object, "uploadId", "ListParts"),
    row(Method::GET, Object, "", "GetObject"),
    row(Method::HEAD, Object, "", "HeadObject"),
    row(Method::DELETE, Object, "tagging", "DeleteObjectTagging"),
    row(Method::DELETE, Object, "uploadId", "AbortMultipartUpload"),
    row(Method::DELETE, Object, "", "DeleteObject"),
    row(Method::POST, Object, "uploads", "CreateMultipartUpload"),
    row(Method::POST, Object, "uploadId", "CompleteMultipartUpload"),
    row(Method::POST, Object, "select", "SelectObjectContent"),
    row(Method::POST, Object, "restore", "RestoreObject"),
    row(Method::HEAD, Bucket, "", "HeadBucket"),
    row(Method::GET, Bucket, "location", "GetBucketLocation"),
    row(Method::GET, Bucket, "versioning", "GetBucketVersioning"),
    row(Method::GET, Bucket, "versions", "ListObjectVersions"),
    row(Method::GET, Bucket, "uploads", "ListMultipartUploads"),
    row(Method::GET, Bucket, "acl", "GetBucketAcl"),
    row(Method::GET, Bucket, "cors", "GetBucketCors"),
    row(Method::GET, Bucket, "tagging", "GetBucketTagging"),
    row(Method::GET, Bucket, "list-type", "ListObjectsV2"),
    row(Method::GET, Bucket, "policy", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "policyStatus", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "lifecycle", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "replication", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "notification", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "encryption", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "object-lock", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "publicAccessBlock", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "ownershipControls", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "logging", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "website", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "accelerate", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "requestPayment", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "analytics", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "inventory", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "intelligent-tiering", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "metrics", "GetBucketConfiguration"),
    row(Method::GET, Bucket, "", "ListObjects"),
    row(Method::PUT, Bucket, "versioning", "PutBucketVersioning"),
    row(Method::PUT, Bucket, "acl", "PutBucketAcl"),
    row(Method::PUT, Bucket, "cors", "PutBucketCors"),
    row(Method::PUT, Bucket, "tagging", "PutBucketTagging"),
    row(Method::PUT, Bucket, "", "CreateBucket"),
    row(Method::DELETE, Bucket, "cors", "DeleteBucketCors"),
    row(Method::DELETE, Bucket, "tagging", "DeleteBucketTagging"),
    row(Method::DELETE, Bucket, "", "DeleteBucket"),
    row(Method::POST, Bucket, "delete", "DeleteObjects"),
    row(Method::POST, Bucket, "", "PostObject"),
    row(Method::OPTIONS, Bucket, "", "Preflight"),
    row(Method::OPTIONS, Object, "", "Preflight"),
];

/// What nothing in the table names, and what could not be read.
pub const OTHER: Kind = Kind(ROWS.len());

/// Index of an operation, for counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(usize);

impl Kind {
    pub const COUNT: usize = ROWS.len() + 1;

    pub fn of(method: &Method, target: &Target) -> Self {
        let level = match (&target.bucket, &target.key) {
            (None, _) => Level::Service,
            (Some(_), None) => Level::Bucket,
            (Some(_), Some(_)) => Level::Object,
        };
        let fits = |row: &Row| {
            row.level == level && row.method == *method && (row.parameter.is_empty() || target.query.has(row.parameter))
        };
        ROWS.iter().position(fits).map_or(OTHER, Self)
    }

    pub fn index(self) -> usize {
        self.0
    }

    pub fn name(self) -> &'static str {
        name_of(self.0)
    }

    /// Whether the body is an object's or part's bytes.
    pub fn stores_bytes(self, headers: &HeaderMap) -> bool {
        matches!(self.name(), "PutObject" | "UploadPart") && !headers.contains_key("x-amz-copy-source")
    }
}

/// The name behind an index below [`Kind::COUNT`].
pub fn name_of(index: usize) -> &'static str {
    ROWS.get(index).map_or("Other", |row| row.name)
}
