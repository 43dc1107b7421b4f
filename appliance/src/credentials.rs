//! The root credentials: where they come from and where they are kept.
//!
//! Always holds: the variables win, then the file, then new ones are drawn and kept. The file is `root-credentials` in the data
//! directory, mode 0600, two `KEY=value` lines under the names of the variables; it is durable before anybody sees a new key. A
//! secret is in no error and in no log.

#[cfg(test)]
mod tests;

use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use trefoil_core::access::Secret;
use trefoil_core::random::Random;

pub const ACCESS_KEY_VARIABLE: &str = "TREFOIL_ACCESS_KEY_ID";
pub const SECRET_VARIABLE: &str = "TREFOIL_SECRET_ACCESS_KEY";

/// The file holds two short lines; more is another file.
const FILE_BYTES_MAX: u64 = 4096;
const SECRET_CHARS: usize = 40;

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
    let access_key_id = format!("TRFL{}", draw(random, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16));
    let secret = draw(random, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", SECRET_CHARS);
    keep(dir, &path, &access_key_id, &secret).map_err(|error| failed("written", error))?;
    Ok(RootCredentials { access_key_id, secret: Secret::new(secret), origin: Origin::Made, warning: None })
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

/// An id can stand in a credential scope and a query as it is; a secret has a length that is worth the name.
fn checked(id: String, secret: String, place: &str) -> Result<(String, Secret), CredentialsError> {
    if !(3..=128).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    {
        return Err(CredentialsError(format!(
            "{ACCESS_KEY_VARIABLE} of {place} is no access key id: 3 to 128 letters, digits, dashes, dots and underscores"
        )));
    }
    if !(8..=128).contains(&secret.len()) || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CredentialsError(format!(
            "{SECRET_VARIABLE} of {place} is no secret: 8 to 128 visible ASCII characters"
        )));
    }
    Ok((id, Secret::new(secret)))
}

/// `count` letters of `alphabet`, each as likely as the others.
fn draw(random: &dyn Random, alphabet: &[u8], count: usize) -> String {
    // Bytes above the largest multiple of the alphabet's size would favour its first letters.
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let mut bytes = [0; 64];
        random.fill(&mut bytes);
        let letters = bytes.iter().filter(|byte| usize::from(**byte) < fair);
        let letters = letters.map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]));
        text.extend(letters.take(count - text.len()));
    }
    text
}

/// Writes the file so that it is whole or absent after a crash, and durable on return.
fn keep(dir: &Path, path: &Path, id: &str, secret: &str) -> std::io::Result<()> {
    let temporary = dir.join("root-credentials.new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    // The mode above is for a new file; one left by a crash may have another.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    write!(file, "{ACCESS_KEY_VARIABLE}={id}\n{SECRET_VARIABLE}={secret}\n")?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    std::fs::File::open(dir)?.sync_all()
}
