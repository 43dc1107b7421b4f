//! The AWS pages that the cases refer to.
//!
//! Always holds: one constant a page, named like the operation or the subject.

pub const LIST_BUCKETS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html";
pub const CREATE_BUCKET: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html";
pub const HEAD_BUCKET: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html";
pub const DELETE_BUCKET: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html";
pub const GET_BUCKET_LOCATION: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html";
pub const GET_BUCKET_VERSIONING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html";
pub const PUT_BUCKET_VERSIONING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html";
pub const GET_BUCKET_TAGGING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html";
pub const PUT_BUCKET_TAGGING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html";
pub const DELETE_BUCKET_TAGGING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html";
pub const GET_BUCKET_CORS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html";
pub const PUT_BUCKET_CORS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html";
pub const DELETE_BUCKET_CORS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html";
pub const LIST_OBJECTS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html";
pub const LIST_OBJECTS_V2: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html";
pub const LIST_OBJECT_VERSIONS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html";
pub const LIST_MULTIPART_UPLOADS: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html";
pub const PUT_OBJECT: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html";
pub const GET_OBJECT: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html";
pub const HEAD_OBJECT: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html";
pub const DELETE_OBJECT: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html";
pub const DELETE_OBJECTS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html";
pub const COPY_OBJECT: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html";
pub const GET_OBJECT_TAGGING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html";
pub const PUT_OBJECT_TAGGING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html";
pub const DELETE_OBJECT_TAGGING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html";
pub const GET_OBJECT_ATTRIBUTES: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html";
pub const GET_BUCKET_ACL: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html";
pub const PUT_BUCKET_ACL: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html";
pub const GET_OBJECT_ACL: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html";
pub const PUT_OBJECT_ACL: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html";
pub const CREATE_MULTIPART_UPLOAD: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html";
pub const UPLOAD_PART: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html";
pub const UPLOAD_PART_COPY: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html";
pub const LIST_PARTS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html";
pub const COMPLETE_MULTIPART_UPLOAD: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html";
pub const ABORT_MULTIPART_UPLOAD: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html";
pub const RENAME_OBJECT: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html";
pub const NAMING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html";
pub const KEYS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html";
pub const METADATA: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html";
pub const ERRORS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html";
pub const COMMON_HEADERS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html";
pub const COMMON_REQUEST_HEADERS: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonRequestHeaders.html";
pub const CONDITIONAL_READS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html";
pub const CONDITIONAL_WRITES: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html";
pub const CONDITIONAL_DELETES: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html";
pub const CHECKSUMS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html";
pub const TAGGING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html";
pub const BUCKET_TAGS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html";
pub const ACL: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html";
pub const CORS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html";
pub const OPTIONS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html";
pub const VERSIONING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html";
pub const SUSPENDED: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/VersionSuspendedBehavior.html";
pub const DELETE_MARKERS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html";
pub const LIMITS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html";
pub const RANGES: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/range-get-olap.html";
pub const PREFIXES: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html";
pub const SIGV2: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html";
pub const SIGV4_HEADER: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html";
pub const SIGV4_QUERY: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html";
pub const SIGV4_STREAMING: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html";
pub const SIGV4_TRAILERS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html";
pub const SIGV4_AUTH: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html";
pub const POST_OBJECT: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html";
pub const POST_POLICY: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html";
pub const VIRTUAL_HOSTS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html";
pub const EXPECTED_OWNER: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html";
