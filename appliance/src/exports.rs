//! The exports of the NFS door: those of the settings, and those made by command, which are kept in the data directory.
//!
//! Always holds: `exports.json` is replaced as a whole and durably before a command is answered. An export's id is its own over restarts,
//! so that handles outlive them: one made by command has it drawn once, one of the settings has it from its name and bucket. A name is
//! of one of both; the settings win. What is kept and can't be served is told, and keeps the daemon from nothing.

mod spec;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use trefoil_core::error::Error;
use trefoil_core::files::{FileError, FileService};
use trefoil_core::random::Random;
use trefoil_core::types::{AccountId, Principal};
use trefoil_nfs::{Export, ExportError, Exports};

pub use spec::ExportSpec;

use crate::durable_file;
use crate::limits::EXPORTS_FILE_BYTES_MAX;
use crate::task::to_its_end;

/// An export as the file keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// In hexadecimal: JSON's numbers have no 64 bits.
    id: String,
    export: ExportSpec,
    /// The account whose bucket it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

/// Where an export comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Settings,
    Command,
}

/// An export as it is listed.
#[derive(Clone, Debug)]
pub struct Listed {
    pub spec: ExportSpec,
    pub origin: Origin,
    /// Why it can't be mounted now, if so.
    pub problem: Option<String>,
}

/// Why an export was not made or deleted.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{0}")]
    Invalid(String),
    #[error("an export {0} exists; delete it first, or choose another name")]
    Exists(String),
    #[error("there is no export {0:?}; `trefoil export list` shows those that are")]
    Absent(String),
    #[error("the export {0} is of the settings; remove its [[export]] there and start the daemon anew")]
    OfTheSettings(String),
    #[error("there is no directory {0}; make it first: with a key below it, or in an export of the whole bucket")]
    NoDirectory(String),
    #[error(transparent)]
    Store(#[from] Error),
    #[error("exports can't be kept: {0}")]
    Kept(#[from] std::io::Error),
}

pub struct ExportManager {
    table: Arc<Exports>,
    files: FileService,
    /// Whose buckets are exported: root's account may use all.
    principal: Principal,
    random: Arc<dyn Random>,
    file: PathBuf,
    /// Where the NFS door listens, if it does.
    address: Option<SocketAddr>,
    settings: Vec<ExportSpec>,
    /// Held while exports are made or deleted, one after the other, until the file is written.
    kept: Mutex<Vec<Kept>>,
}

impl ExportManager {
    /// Puts the exports of the settings and those of the file in `dir` into a table.
    pub fn open(
        dir: &Path,
        settings: &[ExportSpec],
        files: FileService,
        principal: Principal,
        random: Arc<dyn Random>,
        address: Option<SocketAddr>,
    ) -> Result<Self, String> {
        let file = dir.join("exports.json");
        let kept = read(&file).map_err(|error| {
            format!("{}: {error}; repair it, or remove it and make its exports anew", file.display())
        })?;
        let table = Arc::new(Exports::default());
        for spec in settings {
            add(&table, spec_id(spec), (spec, None), &principal).map_err(|error| format!("[[export]]: {error}"))?;
        }
        for Kept { id, export: spec, owner } in &kept {
            let id = u64::from_str_radix(id, 16).map_err(|error| format!("{}: id {id}: {error}", file.display()))?;
            let owner = owner.as_deref().map(str::parse).transpose();
            let owner = owner.map_err(|error| format!("{}: owner of {}: {error}", file.display(), spec.name))?;
            match add(&table, id, (spec, owner), &principal) {
                Ok(()) => {}
                Err(Refused::Exists(name)) => {
                    tracing::warn!(
                        export = name,
                        "an export of this name is in the settings; the one made by command is not served"
                    );
                }
                Err(error) => {
                    let name = &spec.name;
                    tracing::warn!(
                        %error,
                        "the export {name} of {} is not served; delete it (trefoil export delete {name}), and make it anew",
                        file.display()
                    );
                }
            }
        }
        let (settings, kept) = (settings.to_vec(), Mutex::new(kept));
        Ok(Self { table, files, principal, random, file, address, settings, kept })
    }

    /// What the door serves.
    pub fn table(&self) -> Arc<Exports> {
        Arc::clone(&self.table)
    }

    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Makes an export and keeps it. Its bucket and directory must be there.
    pub async fn create(self: &Arc<Self>, spec: ExportSpec) -> Result<(), Refused> {
        let this = Arc::clone(self);
        to_its_end(async move { this.create_in_turn(spec).await }).await
    }

    /// Ends an export at once: its handles are stale.
    pub async fn delete(self: &Arc<Self>, name: &str) -> Result<(), Refused> {
        let (this, name) = (Arc::clone(self), name.to_owned());
        to_its_end(async move { this.delete_in_turn(&name).await }).await
    }

    async fn create_in_turn(&self, spec: ExportSpec) -> Result<(), Refused> {
        let mut kept = self.kept.lock().await;
        if self.table.by_name(&spec.name).is_some() || kept.iter().any(|kept| kept.export.name == spec.name) {
            return Err(Refused::Exists(spec.name));
        }
        // Before anything is written: what is kept is served.
        if self.table.is_full() {
            return Err(invalid(ExportError::TooMany));
        }
        let id = self.random.next_u64();
        let options = spec.options().map_err(Refused::Invalid)?;
        let export = Export::new(id, self.principal.clone(), options, None).map_err(invalid)?;
        export.find(&self.files).await.map_err(|error| match error {
            Error::File(FileError::NoSuchName | FileError::NotADirectory) => Refused::NoDirectory(spec.bucket.clone()),
            error => Refused::Store(error),
        })?;
        let mut next = kept.clone();
        let owner = export.owner().map(|owner| owner.to_string());
        next.push(Kept { id: format!("{id:016x}"), export: spec, owner });
        self.keep(next.clone()).await?;
        *kept = next;
        self.table.add(export).map_err(invalid)?;
        Ok(())
    }

    async fn delete_in_turn(&self, name: &str) -> Result<(), Refused> {
        let mut kept = self.kept.lock().await;
        let mut next = kept.clone();
        next.retain(|kept| kept.export.name != name);
        let in_settings = self.settings.iter().any(|spec| spec.name == name);
        if next.len() == kept.len() {
            let name = name.to_owned();
            return Err(if in_settings { Refused::OfTheSettings(name) } else { Refused::Absent(name) });
        }
        self.keep(next.clone()).await?;
        *kept = next;
        if !in_settings {
            self.table.remove(name);
        }
        Ok(())
    }

    /// All exports that are served, by name.
    pub async fn list(&self) -> Vec<Listed> {
        let kept = self.kept.lock().await.clone();
        let mut list = Vec::new();
        for export in self.table.list() {
            let name = &export.options.name;
            let of_settings = self.settings.iter().find(|spec| spec.name == *name);
            let (spec, origin) = match of_settings {
                Some(spec) => (spec, Origin::Settings),
                None => match kept.iter().find(|kept| kept.export.name == *name) {
                    Some(kept) => (&kept.export, Origin::Command),
                    None => continue,
                },
            };
            let problem = export.look(&self.files).await.err().map(|error| error.to_string());
            list.push(Listed { spec: spec.clone(), origin, problem });
        }
        list
    }

    async fn keep(&self, kept: Vec<Kept>) -> std::io::Result<()> {
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || write(&file, &kept)).await.map_err(std::io::Error::other)?
    }
}

fn invalid(error: ExportError) -> Refused {
    Refused::Invalid(error.to_string())
}

fn add(
    table: &Exports,
    id: u64,
    (spec, owner): (&ExportSpec, Option<AccountId>),
    principal: &Principal,
) -> Result<(), Refused> {
    let options = spec.options().map_err(Refused::Invalid)?;
    let export = Export::new(id, principal.clone(), options, owner).map_err(invalid)?;
    match table.add(export) {
        Ok(_) => Ok(()),
        Err(ExportError::Exists) => Err(Refused::Exists(spec.name.clone())),
        Err(error) => Err(invalid(error)),
    }
}

/// The id of an export of the settings: the same as long as its name and bucket are. No secret: a handle is sealed by a key.
fn spec_id(spec: &ExportSpec) -> u64 {
    let digest = Sha256::digest(format!("trefoil export\0{}\0{}", spec.name, spec.bucket));
    digest.iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte))
}

fn read(file: &Path) -> std::io::Result<Vec<Kept>> {
    let Some(text) = durable_file::read(file, EXPORTS_FILE_BYTES_MAX)? else { return Ok(Vec::new()) };
    Ok(serde_json::from_slice(&text)?)
}

fn write(file: &Path, kept: &[Kept]) -> std::io::Result<()> {
    durable_file::replace_json(file, &kept)
}
