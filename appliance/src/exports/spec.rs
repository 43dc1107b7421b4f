//! An export as people write it: in the settings, on the command line, in the admin API.
//!
//! Always holds: what is left out has the default that is written here, once; what can't be is refused with what to write instead.

use serde::{Deserialize, Serialize};
use trefoil_core::files::{Defaults, NO_ID};
use trefoil_core::types::BucketName;
use trefoil_nfs::{ExportOptions, Hosts, NOBODY, Squash};

/// `photos/2026` for clients on 10.0.0.0/8, and so on. [`ExportSpec::default`] holds the defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExportSpec {
    /// Clients mount `/NAME`.
    pub name: String,
    /// `BUCKET`, or `BUCKET/PREFIX` for a directory of it.
    pub bucket: String,
    pub read_only: bool,
    /// Addresses, networks, or `*`.
    pub hosts: Vec<String>,
    /// `root`, `all` or `none`.
    pub squash: String,
    pub anonuid: u32,
    pub anongid: u32,
    /// Whether clients must send from a port below 1024.
    pub secure: bool,
    /// Owner and mode of objects made by S3.
    pub uid: u32,
    pub gid: u32,
    /// Octal.
    pub umask: String,
}

impl Default for ExportSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            bucket: String::new(),
            read_only: false,
            hosts: Hosts::local().iter().map(ToString::to_string).collect(),
            squash: "root".into(),
            anonuid: NOBODY,
            anongid: NOBODY,
            secure: false,
            uid: 0,
            gid: 0,
            umask: "022".into(),
        }
    }
}

impl ExportSpec {
    /// The same, checked, in the door's words.
    pub fn options(&self) -> Result<ExportOptions, String> {
        let (bucket, prefix) = self.bucket.split_once('/').unwrap_or((&self.bucket, ""));
        let bucket: BucketName = bucket.parse().map_err(|error| format!("bucket {:?}: {error}", self.bucket))?;
        let prefix = prefix.trim_matches('/').to_owned();
        if prefix.contains("//") {
            return Err(format!(
                "bucket {:?}: give BUCKET, or BUCKET/PREFIX with a directory's path, like photos/2026/march",
                self.bucket
            ));
        }
        let ids = [("uid", self.uid), ("gid", self.gid), ("anonuid", self.anonuid), ("anongid", self.anongid)];
        if let Some((name, _)) = ids.iter().find(|(_, id)| *id == NO_ID) {
            return Err(format!("{name} is {NO_ID}, which is nobody's; give a number as `id -u` prints it"));
        }
        let squash = match self.squash.as_str() {
            "root" => Squash::Root,
            "all" => Squash::All,
            "none" => Squash::None,
            other => return Err(format!("squash is {other:?}; give root, all or none")),
        };
        if self.hosts.is_empty() {
            let local = Self::default().hosts.join(", ");
            return Err(format!(
                "hosts is empty, which lets nobody in; give addresses, networks like 10.0.0.0/8, or *; left out, it is this machine ({local})"
            ));
        }
        let umask = u32::from_str_radix(&self.umask, 8).ok().filter(|mask| *mask <= 0o777);
        let umask = umask.ok_or_else(|| format!("umask is {:?}; give three octal digits, like 022", self.umask))?;
        let options = ExportOptions {
            name: self.name.clone(),
            bucket,
            prefix,
            read_only: self.read_only,
            hosts: Hosts::parse(self.hosts.iter().map(String::as_str)).map_err(|error| error.to_string())?,
            squash,
            anonymous: (self.anonuid, self.anongid),
            secure: self.secure,
            defaults: Defaults {
                uid: self.uid,
                gid: self.gid,
                file_mode: 0o666 & !umask,
                directory_mode: 0o777 & !umask,
            },
        };
        options.check().map_err(|error| format!("name {:?}: {error}", self.name))?;
        Ok(options)
    }
}
