//! `mount.trefoil`: the same binary under the name by which mount(8) looks for it, so that /etc/fstab can name mounts.
//!
//! Always holds: takes what mount(8) gives to a helper (`SOURCE DIR [-sfnv] [-o OPTIONS] [-t TYPE] [-N NAMESPACE]`, mount(8),
//! "EXTERNAL HELPERS") and asks the daemon, which keeps no such mount: at a start of the machine, what /etc/fstab says then is what holds.
//! Which daemon is told by the options `config=FILE` and `data_dir=DIR`, which go no further. Exit status is mount(8)'s: 0 is done, 1 a
//! wrong call, 32 not mounted.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::remote::RemoteArgs;
use super::{Common, mount};
use crate::mounts::MountSpec;

const NAME: &str = "mount.trefoil";
/// "incorrect invocation or permissions" and "mount failure".
const WRONG_CALL: u8 = 1;
const NOT_MOUNTED: u8 = 32;

/// What mount(8) asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Call {
    spec: MountSpec,
    config: Option<PathBuf>,
    data_dir: Option<PathBuf>,
    /// Nothing is to be done in truth (`mount -f`).
    fake: bool,
}

/// Whether the process was called by this name.
pub fn is_called(program: Option<&OsString>) -> bool {
    program.and_then(|program| Path::new(program).file_name()).is_some_and(|name| name == NAME)
}

pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let call = match parse(arguments) {
        Ok(call) => call,
        Err(error) => {
            eprintln!("{NAME}: {error}");
            return ExitCode::from(WRONG_CALL);
        }
    };
    if call.fake {
        return ExitCode::SUCCESS;
    }
    let remote = RemoteArgs::local(Common::new(call.config, call.data_dir));
    match mount::ask(&remote, call.spec, false) {
        Ok(_) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{NAME}: {failure}");
            ExitCode::from(NOT_MOUNTED)
        }
    }
}

fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Call, String> {
    let mut call = Call::default();
    let (mut places, mut options) = (Vec::new(), Vec::new());
    let mut arguments =
        arguments.map(|argument| argument.into_string().map_err(|_| "an argument is not UTF-8".to_owned()));
    while let Some(argument) = arguments.next().transpose()? {
        match argument.as_str() {
            "-o" => {
                let given = arguments.next().transpose()?.ok_or("-o needs options")?;
                options.extend(given.split(',').map(str::to_owned));
            }
            "-t" => drop(arguments.next().transpose()?),
            "-N" => return Err("another mount namespace can't be mounted in; the daemon mounts in its own".into()),
            flags if flags.starts_with('-') && flags.len() > 1 => {
                for flag in flags.chars().skip(1) {
                    match flag {
                        'f' => call.fake = true,
                        // Sloppy, no mtab, verbose: nothing to do.
                        's' | 'n' | 'v' => {}
                        flag => return Err(format!("-{flag} is not known")),
                    }
                }
            }
            _ => places.push(argument),
        }
    }
    let [source, dir] =
        <[String; 2]>::try_from(places).map_err(|_| format!("usage: {NAME} BUCKET[/PREFIX] DIR [-o OPTIONS]"))?;
    options.retain(|option| match option.split_once('=') {
        Some(("config", file)) => {
            call.config = Some(file.into());
            false
        }
        Some(("data_dir", dir)) => {
            call.data_dir = Some(dir.into());
            false
        }
        _ => !option.is_empty(),
    });
    call.spec = mount::spec(&source, Path::new(&dir), &options.join(",")).map_err(|failure| failure.to_string())?;
    Ok(call)
}
