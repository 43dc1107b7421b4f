//! POSIX ACLs as Linux keeps them in extended attributes (acl(5); `include/uapi/linux/posix_acl_xattr.h`).
//!
//! Always holds: what was parsed has one entry each for owner, group and others, a mask where named entries are, no name twice, and is
//! written back as the same bytes.

use std::collections::HashSet;

use super::{Access, Attributes, Caller, FileError};

pub(crate) const ACCESS: &[u8] = b"system.posix_acl_access";
pub(crate) const DEFAULT: &[u8] = b"system.posix_acl_default";

const VERSION: u32 = 2;
const UNDEFINED: u32 = u32::MAX;
const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    tag: u16,
    permissions: u16,
    id: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acl(Vec<Entry>);

impl Acl {
    pub fn parse(bytes: &[u8]) -> Result<Self, FileError> {
        let invalid = FileError::Invalid("not an ACL");
        let (version, rest) = bytes.split_first_chunk::<4>().ok_or(invalid)?;
        if u32::from_le_bytes(*version) != VERSION || rest.len() % 8 != 0 {
            return Err(invalid);
        }
        let entries: Vec<Entry> = rest
            .chunks_exact(8)
            .map(|entry| Entry {
                tag: u16::from_le_bytes([entry[0], entry[1]]),
                permissions: u16::from_le_bytes([entry[2], entry[3]]),
                id: u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]),
            })
            .collect();
        let count = |tag| entries.iter().filter(|entry| entry.tag == tag).count();
        let named = count(USER) + count(GROUP);
        let known = entries.iter().all(|entry| {
            let simple = [USER_OBJ, GROUP_OBJ, MASK, OTHER].contains(&entry.tag);
            entry.permissions <= 7 && (simple || [USER, GROUP].contains(&entry.tag) && entry.id != UNDEFINED)
        });
        // By their sorts, and among those in any order (Linux: `posix_acl_valid`).
        let ordered = entries.is_sorted_by_key(|entry| entry.tag);
        let mut names = HashSet::new();
        let twice = entries.iter().any(|entry| named_tag(entry.tag) && !names.insert((entry.tag, entry.id)));
        let whole = count(USER_OBJ) == 1 && count(GROUP_OBJ) == 1 && count(OTHER) == 1 && count(MASK) <= 1;
        match known && whole && ordered && !twice && (named == 0 || count(MASK) == 1) {
            true => Ok(Self(entries)),
            false => Err(invalid),
        }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        for entry in &self.0 {
            bytes.extend_from_slice(&entry.tag.to_le_bytes());
            bytes.extend_from_slice(&entry.permissions.to_le_bytes());
            bytes.extend_from_slice(&entry.id.to_le_bytes());
        }
        bytes
    }

    fn of(&self, tag: u16) -> Option<u32> {
        self.0.iter().find(|entry| entry.tag == tag).map(|entry| u32::from(entry.permissions))
    }

    /// Whether it says no more than a mode does.
    pub fn is_mode(&self) -> bool {
        self.0.len() == 3
    }

    /// The permission bits that stand for it: the mask stands for the group's.
    pub fn mode(&self) -> u32 {
        let group = self.of(MASK).or(self.of(GROUP_OBJ)).unwrap_or(0);
        self.of(USER_OBJ).unwrap_or(0) << 6 | group << 3 | self.of(OTHER).unwrap_or(0)
    }

    /// After chmod.
    pub fn set_mode(&mut self, mode: u32) {
        let masked = self.of(MASK).is_some();
        for entry in &mut self.0 {
            let bits = match entry.tag {
                USER_OBJ => mode >> 6,
                GROUP_OBJ if !masked => mode >> 3,
                MASK => mode >> 3,
                OTHER => mode,
                _ => continue,
            };
            entry.permissions = u16::try_from(bits & 7).unwrap_or(0);
        }
    }

    /// What a directory's default ACL makes of something new in it: its access ACL, with the bits that its maker asked for and no others.
    pub fn inherited(&self, mode: u32) -> (Self, u32) {
        let mut acl = self.clone();
        let bits = acl.mode() & mode & 0o777;
        acl.set_mode(bits);
        (acl, bits)
    }

    /// Whether it lets the caller do all that is wanted. Of several groups that the caller is in, one must have all of it: what one of them
    /// may is not added to what another may (Linux: `posix_acl_permission`).
    pub fn allows(&self, caller: &Caller, attributes: &Attributes, wanted: Access) -> bool {
        let mask = self.of(MASK).unwrap_or(7);
        let covers = |bits: u32| Access::from_bits(bits).covers(wanted);
        if caller.uid == attributes.uid {
            return covers(self.of(USER_OBJ).unwrap_or(0));
        }
        if let Some(user) = self.0.iter().find(|entry| entry.tag == USER && entry.id == caller.uid) {
            return covers(u32::from(user.permissions) & mask);
        }
        let groups = self.0.iter().filter(|entry| match entry.tag {
            GROUP_OBJ => caller.is_in(attributes.gid),
            GROUP => caller.is_in(entry.id),
            _ => false,
        });
        let mut groups = groups.map(|entry| u32::from(entry.permissions)).peekable();
        match groups.peek() {
            Some(_) => groups.any(|bits| covers(bits & mask)),
            None => covers(self.of(OTHER).unwrap_or(0)),
        }
    }
}

fn named_tag(tag: u16) -> bool {
    [USER, GROUP].contains(&tag)
}
