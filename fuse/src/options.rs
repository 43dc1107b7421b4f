//! The options of a mount (`-o`), as they are written after `mount -o` and in /etc/fstab.
//!
//! Always holds: an option is honoured or refused with a sentence, never ignored; but those that speak to mount(8) and to whoever starts
//! the machine (`defaults`, `_netdev`, `nofail`, `noauto`, `x-…`) say nothing to a mount, and are taken. Of two that contradict each
//! other the later holds, as with mount(8).

#[cfg(test)]
mod tests;

use nix::mount::MsFlags;
use trefoil_core::files::{AccessTimes, Defaults, NO_ID};

use crate::limits::OPTIONS_BYTES_MAX;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountOptions {
    pub read_only: bool,
    /// Whether each change is on stable storage before it is answered.
    pub strict: bool,
    /// Whether write(2), too, answers when its bytes are there.
    pub synchronous: bool,
    /// Which reads change the time of the last access.
    pub access_times: AccessTimes,
    /// Whether others than the daemon's user may come in; modes decide what they may do there.
    pub allow_other: bool,
    pub set_user_id: bool,
    pub devices: bool,
    pub execute: bool,
    /// Owner and mode of what S3 made.
    pub defaults: Defaults,
}

/// An option that can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OptionError(String);

impl Default for MountOptions {
    fn default() -> Self {
        Self {
            read_only: false,
            strict: false,
            synchronous: false,
            access_times: AccessTimes::Never,
            allow_other: true,
            set_user_id: false,
            devices: false,
            execute: true,
            defaults: Defaults::default(),
        }
    }
}

impl MountOptions {
    /// Reads options separated by commas.
    pub fn parse(text: &str) -> Result<Self, OptionError> {
        if text.len() > OPTIONS_BYTES_MAX {
            return Err(OptionError(format!("options have at most {OPTIONS_BYTES_MAX} bytes")));
        }
        let mut options = Self::default();
        for option in text.split(',').map(str::trim).filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                None => options.word(option)?,
                Some((name, value)) => options.value(option, name, value)?,
            }
        }
        Ok(options)
    }

    fn word(&mut self, option: &str) -> Result<(), OptionError> {
        match option {
            "ro" => self.read_only = true,
            "rw" => self.read_only = false,
            // What `atime` says has been `relatime` since Linux 2.6.30 (mount(8)).
            "atime" | "relatime" => self.access_times = AccessTimes::Relative,
            "strictatime" => self.access_times = AccessTimes::Always,
            "noatime" => self.access_times = AccessTimes::Never,
            "allow_other" => self.allow_other = true,
            "noallow_other" => self.allow_other = false,
            "suid" => self.set_user_id = true,
            "nosuid" => self.set_user_id = false,
            "dev" => self.devices = true,
            "nodev" => self.devices = false,
            "exec" => self.execute = true,
            "noexec" => self.execute = false,
            // Modes are always checked, by the kernel.
            "default_permissions" => {}
            // Names are all that `dirsync` speaks of.
            "dirsync" => self.strict = true,
            "sync" => (self.strict, self.synchronous) = (true, true),
            "async" => (self.strict, self.synchronous) = (false, false),
            // Who may mount is mount(8)'s; what it says of the mount holds (mount(8), "user").
            "user" | "users" => (self.execute, self.set_user_id, self.devices) = (false, false, false),
            "owner" | "group" => (self.set_user_id, self.devices) = (false, false),
            "defaults" | "_netdev" | "nofail" | "auto" | "noauto" | "nouser" => {}
            _ if option.starts_with("x-") || option.starts_with("X-") || option == "comment" => {}
            _ => return Err(unknown(option)),
        }
        Ok(())
    }

    fn value(&mut self, option: &str, name: &str, value: &str) -> Result<(), OptionError> {
        let number = || {
            let number: Option<u32> = value.parse().ok().filter(|id| *id != NO_ID);
            number.ok_or_else(|| bad(option, "a number, as `id -u` prints it"))
        };
        match name {
            "uid" => self.defaults.uid = number()?,
            "gid" => self.defaults.gid = number()?,
            "umask" => {
                let mask = mask(option, value)?;
                (self.defaults.file_mode, self.defaults.directory_mode) = (0o666 & !mask, 0o777 & !mask);
            }
            "fmask" => self.defaults.file_mode = 0o777 & !mask(option, value)?,
            "dmask" => self.defaults.directory_mode = 0o777 & !mask(option, value)?,
            "durability" => {
                self.strict = match value {
                    "strict" => true,
                    "posix" => false,
                    _ => return Err(bad(option, "durability=posix or durability=strict")),
                }
            }
            _ if name.starts_with("x-") || name.starts_with("X-") || name == "comment" => {}
            _ => return Err(unknown(option)),
        }
        Ok(())
    }

    /// The same, as text that is read back to the same.
    pub fn text(&self) -> String {
        let Self { read_only, strict, synchronous, access_times, allow_other, set_user_id, devices, execute, defaults } =
            self;
        let pick = |is: bool, yes: &str, no: &str| if is { yes } else { no }.to_owned();
        let mut words = vec![pick(*read_only, "ro", "rw")];
        words.push(pick(*strict, "durability=strict", "durability=posix"));
        if *synchronous {
            words.push("sync".into());
        }
        words.push(match access_times {
            AccessTimes::Never => "noatime".into(),
            AccessTimes::Relative => "relatime".into(),
            AccessTimes::Always => "strictatime".into(),
        });
        words.push(pick(*set_user_id, "suid", "nosuid"));
        words.push(pick(*devices, "dev", "nodev"));
        if !execute {
            words.push("noexec".into());
        }
        if !allow_other {
            words.push("noallow_other".into());
        }
        let plain = Defaults::default();
        if (defaults.uid, defaults.gid) != (plain.uid, plain.gid) {
            words.push(format!("uid={},gid={}", defaults.uid, defaults.gid));
        }
        if (defaults.file_mode, defaults.directory_mode) != (plain.file_mode, plain.directory_mode) {
            let masks = (0o777 & !defaults.file_mode, 0o777 & !defaults.directory_mode);
            words.push(format!("fmask={:04o},dmask={:04o}", masks.0, masks.1));
        }
        words.join(",")
    }

    /// Flags of mount(2).
    pub fn flags(&self) -> MsFlags {
        let flags = [
            (self.read_only, MsFlags::MS_RDONLY),
            (self.synchronous, MsFlags::MS_SYNCHRONOUS),
            (self.access_times == AccessTimes::Never, MsFlags::MS_NOATIME),
            (self.access_times == AccessTimes::Relative, MsFlags::MS_RELATIME),
            (self.access_times == AccessTimes::Always, MsFlags::MS_STRICTATIME),
            (!self.set_user_id, MsFlags::MS_NOSUID),
            (!self.devices, MsFlags::MS_NODEV),
            (!self.execute, MsFlags::MS_NOEXEC),
        ];
        flags.into_iter().filter(|(is, _)| *is).fold(MsFlags::empty(), |all, (_, flag)| all | flag)
    }
}

fn mask(option: &str, value: &str) -> Result<u32, OptionError> {
    u32::from_str_radix(value, 8)
        .ok()
        .filter(|mask| *mask <= 0o777)
        .ok_or_else(|| bad(option, "an octal mask from 000 to 777, like 022"))
}

fn bad(option: &str, expected: &str) -> OptionError {
    OptionError(format!("the option {option}: give {expected}"))
}

fn unknown(option: &str) -> OptionError {
    let known = "ro, rw, noatime, relatime, strictatime, durability=posix|strict, sync, dirsync, uid=N, gid=N, umask=NNN, fmask=NNN, dmask=NNN, suid, nosuid, \
                 dev, nodev, exec, noexec, allow_other, noallow_other";
    match option.split('=').next().unwrap_or(option) {
        "remount" => {
            OptionError("a mount is not changed (remount); unmount it, and mount it with other options".into())
        }
        "allow_root" | "auto_unmount" | "nonempty" | "kernel_cache" | "direct_io" | "max_read" | "fsname"
        | "subtype" => {
            OptionError(format!("the option {option} has no meaning for Trefoil; leave it out. It knows {known}"))
        }
        _ => OptionError(format!("the option {option} is not known; there are {known}")),
    }
}
