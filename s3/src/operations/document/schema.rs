//! What each document of a request may hold (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>).
//!
//! Always holds: an element that is not here is refused. s3s passes over those that it does not know, so that a setting which is not
//! built would be accepted and ignored.

use crate::limits::{CORS_BYTES_MAX, XML_BYTES_MAX};

/// An element and what may stand in it.
#[derive(Debug)]
pub struct Element {
    pub name: &'static str,
    pub children: &'static [Element],
}

/// A document.
#[derive(Debug)]
pub struct Schema {
    pub root: Element,
    /// How long it may be, as sent.
    pub bytes_max: usize,
}

const fn node(name: &'static str, children: &'static [Element]) -> Element {
    Element { name, children }
}

/// Text only.
const fn text(name: &'static str) -> Element {
    node(name, &[])
}

const fn document(name: &'static str, children: &'static [Element]) -> Schema {
    Schema { root: node(name, children), bytes_max: XML_BYTES_MAX }
}

const TAG: Element = node("Tag", &[text("Key"), text("Value")]);
const OWNER: Element = node("Owner", &[text("ID"), text("DisplayName")]);

pub static ACL: Schema = document(
    "AccessControlPolicy",
    &[
        OWNER,
        node(
            "AccessControlList",
            &[node(
                "Grant",
                &[
                    node("Grantee", &[text("ID"), text("DisplayName"), text("EmailAddress"), text("URI")]),
                    text("Permission"),
                ],
            )],
        ),
    ],
);

/// The document with most elements: 10,000 parts.
pub static COMPLETE: Schema = document(
    "CompleteMultipartUpload",
    &[node(
        "Part",
        &[
            text("PartNumber"),
            text("ETag"),
            text("ChecksumCRC32"),
            text("ChecksumCRC32C"),
            text("ChecksumCRC64NVME"),
            text("ChecksumSHA1"),
            text("ChecksumSHA256"),
        ],
    )],
);

pub static CORS: Schema = Schema {
    root: node(
        "CORSConfiguration",
        &[node(
            "CORSRule",
            &[
                text("ID"),
                text("AllowedOrigin"),
                text("AllowedMethod"),
                text("AllowedHeader"),
                text("ExposeHeader"),
                text("MaxAgeSeconds"),
            ],
        )],
    ),
    bytes_max: CORS_BYTES_MAX,
};

pub static CREATE_BUCKET: Schema = document(
    "CreateBucketConfiguration",
    &[
        text("LocationConstraint"),
        node("Location", &[text("Name"), text("Type")]),
        node("Bucket", &[text("DataRedundancy"), text("Type")]),
        node("Tags", &[TAG]),
    ],
);

/// The longest document: 1,000 escaped keys.
pub static DELETE: Schema = document(
    "Delete",
    &[
        node("Object", &[text("Key"), text("VersionId"), text("ETag"), text("LastModifiedTime"), text("Size")]),
        text("Quiet"),
    ],
);

pub static LEGAL_HOLD: Schema = document("LegalHold", &[text("Status")]);

pub static RETENTION: Schema = document("Retention", &[text("Mode"), text("RetainUntilDate")]);

pub static TAGGING: Schema = document("Tagging", &[node("TagSet", &[TAG])]);

pub static VERSIONING: Schema = document("VersioningConfiguration", &[text("Status"), text("MfaDelete")]);
