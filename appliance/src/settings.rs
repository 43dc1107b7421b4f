//! The settings of the daemon: what they are, where they come from, which source wins.
//!
//! Always holds: flag over environment over file over default. Every setting stands once in [`known::SETTINGS`], with its default
//! and its meaning; what is not there is refused (file) or warned of (environment), never ignored in silence. No secret is a
//! setting: credentials have their own two variables (see `credentials.rs`).

mod environment;
mod exports;
mod file;
pub mod known;
mod mounts;
mod nearest;
mod value;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::exports::ExportSpec;
use crate::mounts::MountSpec;
use known::Setting;
use trefoil_core::limits::INDEX_CACHE_BYTES;
pub use value::{Given, parse_bytes};

/// Read where no file is named and this one exists.
pub const DEFAULT_FILE: &str = "/etc/trefoil/trefoil.toml";

/// Everything that can be set. [`Settings::default`] holds the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub s3: S3Settings,
    pub admin: AdminSettings,
    pub nfs: NfsSettings,
    pub store: StoreSettings,
    pub log: LogSettings,
    /// Each `[[mount]]`, in the order of the file.
    pub mounts: Vec<MountSpec>,
    /// Each `[[export]]`, in the order of the file.
    pub exports: Vec<ExportSpec>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Settings {
    pub listen: SocketAddr,
    pub domains: Vec<String>,
    pub region: String,
    pub region_strict: bool,
    pub sigv2: bool,
    pub connections_max: u64,
    pub head_timeout_secs: u64,
    pub body_timeout_secs: u64,
    /// Bytes a second.
    pub body_rate_min: u64,
    pub body_grace_secs: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminSettings {
    pub listen: SocketAddr,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NfsSettings {
    /// `None`: the NFS door does not listen.
    pub listen: Option<SocketAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    pub data_dir: PathBuf,
    pub block_cache_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// A level, or the directives of a tracing filter.
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            s3: S3Settings {
                listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
                domains: Vec::new(),
                region: "us-east-1".into(),
                region_strict: false,
                sigv2: false,
                connections_max: 4096,
                head_timeout_secs: 60,
                body_timeout_secs: 20,
                body_rate_min: 128,
                body_grace_secs: 60,
            },
            admin: AdminSettings { listen: SocketAddr::from(([127, 0, 0, 1], 8001)) },
            nfs: NfsSettings::default(),
            store: StoreSettings { data_dir: PathBuf::from("./data"), block_cache_bytes: INDEX_CACHE_BYTES as u64 },
            log: LogSettings { level: "info".into(), format: LogFormat::Text },
            mounts: Vec::new(),
            exports: Vec::new(),
        }
    }
}

/// Where a setting's value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    File,
    Environment,
    Flag,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Source::Default => "default",
            Source::File => "file",
            Source::Environment => "environment",
            Source::Flag => "flag",
        })
    }
}

/// Settings that could not be had: what is wrong, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// The flags that are settings, as the command line gave them.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    /// Pairs of a setting's name (`s3.listen`) and its text.
    pub values: Vec<(&'static str, String)>,
}

/// Settings with the history of each.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub settings: Settings,
    /// What is odd but does no harm; to be logged once logging runs.
    pub warnings: Vec<String>,
    /// The file that was read.
    pub file: Option<PathBuf>,
    sources: Vec<Source>,
}

impl Loaded {
    /// Every setting with its value and where that came from, in the order of the table.
    pub fn each(&self) -> impl Iterator<Item = (&'static Setting, String, Source)> {
        known::SETTINGS
            .iter()
            .zip(&self.sources)
            .map(|(setting, source)| (setting, (setting.get)(&self.settings), *source))
    }

    fn apply(&mut self, index: usize, given: &Given, source: Source) -> Result<(), String> {
        (known::SETTINGS[index].set)(&mut self.settings, given)?;
        self.sources[index] = source;
        Ok(())
    }
}

/// Loads the settings from the default file or the one named, the process's environment and the flags.
pub fn load(flags: &Flags) -> Result<Loaded, SettingsError> {
    let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    load_from(flags, Path::new(DEFAULT_FILE), variables)
}

fn load_from(
    flags: &Flags,
    default_file: &Path,
    variables: impl IntoIterator<Item = (String, std::ffi::OsString)>,
) -> Result<Loaded, SettingsError> {
    let mut loaded = Loaded {
        settings: Settings::default(),
        warnings: Vec::new(),
        file: None,
        sources: vec![Source::Default; known::SETTINGS.len()],
    };
    let path = match &flags.config {
        Some(path) => Some(path.as_path()),
        None => default_file.exists().then_some(default_file),
    };
    if let Some(path) = path {
        file::apply(&mut loaded, path)?;
        loaded.file = Some(path.to_owned());
    }
    environment::apply(&mut loaded, variables)?;
    for (name, text) in &flags.values {
        let index = known::index_of(name).ok_or_else(|| SettingsError(format!("no setting is named {name}")))?;
        // `s3.listen` is --s3-listen; what is the store's own is shorter: --data-dir.
        let flag = name.trim_start_matches("store.").replace(['.', '_'], "-");
        let given = Given::Text(text.clone());
        loaded
            .apply(index, &given, Source::Flag)
            .map_err(|expected| SettingsError(format!("--{flag} is {text:?}; give {expected}")))?;
    }
    Ok(loaded)
}
