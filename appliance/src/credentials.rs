//! The root credentials: where they come from and where they are kept.
//!
//! Always holds: the variables win, then the file, then new ones are drawn and kept. The file is `root-credentials` in the data
//! directory, mode 0600, two `KEY=value` lines under the names of the variables; it is durable before anybody sees a new key. A
//! secret is in no error and in no log.

#[cfg(test)]
mod tests;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use trefoil_core::access::{Secret, access_keys};
use trefoil_core::error::Error;
use trefoil_core::random::Random;

use crate::durable_file;

pub const ACCESS_KEY_VARIABLE: &str = "TREFOIL_ACCESS_KEY_ID";
pub const SECRET_VARIABLE: &str = "TREFOIL_SECRET_ACCESS_KEY";

/// The file holds two short lines; more is another file.
const FILE_BYTES_MAX: u64 = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Environment,
    File,
    /// Drawn just now: to be shown once.
    Made,
}

#[derive(Clone, Debug)]
pub struct RootCredentials {
    pub access_key_id: String,
    pub secret: Secret,
    pub origin: Origin,
    /// What is odd about the file but keeps nobody from using it.
    pub warning: Option<String>,
}

/// Credentials that could not be had: why, and the cure.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CredentialsError(String);

/// The two variables as the process has them.
pub fn from_environment() -> Result<Option<(String, Secret)>, CredentialsError> {
    let read = |name: &str| match std::env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(CredentialsError(format!("the variable {name} is not UTF-8"))),
    };
    pair_of_variables(read(ACCESS_KEY_VARIABLE)?, read(SECRET_VARIABLE)?)
}

fn pair_of_variables(id: Option<String>, secret: Option<String>) -> Result<Option<(String, Secret)>, CredentialsError> {
    let alone = |given: &str, missing: &str| {
        CredentialsError(format!("{given} is set but {missing} is not; set both, or neither"))
    };
    match (id, secret) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(alone(ACCESS_KEY_VARIABLE, SECRET_VARIABLE)),
        (None, Some(_)) => Err(alone(SECRET_VARIABLE, ACCESS_KEY_VARIABLE)),
        (Some(id), Some(secret)) => checked(id, secret, "the environment").map(Some),
    }
}

/// The root credentials of the data directory `dir`, made and kept there where there are none.
pub fn load(
    dir: &Path,
    environment: Option<(String, Secret)>,
    random: &dyn Random,
) -> Result<RootCredentials, CredentialsError> {
    if let Some((access_key_id, secret)) = environment {
        return Ok(RootCredentials { access_key_id, secret, origin: Origin::Environment, warning: None });
    }
    let path = dir.join("root-credentials");
    let failed = |doing: &str, error: std::io::Error| {
        CredentialsError(format!(
            "{}: can't be {doing}: {error}; or set {ACCESS_KEY_VARIABLE} and {SECRET_VARIABLE}",
            path.display()
        ))
    };
    if let Some(found) = read(&path).map_err(|error| failed("read", error))? {
        let (access_key_id, secret) = parse(&found.text, &path)?;
        return Ok(RootCredentials { access_key_id, secret, origin: Origin::File, warning: found.warning });
    }
    let (access_key_id, secret) = (access_keys::draw_id(random), access_keys::draw_secret(random));
    let written = durable_file::replace(&path, |file| {
        write!(file, "{ACCESS_KEY_VARIABLE}={access_key_id}\n{SECRET_VARIABLE}={}\n", secret.expose())
    });
    written.map_err(|error| failed("written", error))?;
    Ok(RootCredentials { access_key_id, secret, origin: Origin::Made, warning: None })
}

struct Found {
    text: String,
    warning: Option<String>,
}

fn read(path: &Path) -> std::io::Result<Option<Found>> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mode = file.metadata()?.permissions().mode();
    let warning = (mode & 0o077 != 0)
        .then(|| format!("others may read {} (mode {:04o}); run chmod 600 on it", path.display(), mode & 0o7777));
    let mut text = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(Some(Found { text, warning }))
}

fn parse(text: &str, path: &Path) -> Result<(String, Secret), CredentialsError> {
    let value = |name: &str| {
        text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('=')).map(str::to_owned).ok_or_else(
            || {
                CredentialsError(format!(
                    "{}: no line {name}=…; write it, or remove the file and a new key is made",
                    path.display()
                ))
            },
        )
    };
    checked(value(ACCESS_KEY_VARIABLE)?, value(SECRET_VARIABLE)?, &path.display().to_string())
}

/// What the store would refuse is refused here, with the place where it stands.
fn checked(id: String, secret: String, place: &str) -> Result<(String, Secret), CredentialsError> {
    let secret = Secret::new(secret);
    let wrong = |variable: &str, error: Error| match error {
        Error::InvalidArgument { message, .. } => CredentialsError(format!("{variable} of {place}: {message}")),
        other => CredentialsError(format!("{variable} of {place}: {other}")),
    };
    access_keys::check_id(&id).map_err(|error| wrong(ACCESS_KEY_VARIABLE, error))?;
    access_keys::check_secret(&secret).map_err(|error| wrong(SECRET_VARIABLE, error))?;
    Ok((id, secret))
}
