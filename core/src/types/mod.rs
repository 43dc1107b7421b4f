//! The values that every layer speaks of: valid by construction, plain data, no behaviour that needs the store.
//!
//! Always holds: whoever has one of these need not check it again. Nothing here knows HTTP, XML or errno.

mod acl;
mod bucket_name;
mod checksum;
mod etag;
mod key;
mod principal;
mod range;
mod tags;
mod version;

pub use acl::{Acl, CannedAcl, Grant, Grantee, Group, Permission};
pub use bucket_name::BucketName;
pub use checksum::{Checksum, ChecksumAlgorithm, ChecksumKind};
pub use etag::ETag;
pub use key::ObjectKey;
pub use principal::{Account, AccountId, Principal};
pub use range::{ByteRange, RangeRequest};
pub use tags::TagSet;
pub use version::{VersionId, Versioning};
