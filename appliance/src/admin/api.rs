//! The documents of the admin API, as daemon and commands exchange them: JSON, snake_case.
//!
//! Always holds: a field that a newer daemon adds does not break an older command; one that a command sends and the daemon does not
//! know is refused. A secret stands only in the answer that makes a key.

use serde::{Deserialize, Serialize};

use crate::exports::{ExportSpec, Origin};
use crate::mounts::{MountSpec, MountState, Origin as MountOrigin};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    pub version: String,
    pub pid: u32,
    pub s3: String,
    pub admin: String,
    /// `None`: that door does not listen.
    #[serde(default)]
    pub nfs: Option<String>,
    pub data_dir: String,
    #[serde(default)]
    pub uptime_seconds: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    /// The canonical id.
    pub id: String,
    pub is_root: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Users {
    pub users: Vec<User>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub name: String,
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    /// A canonical id of one's own: 64 hexadecimal digits.
    #[serde(default)]
    pub id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub access_key_id: String,
    pub user: String,
    /// RFC 3339, UTC.
    pub created: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Keys {
    pub keys: Vec<Key>,
}

/// Both or neither; drawn at random where absent.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    #[serde(default)]
    pub access_key_id: Option<String>,
    #[serde(default)]
    pub secret_access_key: Option<String>,
}

/// A key just made: the only place where a secret leaves the daemon.
#[derive(Clone, Serialize, Deserialize)]
pub struct MadeKey {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub user: String,
    pub created: String,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCheck {
    #[serde(default)]
    pub repair: bool,
}

/// What makes a mount: a spec at the top, and whether it is to come back at each start.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMount {
    pub bucket: String,
    #[serde(default)]
    pub prefix: String,
    pub dir: String,
    #[serde(default)]
    pub options: String,
    /// mount(8) says false: /etc/fstab is what it comes back by.
    #[serde(default = "is_kept")]
    pub keep: bool,
}

fn is_kept() -> bool {
    true
}

/// A mount as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MountView {
    pub spec: MountSpec,
    pub origin: MountOrigin,
    #[serde(flatten)]
    pub state: MountState,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mounts {
    pub mounts: Vec<MountView>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unmount {
    pub dir: String,
    /// Also where a program is in it.
    #[serde(default)]
    pub lazy: bool,
}

/// An export as it is; what makes one is its `spec` alone, at the top.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Export {
    pub spec: ExportSpec,
    pub origin: Origin,
    /// Why it can't be mounted now, if so.
    #[serde(default)]
    pub problem: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exports {
    pub exports: Vec<Export>,
    /// Where the NFS door listens, if it does.
    #[serde(default)]
    pub address: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refused {
    pub error: Refusal,
}

/// Why a request was not carried out: a code for programs, a sentence with its cure for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub code: String,
    pub message: String,
}
