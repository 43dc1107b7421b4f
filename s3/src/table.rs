//! Every operation of S3, and what Trefoil does with it. Routing, refusals and the README's table come from here.
//!
//! Always holds: a row comes before the rows that would match its requests too. A request that matches no row, or that has a
//! subresource which its row does not know, is refused: s3s alone would take `DELETE /bucket?acl` for DeleteBucket. Parameters are
//! compared decoded, as s3s compares them: `?%61cl` is `?acl`.

use http::{HeaderMap, Method, StatusCode};

use crate::error::Failure;
use crate::operations::document::schema::{self, Schema};
use crate::target::{Query, Target};

#[cfg(test)]
mod tests;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Get,
    Head,
    Put,
    Post,
    Delete,
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Service,
    Bucket,
    Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Supported,
    /// Answers as S3 does for a bucket or object that has no such configuration; none can be made.
    NotConfigured,
    /// Refused with 501 NotImplemented.
    Refused,
}

#[derive(Debug)]
pub struct Operation {
    /// S3's name of it.
    pub name: &'static str,
    pub verb: Verb,
    pub level: Level,
    /// Parameters that must be there; with `=`, with that value.
    pub query: &'static [&'static str],
    /// A header that must be there.
    pub header: Option<&'static str>,
    pub state: State,
    /// What the body holds where it is a document, which is read whole. An operation that is refused reads none.
    pub document: Option<&'static Schema>,
    /// The first version that has it in this state.
    pub since: &'static str,
}

const fn row(name: &'static str, verb: Verb, level: Level, query: &'static [&'static str], state: State) -> Operation {
    Operation { name, verb, level, query, header: None, state, document: None, since: "0.1" }
}

const fn supported(name: &'static str, verb: Verb, level: Level, query: &'static [&'static str]) -> Operation {
    row(name, verb, level, query, State::Supported)
}

const fn unset(name: &'static str, verb: Verb, level: Level, query: &'static [&'static str]) -> Operation {
    row(name, verb, level, query, State::NotConfigured)
}

const fn refused(name: &'static str, verb: Verb, level: Level, query: &'static [&'static str]) -> Operation {
    row(name, verb, level, query, State::Refused)
}

impl Operation {
    const fn with_header(mut self, header: &'static str) -> Self {
        self.header = Some(header);
        self
    }

    const fn with_document(mut self, schema: &'static Schema) -> Self {
        self.document = Some(schema);
        self
    }
}

// Not a const: rows are told apart by their addresses, and a const has one wherever it is used.
pub static OPERATIONS: &[Operation] = &[
    refused("ListDirectoryBuckets", Verb::Get, Level::Service, &["x-id=ListDirectoryBuckets"]),
    supported("ListBuckets", Verb::Get, Level::Service, &[]),
    unset("GetBucketAnalyticsConfiguration", Verb::Get, Level::Bucket, &["analytics", "id"]),
    unset("ListBucketAnalyticsConfigurations", Verb::Get, Level::Bucket, &["analytics"]),
    refused("PutBucketAnalyticsConfiguration", Verb::Put, Level::Bucket, &["analytics"]),
    unset("DeleteBucketAnalyticsConfiguration", Verb::Delete, Level::Bucket, &["analytics"]),
    unset("GetBucketIntelligentTieringConfiguration", Verb::Get, Level::Bucket, &["intelligent-tiering", "id"]),
    unset("ListBucketIntelligentTieringConfigurations", Verb::Get, Level::Bucket, &["intelligent-tiering"]),
    refused("PutBucketIntelligentTieringConfiguration", Verb::Put, Level::Bucket, &["intelligent-tiering"]),
    unset("DeleteBucketIntelligentTieringConfiguration", Verb::Delete, Level::Bucket, &["intelligent-tiering"]),
    unset("GetBucketInventoryConfiguration", Verb::Get, Level::Bucket, &["inventory", "id"]),
    unset("ListBucketInventoryConfigurations", Verb::Get, Level::Bucket, &["inventory"]),
    refused("PutBucketInventoryConfiguration", Verb::Put, Level::Bucket, &["inventory"]),
    unset("DeleteBucketInventoryConfiguration", Verb::Delete, Level::Bucket, &["inventory"]),
    unset("GetBucketMetricsConfiguration", Verb::Get, Level::Bucket, &["metrics", "id"]),
    unset("ListBucketMetricsConfigurations", Verb::Get, Level::Bucket, &["metrics"]),
    refused("PutBucketMetricsConfiguration", Verb::Put, Level::Bucket, &["metrics"]),
    unset("DeleteBucketMetricsConfiguration", Verb::Delete, Level::Bucket, &["metrics"]),
    refused("GetBucketAbac", Verb::Get, Level::Bucket, &["abac"]),
    refused("PutBucketAbac", Verb::Put, Level::Bucket, &["abac"]),
    unset("GetBucketAccelerateConfiguration", Verb::Get, Level::Bucket, &["accelerate"]),
    refused("PutBucketAccelerateConfiguration", Verb::Put, Level::Bucket, &["accelerate"]),
    supported("GetBucketAcl", Verb::Get, Level::Bucket, &["acl"]),
    supported("PutBucketAcl", Verb::Put, Level::Bucket, &["acl"]).with_document(&schema::ACL),
    supported("GetBucketCors", Verb::Get, Level::Bucket, &["cors"]),
    supported("PutBucketCors", Verb::Put, Level::Bucket, &["cors"]).with_document(&schema::CORS),
    supported("DeleteBucketCors", Verb::Delete, Level::Bucket, &["cors"]),
    unset("GetBucketEncryption", Verb::Get, Level::Bucket, &["encryption"]),
    refused("PutBucketEncryption", Verb::Put, Level::Bucket, &["encryption"]),
    unset("DeleteBucketEncryption", Verb::Delete, Level::Bucket, &["encryption"]),
    unset("GetBucketLifecycleConfiguration", Verb::Get, Level::Bucket, &["lifecycle"]),
    refused("PutBucketLifecycleConfiguration", Verb::Put, Level::Bucket, &["lifecycle"]),
    unset("DeleteBucketLifecycle", Verb::Delete, Level::Bucket, &["lifecycle"]),
    supported("GetBucketLocation", Verb::Get, Level::Bucket, &["location"]),
    unset("GetBucketLogging", Verb::Get, Level::Bucket, &["logging"]),
    refused("PutBucketLogging", Verb::Put, Level::Bucket, &["logging"]),
    refused("CreateBucketMetadataConfiguration", Verb::Post, Level::Bucket, &["metadataConfiguration"]),
    refused("GetBucketMetadataConfiguration", Verb::Get, Level::Bucket, &["metadataConfiguration"]),
    refused("DeleteBucketMetadataConfiguration", Verb::Delete, Level::Bucket, &["metadataConfiguration"]),
    refused("CreateBucketMetadataTableConfiguration", Verb::Post, Level::Bucket, &["metadataTable"]),
    refused("GetBucketMetadataTableConfiguration", Verb::Get, Level::Bucket, &["metadataTable"]),
    refused("DeleteBucketMetadataTableConfiguration", Verb::Delete, Level::Bucket, &["metadataTable"]),
    refused("UpdateBucketMetadataInventoryTableConfiguration", Verb::Put, Level::Bucket, &["metadataInventoryTable"]),
    refused("UpdateBucketMetadataJournalTableConfiguration", Verb::Put, Level::Bucket, &["metadataJournalTable"]),
    unset("GetBucketNotificationConfiguration", Verb::Get, Level::Bucket, &["notification"]),
    refused("PutBucketNotificationConfiguration", Verb::Put, Level::Bucket, &["notification"]),
    unset("GetBucketOwnershipControls", Verb::Get, Level::Bucket, &["ownershipControls"]),
    refused("PutBucketOwnershipControls", Verb::Put, Level::Bucket, &["ownershipControls"]),
    unset("DeleteBucketOwnershipControls", Verb::Delete, Level::Bucket, &["ownershipControls"]),
    unset("GetBucketPolicy", Verb::Get, Level::Bucket, &["policy"]),
    refused("PutBucketPolicy", Verb::Put, Level::Bucket, &["policy"]),
    unset("DeleteBucketPolicy", Verb::Delete, Level::Bucket, &["policy"]),
    unset("GetBucketPolicyStatus", Verb::Get, Level::Bucket, &["policyStatus"]),
    unset("GetBucketReplication", Verb::Get, Level::Bucket, &["replication"]),
    refused("PutBucketReplication", Verb::Put, Level::Bucket, &["replication"]),
    unset("DeleteBucketReplication", Verb::Delete, Level::Bucket, &["replication"]),
    unset("GetBucketRequestPayment", Verb::Get, Level::Bucket, &["requestPayment"]),
    refused("PutBucketRequestPayment", Verb::Put, Level::Bucket, &["requestPayment"]),
    supported("GetBucketTagging", Verb::Get, Level::Bucket, &["tagging"]),
    supported("PutBucketTagging", Verb::Put, Level::Bucket, &["tagging"]).with_document(&schema::TAGGING),
    supported("DeleteBucketTagging", Verb::Delete, Level::Bucket, &["tagging"]),
    supported("GetBucketVersioning", Verb::Get, Level::Bucket, &["versioning"]),
    supported("PutBucketVersioning", Verb::Put, Level::Bucket, &["versioning"]).with_document(&schema::VERSIONING),
    unset("GetBucketWebsite", Verb::Get, Level::Bucket, &["website"]),
    refused("PutBucketWebsite", Verb::Put, Level::Bucket, &["website"]),
    unset("DeleteBucketWebsite", Verb::Delete, Level::Bucket, &["website"]),
    unset("GetObjectLockConfiguration", Verb::Get, Level::Bucket, &["object-lock"]),
    refused("PutObjectLockConfiguration", Verb::Put, Level::Bucket, &["object-lock"]),
    unset("GetPublicAccessBlock", Verb::Get, Level::Bucket, &["publicAccessBlock"]),
    refused("PutPublicAccessBlock", Verb::Put, Level::Bucket, &["publicAccessBlock"]),
    unset("DeletePublicAccessBlock", Verb::Delete, Level::Bucket, &["publicAccessBlock"]),
    refused("CreateSession", Verb::Get, Level::Bucket, &["session"]),
    supported("ListMultipartUploads", Verb::Get, Level::Bucket, &["uploads"]),
    supported("ListObjectVersions", Verb::Get, Level::Bucket, &["versions"]),
    supported("ListObjectsV2", Verb::Get, Level::Bucket, &["list-type=2"]),
    supported("ListObjects", Verb::Get, Level::Bucket, &[]),
    supported("DeleteObjects", Verb::Post, Level::Bucket, &["delete"]).with_document(&schema::DELETE),
    refused("WriteGetObjectResponse", Verb::Post, Level::Bucket, &[]).with_header("x-amz-request-route"),
    supported("CreateBucket", Verb::Put, Level::Bucket, &[]).with_document(&schema::CREATE_BUCKET),
    supported("HeadBucket", Verb::Head, Level::Bucket, &[]),
    supported("DeleteBucket", Verb::Delete, Level::Bucket, &[]),
    supported("GetObjectAttributes", Verb::Get, Level::Object, &["attributes"]),
    supported("GetObjectAcl", Verb::Get, Level::Object, &["acl"]),
    supported("PutObjectAcl", Verb::Put, Level::Object, &["acl"]).with_document(&schema::ACL),
    unset("GetObjectLegalHold", Verb::Get, Level::Object, &["legal-hold"]),
    unset("PutObjectLegalHold", Verb::Put, Level::Object, &["legal-hold"]).with_document(&schema::LEGAL_HOLD),
    unset("GetObjectRetention", Verb::Get, Level::Object, &["retention"]),
    unset("PutObjectRetention", Verb::Put, Level::Object, &["retention"]).with_document(&schema::RETENTION),
    supported("GetObjectTagging", Verb::Get, Level::Object, &["tagging"]),
    supported("PutObjectTagging", Verb::Put, Level::Object, &["tagging"]).with_document(&schema::TAGGING),
    supported("DeleteObjectTagging", Verb::Delete, Level::Object, &["tagging"]),
    refused("GetObjectTorrent", Verb::Get, Level::Object, &["torrent"]),
    refused("UpdateObjectEncryption", Verb::Put, Level::Object, &["encryption"]),
    supported("RenameObject", Verb::Put, Level::Object, &["renameObject"]),
    refused("RestoreObject", Verb::Post, Level::Object, &["restore"]),
    refused("SelectObjectContent", Verb::Post, Level::Object, &["select"]),
    supported("CreateMultipartUpload", Verb::Post, Level::Object, &["uploads"]),
    supported("UploadPartCopy", Verb::Put, Level::Object, &["partNumber", "uploadId"]).with_header("x-amz-copy-source"),
    supported("UploadPart", Verb::Put, Level::Object, &["partNumber", "uploadId"]),
    supported("ListParts", Verb::Get, Level::Object, &["uploadId"]),
    supported("CompleteMultipartUpload", Verb::Post, Level::Object, &["uploadId"]).with_document(&schema::COMPLETE),
    supported("AbortMultipartUpload", Verb::Delete, Level::Object, &["uploadId"]),
    supported("CopyObject", Verb::Put, Level::Object, &[]).with_header("x-amz-copy-source"),
    supported("GetObject", Verb::Get, Level::Object, &[]),
    supported("HeadObject", Verb::Head, Level::Object, &[]),
    supported("PutObject", Verb::Put, Level::Object, &[]),
    supported("DeleteObject", Verb::Delete, Level::Object, &[]),
];

/// Parameters that make an operation another one. Those that only refine one (`versionId`, `prefix`, ...) are not among them.
const SUBRESOURCES: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "annotation",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];

impl Operation {
    fn matches(&self, verb: Verb, level: Level, query: &Query, headers: &HeaderMap) -> bool {
        self.verb == verb
            && self.level == level
            && self.header.is_none_or(|header| headers.contains_key(header))
            && self.query.iter().all(|needed| match needed.split_once('=') {
                Some((name, value)) => query.pairs().iter().any(|pair| pair.0 == name && pair.1 == value),
                None => query.has(needed),
            })
    }
}

pub fn method_not_allowed(method: &Method) -> Failure {
    Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
    )
    .with("Method", method)
}

/// The operation that a request asks for.
pub fn find(method: &Method, headers: &HeaderMap, target: &Target) -> Result<&'static Operation, Failure> {
    let level = match (&target.bucket, &target.key) {
        (None, _) => Level::Service,
        (Some(_), None) => Level::Bucket,
        (Some(_), Some(_)) => Level::Object,
    };
    let query = &target.query;
    let verb = match *method {
        Method::GET => Verb::Get,
        Method::HEAD => Verb::Head,
        Method::PUT => Verb::Put,
        Method::POST => Verb::Post,
        Method::DELETE => Verb::Delete,
        _ => return Err(method_not_allowed(method)),
    };
    let found = OPERATIONS.iter().find(|operation| operation.matches(verb, level, query, headers));
    let found = found.ok_or_else(|| method_not_allowed(method))?;
    let mut names = query.pairs().iter().map(|(name, _)| name.as_str());
    let other = names.find(|name| SUBRESOURCES.binary_search(name).is_ok() && !found.query.contains(name));
    match other {
        None => Ok(found),
        Some(other) if found.query.is_empty() => {
            Err(method_not_allowed(method).with("ResourceType", other.to_uppercase()))
        }
        Some(other) => Err(Failure::invalid_argument(
            "ResourceType",
            other,
            format!("Conflicting query string parameters: {}, {other}", found.query[0]),
        )),
    }
}

impl Operation {
    /// The request in one line, as the README shows it.
    fn request(&self) -> String {
        let verb = match self.verb {
            Verb::Get => "GET",
            Verb::Head => "HEAD",
            Verb::Put => "PUT",
            Verb::Post => "POST",
            Verb::Delete => "DELETE",
        };
        let path = match self.level {
            Level::Service => "/",
            Level::Bucket => "/bucket",
            Level::Object => "/bucket/key",
        };
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query.join("&")) };
        let header = self.header.map(|header| format!(", `{header}`")).unwrap_or_default();
        format!("`{verb} {path}{query}`{header}")
    }
}

/// The README's table of operations, by name.
pub fn markdown() -> String {
    let mut rows: Vec<_> = OPERATIONS.iter().collect();
    rows.sort_by_key(|operation| operation.name);
    let mut text = String::from("| operation | request | state | since |\n|---|---|---|---|\n");
    for operation in rows {
        let state = match operation.state {
            State::Supported => "yes",
            State::NotConfigured => "answers \"not configured\"",
            State::Refused => "501 NotImplemented",
        };
        text.push_str(&format!("| {} | {} | {state} | {} |\n", operation.name, operation.request(), operation.since));
    }
    text
}
