//! Names as files have them, and as the tree keeps them.
//!
//! Always holds: every name of the tree has exactly one name as a file, and from that the tree's name is found again. What a path can't say,
//! or what a directory of the same name hides, shows under an *escape*, a name that begins with `%~`:
//!
//! | escape | stands for |
//! |---|---|
//! | `%~s` name | the object `name` beside the directory `name/` |
//! | `%~e` | the directory without a name: `a//b` is `b` in `%~e` in `a` |
//! | `%~d`, `%~D` | `.` and `..` |
//! | `%~n` name | a name with NUL: as `%00`, and `%` as `%25` |
//! | `%~r` name | a name that begins with `%~` itself, or looks like one of `.nfs…` |
//! | `%~l` id | a name that can't be written otherwise in 255 bytes, by the node's id in hexadecimal |
//!
//! A name `.nfs` and hexadecimal digits is one that an NFS client gives to a file that was removed while open: it is kept where S3 does
//! not see it.

use super::FileError;
use crate::limits::FILE_NAME_BYTES_MAX;
use crate::metadata::keys::{Id, UNSEEN, drafted};

/// Where a name stands in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileName {
    /// A directory (with `/` at the end) or an object of this name; the directory comes first.
    Either(Vec<u8>),
    /// The object, which a directory hides.
    Hidden(Vec<u8>),
    /// What has this node.
    Node(Id),
    /// An escape that stands for nothing: nothing has this name, and nothing gets it.
    Unknown,
}

impl FileName {
    pub fn parse(name: &[u8]) -> Result<Self, FileError> {
        if name.is_empty() {
            return Err(FileError::NoSuchName);
        }
        if name.len() > FILE_NAME_BYTES_MAX {
            return Err(FileError::NameTooLong);
        }
        if name.contains(&b'/') || name.contains(&0) || name == b"." || name == b".." {
            return Err(FileError::Invalid("a name can't be . or .., or hold / or NUL"));
        }
        if std::str::from_utf8(name).is_err() {
            return Err(FileError::InvalidName);
        }
        if is_silly(name) {
            return Ok(Self::Either([&[UNSEEN], name].concat()));
        }
        let Some(escape) = name.strip_prefix(b"%~") else { return Ok(Self::Either(name.to_vec())) };
        Ok(match escape.split_first() {
            // Only what is shown so: any other would be a second name of the same.
            Some((b's', rest)) if shown(rest, 0, true) == name => Self::Hidden(rest.to_vec()),
            Some((b'e', [])) => Self::Either(Vec::new()),
            Some((b'd', [])) => Self::Either(b".".to_vec()),
            Some((b'D', [])) => Self::Either(b"..".to_vec()),
            Some((b'n', rest)) => {
                let decoded: Vec<u8> = percent_encoding::percent_decode(rest).collect();
                // Only the form that is shown: any other would be a second name of the same.
                if decoded.contains(&0) && percent(&decoded) == rest { Self::Either(decoded) } else { Self::Unknown }
            }
            Some((b'r', rest)) if rest.starts_with(b"%~") || is_silly(rest) => Self::Either(rest.to_vec()),
            Some((b'l', rest)) => {
                let id = std::str::from_utf8(rest).ok().and_then(|hex| Id::from_str_radix(hex, 16).ok());
                id.filter(|id| format!("{id:x}").as_bytes() == rest).map_or(Self::Unknown, Self::Node)
            }
            _ => Self::Unknown,
        })
    }
}

/// Whether a name is of the sort that only a node's id tells. Nobody is told when such a name leads elsewhere.
pub fn is_by_number(name: &[u8]) -> bool {
    name.starts_with(b"%~l")
}

/// The name of what can't be named otherwise.
pub(crate) fn node_name(node: Id) -> Vec<u8> {
    format!("%~l{node:x}").into_bytes()
}

/// A name of the tree, or of a draft of it, as files have it. `stored` is without the `/` of a directory; `hidden`: a directory of that name is there as well.
pub(crate) fn shown(stored: &[u8], node: Id, hidden: bool) -> Vec<u8> {
    let by_node = || node_name(node);
    let stored = drafted(stored).unwrap_or(stored);
    if let Some((&UNSEEN, silly)) = stored.split_first() {
        return silly.to_vec();
    }
    let special = stored.is_empty()
        || stored == b"."
        || stored == b".."
        || stored.contains(&0)
        || stored.starts_with(b"%~")
        || is_silly(stored);
    let name = match (special, hidden) {
        (false, false) => stored.to_vec(),
        (false, true) => [b"%~s", stored].concat(),
        (true, true) => by_node(),
        (true, false) if stored.is_empty() => b"%~e".to_vec(),
        (true, false) if stored == b"." => b"%~d".to_vec(),
        (true, false) if stored == b".." => b"%~D".to_vec(),
        (true, false) if stored.contains(&0) => [b"%~n", &percent(stored)[..]].concat(),
        (true, false) => [b"%~r", stored].concat(),
    };
    if name.len() > FILE_NAME_BYTES_MAX { by_node() } else { name }
}

fn percent(name: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(name.len() + 8);
    for &byte in name {
        match byte {
            0 => encoded.extend_from_slice(b"%00"),
            b'%' => encoded.extend_from_slice(b"%25"),
            other => encoded.push(other),
        }
    }
    encoded
}

/// Linux's client renames to `.nfs` and 24 hexadecimal digits; others use fewer.
fn is_silly(name: &[u8]) -> bool {
    name.strip_prefix(b".nfs").is_some_and(|rest| rest.len() >= 8 && rest.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests;
