//! The data directory's layout, and the file that tells others where its daemon listens.
//!
//! Always holds: the directory is 0700 when it is made; everything the daemon keeps is below it. `run.json` is replaced as a whole
//! (never read half-written), on stable storage before the first request is served, and removed at an orderly end; one that is there
//! before a start was left by a crash.

#[cfg(test)]
mod tests;

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::durable_file;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir {
    root: PathBuf,
}

/// What `run.json` holds: the ready line, and who printed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Running {
    pub pid: u32,
    pub s3: SocketAddr,
    pub admin: SocketAddr,
    /// Where that door listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nfs: Option<SocketAddr>,
    pub version: String,
}

impl DataDir {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Makes the directory where it does not exist, with mode 0700 and durably, and gives it with an absolute path.
    pub fn create(root: &Path) -> std::io::Result<Self> {
        let mut missing: Vec<&Path> = Vec::new();
        let mut existing = root;
        while !existing.as_os_str().is_empty() && !existing.exists() {
            missing.push(existing);
            existing = existing.parent().unwrap_or(Path::new(""));
        }
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(root)?;
        for made in missing {
            let parent = made.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            std::fs::File::open(parent)?.sync_all()?;
        }
        Ok(Self { root: std::fs::canonicalize(root)? })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The index's directory.
    pub fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    /// The blobs of the default location.
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// The local end of the admin API.
    pub fn admin_socket(&self) -> PathBuf {
        self.root.join("admin.sock")
    }

    pub fn run_file(&self) -> PathBuf {
        self.root.join("run.json")
    }

    pub fn credentials_file(&self) -> PathBuf {
        self.root.join("root-credentials")
    }

    /// Replaces `run.json`, durably: what a crash left behind is searched for only where this file tells of it.
    pub fn write_running(&self, running: &Running) -> std::io::Result<()> {
        durable_file::replace(&self.run_file(), |file| {
            serde_json::to_writer(&mut *file, running)?;
            file.write_all(b"\n")
        })
    }

    /// Whether the words of the first start were said to their end.
    pub fn is_welcomed(&self) -> bool {
        self.welcomed_file().exists()
    }

    pub fn set_welcomed(&self) -> std::io::Result<()> {
        std::fs::write(self.welcomed_file(), "")
    }

    fn welcomed_file(&self) -> PathBuf {
        self.root.join("welcomed")
    }

    /// Where it can't be removed, the next start searches for what a crash has left, in vain.
    pub fn remove_running(&self) {
        if let Err(error) = std::fs::remove_file(self.run_file()) {
            tracing::warn!(%error, file = %self.run_file().display(), "it could not be removed");
        }
    }
}
