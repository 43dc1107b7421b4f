//! How the index lays out its keys: the only file that knows (T6).
//!
//! Always holds: keys compare as unsigned bytes, and the first byte tells the kind of record.
//!
//! | first byte | rest | record | why there |
//! |---|---|---|---|
//! | `A` | kind id | account, access key | see `account_keys.rs` |
//! | `B` | name | bucket | |
//! | `C` | content | content | |
//! | `D` | parent name | dentry | a directory's names side by side, in the order of flat keys: a directory's name ends in `/` |
//! | `E` | content page | extent page, or part | the parts of an upload, in order |
//! | `F` | bucket kind | one configuration of a bucket | not read on every request |
//! | `G` | directory | what is known of a directory | beside nodes, so that a directory's id tells its name |
//! | `H` | directory word | newest change of its names; number of directories in it | counters: no writer waits for another |
//! | `I` | id page | inline bytes ([`Table::Inline`](super::Table::Inline)) | values of up to 64 KiB, in a table of their own |
//! | `K` | node | a draft: its bucket | found after a crash |
//! | `M` | word | the store's own counters | |
//! | `N` | node | node | |
//! | `O` | node | a node without a name that is open | found after a crash |
//! | `P` | node parent name | one of several names of a node: its moves | |
//! | `Q` | node name | extended attribute | listed by node |
//! | `T` | queue due sequence | task | a queue is scanned in the order of due times |
//! | `U` | bucket escaped-key initiated id | multipart upload | flat: an upload's directories need not exist |
//! | `V` | parent escaped-name !sequence | noncurrent version or delete marker; without a sequence: a directory that holds only such | newest first, out of the way of listings |
//! | `W` | owner name | a bucket of this account: its id; without a name: how many it has | listed by owner |
//! | `X` | content | completed upload | found by the upload's id, whatever became of its key |
//! | `Y` | bucket token | a rename's client token | |
//! | `Z` | parent name | sequence of the noncurrent null version of a name | found without a scan |
//!
//! Numbers are big-endian. A name that is followed by something is *escaped*: NUL becomes `00 FF`, and `00 01` ends it, so that
//! order survives every byte.

use super::Key;
use crate::types::AccountId;

/// A node's, content's or bucket's id. Allotted from one counter, never reused; 0 is none.
pub type Id = u64;

const ESCAPED_NUL: [u8; 2] = [0x00, 0xff];
const END_OF_NAME: [u8; 2] = [0x00, 0x01];

fn key_of(kind: u8, id: Id, rest: &[u8]) -> Key {
    let mut key = Vec::with_capacity(9 + rest.len());
    key.push(kind);
    key.extend_from_slice(&id.to_be_bytes());
    key.extend_from_slice(rest);
    key
}

fn push_escaped(key: &mut Key, name: &[u8]) {
    for &byte in name {
        if byte == 0 { key.extend_from_slice(&ESCAPED_NUL) } else { key.push(byte) }
    }
    key.extend_from_slice(&END_OF_NAME);
}

/// Undoes [`push_escaped`]: the name, and what follows it. `None` where the bytes are not such a name.
fn split_escaped(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut name = Vec::with_capacity(bytes.len());
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            0 => match *bytes.get(at + 1)? {
                0xff => {
                    name.push(0);
                    at += 2;
                }
                0x01 => return Some((name, &bytes[at + 2..])),
                _ => return None,
            },
            byte => {
                name.push(byte);
                at += 1;
            }
        }
    }
}

/// The first key behind all keys that begin with `prefix`.
pub fn behind(prefix: &[u8]) -> Key {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xff {
            end.push(last + 1);
            return end;
        }
    }
    // Only for a prefix of 0xff bytes, which no key of ours begins with.
    vec![0xff; 16]
}

pub fn bucket(name: &str) -> Key {
    let mut key = Vec::with_capacity(1 + name.len());
    key.push(b'B');
    key.extend_from_slice(name.as_bytes());
    key
}

/// Begins every bucket of an account, and is itself the key of their number.
pub fn owned_buckets(owner: AccountId) -> Key {
    [&b"W"[..], &owner.0].concat()
}

pub fn owned_bucket(owner: AccountId, name: &str) -> Key {
    [&b"W"[..], &owner.0, name.as_bytes()].concat()
}

/// Begins every account's.
pub const OWNED_BUCKETS: &[u8] = b"W";

/// The account and the name in such a key; the name is empty in that of their number.
pub fn owned_bucket_parts(key: &[u8]) -> Option<(AccountId, &str)> {
    let (owner, name) = key.strip_prefix(OWNED_BUCKETS)?.split_at_checked(32)?;
    Some((AccountId(owner.try_into().ok()?), std::str::from_utf8(name).ok()?))
}

pub fn bucket_configuration(bucket: Id, kind: u8) -> Key {
    key_of(b'F', bucket, &[kind])
}

pub fn dentry(parent: Id, name: &[u8]) -> Key {
    key_of(b'D', parent, name)
}

/// The name in a dentry's key.
pub fn dentry_name(key: &[u8]) -> &[u8] {
    key.get(9..).unwrap_or_default()
}

/// First byte of a name that S3 does not see: no key has it, for keys are UTF-8.
pub const UNSEEN: u8 = 0xff;

/// Begins every dentry of a directory that S3 does not see; all others are before it.
pub fn unseen_dentries(parent: Id) -> Key {
    key_of(b'D', parent, &[UNSEEN])
}

/// Second byte of the name of a draft; no other unseen name has it, for they are names of files.
const DRAFT: u8 = 0;

/// The dentry's name under which the draft of `name` stands: what files show by that name, and S3 does not see yet.
pub fn draft_name(name: &[u8]) -> Vec<u8> {
    [&[UNSEEN, DRAFT], name].concat()
}

/// The name that a dentry's name is the draft of.
pub fn drafted(name: &[u8]) -> Option<&[u8]> {
    name.strip_prefix(&[UNSEEN, DRAFT])
}

/// Whether S3 does not see a dentry of this name.
pub fn is_unseen(name: &[u8]) -> bool {
    name.first() == Some(&UNSEEN)
}

/// Begins every dentry of a directory that is a draft.
pub fn drafts(parent: Id) -> Key {
    key_of(b'D', parent, &[UNSEEN, DRAFT])
}

/// Every dentry, and every record of the version space, of all directories.
pub const DENTRIES: &[u8] = b"D";
pub const VERSIONS: &[u8] = b"V";

/// The directory that a dentry, or a record of the version space, is in.
pub fn dentry_parent(key: &[u8]) -> Option<Id> {
    key.get(1..9).and_then(|parent| parent.try_into().ok()).map(Id::from_be_bytes)
}

/// What of the index doors may cache.
pub enum Seen<'a> {
    Dentry {
        parent: Id,
        name: &'a [u8],
    },
    /// A node, or a directory.
    Node(Id),
}

/// What a key stands for, where doors may cache that.
pub fn seen(key: &[u8]) -> Option<Seen<'_>> {
    let (kind, rest) = key.split_first()?;
    let (id, name) = rest.split_first_chunk::<8>()?;
    let id = Id::from_be_bytes(*id);
    match kind {
        b'D' => Some(Seen::Dentry { parent: id, name }),
        b'N' | b'G' | b'H' => Some(Seen::Node(id)),
        _ => None,
    }
}

/// Begins every dentry of a directory.
pub fn dentries(parent: Id) -> Key {
    key_of(b'D', parent, &[])
}

pub fn node(node: Id) -> Key {
    key_of(b'N', node, &[])
}

pub fn directory(directory: Id) -> Key {
    key_of(b'G', directory, &[])
}

/// When a name in the directory last came or went.
pub fn directory_time(directory: Id) -> Key {
    key_of(b'H', directory, b"t")
}

/// How many directories are in the directory.
pub fn directory_count(directory: Id) -> Key {
    key_of(b'H', directory, b"d")
}

pub fn orphan(node: Id) -> Key {
    key_of(b'O', node, &[])
}

/// Begins every orphan.
pub const ORPHANS: &[u8] = b"O";

pub fn orphan_node(key: &[u8]) -> Option<Id> {
    key.get(1..).and_then(|rest| rest.try_into().ok()).map(Id::from_be_bytes)
}

pub fn draft(node: Id) -> Key {
    key_of(b'K', node, &[])
}

/// Begins every draft.
pub const DRAFTS: &[u8] = b"K";

pub fn draft_node(key: &[u8]) -> Option<Id> {
    key.get(1..).and_then(|rest| rest.try_into().ok()).map(Id::from_be_bytes)
}

/// One of several names of a node.
pub fn name_of(node: Id, parent: Id, name: &[u8]) -> Key {
    let mut key = key_of(b'P', node, &parent.to_be_bytes());
    key.extend_from_slice(name);
    key
}

/// Begins every name of a node that has several.
pub fn names_of(node: Id) -> Key {
    key_of(b'P', node, &[])
}

/// The directory and the name in such a key.
pub fn name_of_parts(key: &[u8]) -> Option<(Id, &[u8])> {
    let (parent, name) = key.get(9..)?.split_at_checked(8)?;
    Some((Id::from_be_bytes(parent.try_into().ok()?), name))
}

pub fn xattr(node: Id, name: &[u8]) -> Key {
    key_of(b'Q', node, name)
}

/// Begins every extended attribute of a node.
pub fn xattrs(node: Id) -> Key {
    key_of(b'Q', node, &[])
}

/// The name in an extended attribute's key.
pub fn xattr_name(key: &[u8]) -> &[u8] {
    key.get(9..).unwrap_or_default()
}

pub fn content(content: Id) -> Key {
    key_of(b'C', content, &[])
}

pub fn page(content: Id, page: u32) -> Key {
    key_of(b'E', content, &page.to_be_bytes())
}

/// Begins every extent page of a content.
pub fn pages(content: Id) -> Key {
    key_of(b'E', content, &[])
}

/// Begins every content; every extent page of all contents.
pub const CONTENTS: &[u8] = b"C";
pub const PAGES: &[u8] = b"E";

/// The page number in a page's key.
pub fn page_number(key: &[u8]) -> Option<u32> {
    key.get(9..).and_then(|rest| rest.try_into().ok()).map(u32::from_be_bytes)
}

/// Inline bytes of a node (page 0) or of an upload's part (its number).
pub fn inline(id: Id, page: u32) -> Key {
    key_of(b'I', id, &page.to_be_bytes())
}

pub fn version(parent: Id, name: &[u8], sequence: u64) -> Key {
    let mut key = versions_of(parent, name);
    key.extend_from_slice(&(!sequence).to_be_bytes());
    key
}

/// Begins every version of a name, and is itself the key of a directory that holds versions only.
pub fn versions_of(parent: Id, name: &[u8]) -> Key {
    let mut key = Vec::with_capacity(9 + name.len() + 2 + 8);
    key.push(b'V');
    key.extend_from_slice(&parent.to_be_bytes());
    push_escaped(&mut key, name);
    key
}

/// Begins everything in a directory's version space.
pub fn versions(parent: Id) -> Key {
    key_of(b'V', parent, &[])
}

/// The name in a key of the version space, and its sequence; no sequence is a directory.
pub fn version_parts(key: &[u8]) -> Option<(Vec<u8>, Option<u64>)> {
    let (name, rest) = split_escaped(key.get(9..)?)?;
    match rest.len() {
        0 => Some((name, None)),
        8 => Some((name, Some(!u64::from_be_bytes(rest.try_into().ok()?)))),
        _ => None,
    }
}

pub fn null_version(parent: Id, name: &[u8]) -> Key {
    key_of(b'Z', parent, name)
}

pub fn upload(bucket: Id, key: &[u8], initiated: u64, id: Id) -> Key {
    let mut upload = uploads_of(bucket, key);
    upload.extend_from_slice(&initiated.to_be_bytes());
    upload.extend_from_slice(&id.to_be_bytes());
    upload
}

/// Begins every upload of a key.
pub fn uploads_of(bucket: Id, key: &[u8]) -> Key {
    let mut upload = Vec::with_capacity(9 + key.len() + 2 + 16);
    upload.push(b'U');
    upload.extend_from_slice(&bucket.to_be_bytes());
    push_escaped(&mut upload, key);
    upload
}

/// Where the uploads of keys that begin with `prefix` begin.
pub fn uploads_from(bucket: Id, prefix: &[u8]) -> Key {
    let mut upload = uploads_of(bucket, prefix);
    upload.truncate(upload.len() - END_OF_NAME.len());
    upload
}

/// The key, time of initiation and id in an upload's key.
pub fn upload_parts(upload: &[u8]) -> Option<(Vec<u8>, u64, Id)> {
    let (key, rest) = split_escaped(upload.get(9..)?)?;
    let (initiated, id) = (rest.get(..8)?, rest.get(8..)?);
    Some((key, u64::from_be_bytes(initiated.try_into().ok()?), u64::from_be_bytes(id.try_into().ok()?)))
}

/// What a repeated completion of the upload is answered.
pub fn completed(content: Id) -> Key {
    key_of(b'X', content, &[])
}

pub fn rename_token(bucket: Id, token: &str) -> Key {
    key_of(b'Y', bucket, token.as_bytes())
}

/// A queue of durable work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Queue {
    Reclaim = b'r',
    /// Records that are to go at a time.
    Forget = b'f',
}

pub fn task(queue: Queue, due: u64, sequence: u64) -> Key {
    let mut key = tasks(queue);
    key.extend_from_slice(&due.to_be_bytes());
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// Begins every task of a queue.
pub fn tasks(queue: Queue) -> Key {
    vec![b'T', queue as u8]
}

/// The next id to lease.
pub const NEXT_ID: &[u8] = b"Mid";
/// The epoch of the process that last opened the store for writing.
pub const EPOCH: &[u8] = b"Mepoch";
/// Raised by synced commits that only make what was committed before them durable.
pub const SYNC: &[u8] = b"Msync";
/// The format of the whole index.
pub const FORMAT: &[u8] = b"Mformat";

/// Names of advisory locks. They are no keys of the store. Order of taking: rename, then keys, then directories upwards.
pub mod locks {
    use super::{Id, Key, key_of};
    use crate::types::AccountId;

    /// Exclusive for one at a time of the transactions that have lost often.
    pub const TURN: &[u8] = b"t";

    /// Exclusive while a rename in the bucket walks and moves.
    pub fn rename(bucket: Id) -> Key {
        key_of(b'r', bucket, &[])
    }

    /// Exclusive while the versions of one name change.
    pub fn name(parent: Id, name: &[u8]) -> Key {
        key_of(b'k', parent, name)
    }

    /// Shared to add a name, exclusive to find that none is left.
    pub fn directory(node: Id) -> Key {
        key_of(b'd', node, &[])
    }

    /// Shared to make a bucket of the account, exclusive to find that it owns none.
    pub fn account(id: AccountId) -> Key {
        [&[b'a'][..], &id.0].concat()
    }

    /// Exclusive while an upload is completed or aborted, shared while it takes a part.
    pub fn upload(id: Id) -> Key {
        key_of(b'u', id, &[])
    }
}

#[cfg(test)]
mod tests;
