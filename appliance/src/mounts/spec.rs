//! What a mount is: a bucket or a directory of it, a directory of this machine, options.
//!
//! Always holds: a spec that was checked can be tried; whether bucket and directories are there is seen then.

use serde::{Deserialize, Serialize};
use trefoil_core::types::BucketName;
use trefoil_fuse::MountOptions;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountSpec {
    pub bucket: String,
    /// A directory of the bucket, without slashes at its ends; empty for all of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Where it is mounted: an absolute path.
    pub dir: String,
    /// As after `mount -o`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub options: String,
}

impl MountSpec {
    /// From `BUCKET` or `BUCKET/PREFIX`, as commands and /etc/fstab have it.
    pub fn new(source: &str, dir: &str, options: &str) -> Self {
        let (bucket, prefix) = source.split_once('/').unwrap_or((source, ""));
        Self {
            bucket: bucket.into(),
            prefix: prefix.trim_matches('/').into(),
            dir: dir.into(),
            options: options.into(),
        }
    }

    /// `BUCKET` or `BUCKET/PREFIX`: what `df` shows.
    pub fn source(&self) -> String {
        if self.prefix.is_empty() { self.bucket.clone() } else { format!("{}/{}", self.bucket, self.prefix) }
    }

    /// The same, with options where there are any.
    pub fn shown(&self) -> String {
        if self.options.is_empty() { self.source() } else { format!("{} ({})", self.source(), self.options) }
    }

    pub fn bucket(&self) -> Result<BucketName, String> {
        self.bucket.parse().map_err(|_| {
            format!("{:?} can't be a bucket's name; give BUCKET, or BUCKET/PREFIX for a directory of it", self.bucket)
        })
    }

    /// Says what is wrong with it, and what to write.
    pub fn check(&self) -> Result<(), String> {
        self.bucket()?;
        if self.prefix.starts_with('/') || self.prefix.ends_with('/') || self.prefix.contains("//") {
            return Err(format!("{:?} can't be a prefix; give a directory's path, like \"2026/march\"", self.prefix));
        }
        if !self.dir.starts_with('/') || self.dir.contains('\0') {
            return Err(format!("{:?} can't be mounted on; give a directory's absolute path", self.dir));
        }
        MountOptions::parse(&self.options).map(|_| ()).map_err(|error| error.to_string())
    }

    /// Whether both are the same mount, however their options are written.
    pub fn is_same(&self, other: &Self) -> bool {
        let options = |spec: &Self| MountOptions::parse(&spec.options).ok();
        (&self.bucket, &self.prefix, &self.dir) == (&other.bucket, &other.prefix, &other.dir)
            && options(self) == options(other)
    }
}
