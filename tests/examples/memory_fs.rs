//! A file system in memory, mounted by fuser as Trefoil mounts: `memory_fs DIR`, until it is unmounted. It is the floor of
//! `make bench-files`: what a program in user space must pay at least.
//!
//! Always holds: the same requests, capabilities, lifetimes and number of threads as Trefoil's mount has; nothing is kept, checked or
//! shared, and every request is answered on the thread that took it.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use fuser::{
    BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    InitFlags, KernelConfig, LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, SessionACL, TimeOrNow,
    WriteFlags,
};

// These are Trefoil's (fuse/src/limits.rs, fuse/src/capabilities.rs).
const LIFETIME: Duration = Duration::from_secs(60);
const TRANSFER_BYTES: u32 = 1 << 20;
const READAHEAD_KIB: u32 = 2048;
const BLOCK_BYTES: u32 = 64 << 10;

/// Bytes are kept in pieces of so many.
const PIECE_BYTES: usize = 1 << 20;

fn main() -> ExitCode {
    match std::env::args().nth(1) {
        Some(directory) => match run(Path::new(&directory)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
        None => {
            eprintln!("error: usage: memory_fs DIR");
            ExitCode::from(2)
        }
    }
}

fn run(directory: &Path) -> Result<(), String> {
    let mut config = Config::default();
    config.mount_options = vec![MountOption::FSName("memory".into()), MountOption::DefaultPermissions];
    config.acl = SessionACL::All;
    config.n_threads = Some(1);
    let session = fuser::spawn_mount(MemoryFs::default(), directory, &config).map_err(|error| error.to_string())?;
    read_ahead(directory)?;
    writeln!(std::io::stdout(), "ready").map_err(|error| error.to_string())?;
    session.join().map_err(|error| error.to_string())
}

/// As far as Trefoil's mount lets the kernel read ahead.
fn read_ahead(directory: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let device = std::fs::metadata(directory).map_err(|error| error.to_string())?.dev();
    let place = format!("/sys/class/bdi/{}:{}/read_ahead_kb", libc::major(device), libc::minor(device));
    std::fs::write(&place, READAHEAD_KIB.to_string()).map_err(|error| format!("{place}: {error}"))
}

#[derive(Default)]
struct Directory {
    cookies: HashMap<OsString, u64>,
    names: BTreeMap<u64, (OsString, u64)>,
    last: u64,
}

enum Content {
    Directory(Directory),
    File(Vec<Box<[u8]>>),
}

struct Node {
    attributes: FileAttr,
    content: Content,
}

struct Tree {
    nodes: HashMap<u64, Node>,
    last: u64,
}

struct MemoryFs {
    tree: Mutex<Tree>,
}

impl Default for MemoryFs {
    fn default() -> Self {
        let mut tree = Tree { nodes: HashMap::new(), last: 0 };
        tree.add(FileType::Directory, 0o755, 0, 0);
        Self { tree: Mutex::new(tree) }
    }
}

impl Tree {
    /// A node without a name.
    fn add(&mut self, kind: FileType, mode: u32, uid: u32, gid: u32) -> FileAttr {
        self.last += 1;
        let now = SystemTime::now();
        let attributes = FileAttr {
            ino: INodeNo(self.last),
            size: 0,
            blocks: 0,
            atime: now,
            mtime: now,
            ctime: now,
            crtime: now,
            kind,
            perm: u16::try_from(mode & 0o7777).unwrap_or_default(),
            nlink: 1,
            uid,
            gid,
            rdev: 0,
            blksize: BLOCK_BYTES,
            flags: 0,
        };
        let content =
            if kind == FileType::Directory { Content::Directory(Directory::default()) } else { Content::File(vec![]) };
        self.nodes.insert(self.last, Node { attributes, content });
        attributes
    }

    fn directory(&mut self, inode: INodeNo) -> Result<&mut Directory, Errno> {
        match self.nodes.get_mut(&inode.0) {
            Some(Node { content: Content::Directory(directory), .. }) => Ok(directory),
            Some(_) => Err(Errno::ENOTDIR),
            None => Err(Errno::ESTALE),
        }
    }

    fn find(&mut self, parent: INodeNo, name: &OsStr) -> Result<FileAttr, Errno> {
        let directory = self.directory(parent)?;
        let cookie = directory.cookies.get(name).ok_or(Errno::ENOENT)?;
        let inode = directory.names.get(cookie).ok_or(Errno::ENOENT)?.1;
        Ok(self.nodes.get(&inode).ok_or(Errno::ESTALE)?.attributes)
    }

    fn make(&mut self, request: &Request, at: (INodeNo, &OsStr), kind: FileType, mode: u32) -> Result<FileAttr, Errno> {
        let (parent, name) = at;
        if self.directory(parent)?.cookies.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        let attributes = self.add(kind, mode, request.uid(), request.gid());
        let directory = self.directory(parent)?;
        directory.last += 1;
        directory.cookies.insert(name.to_owned(), directory.last);
        directory.names.insert(directory.last, (name.to_owned(), attributes.ino.0));
        Ok(attributes)
    }

    fn remove(&mut self, parent: INodeNo, name: &OsStr) -> Result<(), Errno> {
        let directory = self.directory(parent)?;
        let cookie = directory.cookies.remove(name).ok_or(Errno::ENOENT)?;
        if let Some((_, inode)) = directory.names.remove(&cookie) {
            self.nodes.remove(&inode);
        }
        Ok(())
    }

    fn write(&mut self, inode: INodeNo, offset: u64, data: &[u8]) -> Result<u32, Errno> {
        let node = self.nodes.get_mut(&inode.0).ok_or(Errno::ESTALE)?;
        let Content::File(pieces) = &mut node.content else { return Err(Errno::EISDIR) };
        let (mut at, mut left) = (usize::try_from(offset).map_err(|_| Errno::EFBIG)?, data);
        while !left.is_empty() {
            let (number, within) = (at / PIECE_BYTES, at % PIECE_BYTES);
            let count = left.len().min(PIECE_BYTES - within);
            if pieces.len() <= number {
                pieces.resize_with(number + 1, Box::default);
            }
            let piece = &mut pieces[number];
            if piece.len() < within + count {
                // A small file takes no more than it needs.
                let mut longer = std::mem::take(piece).into_vec();
                longer.resize(if longer.is_empty() { within + count } else { PIECE_BYTES }, 0);
                *piece = longer.into_boxed_slice();
            }
            piece[within..within + count].copy_from_slice(&left[..count]);
            (at, left) = (at + count, &left[count..]);
        }
        node.attributes.size = node.attributes.size.max(at as u64);
        node.attributes.blocks = node.attributes.size.div_ceil(512);
        node.attributes.mtime = SystemTime::now();
        u32::try_from(data.len()).map_err(|_| Errno::EINVAL)
    }

    /// Answers with the bytes of a range, from where they lie if they lie together.
    fn read(&self, inode: INodeNo, offset: u64, size: u32, reply: ReplyData) {
        let Some(Node { attributes, content: Content::File(pieces) }) = self.nodes.get(&inode.0) else {
            return reply.error(Errno::ESTALE);
        };
        let end = attributes.size.min(offset + u64::from(size));
        let (Ok(mut at), Ok(end)) = (usize::try_from(offset), usize::try_from(end)) else {
            return reply.error(Errno::EFBIG);
        };
        let mut parts: Vec<&[u8]> = Vec::with_capacity(2);
        while at < end {
            let (number, within) = (at / PIECE_BYTES, at % PIECE_BYTES);
            let count = (end - at).min(PIECE_BYTES - within);
            // Nothing here makes holes or shortens files.
            let Some(part) = pieces.get(number).and_then(|piece| piece.get(within..within + count)) else {
                return reply.error(Errno::EIO);
            };
            parts.push(part);
            at += count;
        }
        match parts.as_slice() {
            [] => reply.data(&[]),
            [part] => reply.data(part),
            parts => reply.data(&parts.concat()),
        }
    }
}

impl MemoryFs {
    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn empty(done: Result<(), Errno>, reply: ReplyEmpty) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

fn entry(found: Result<FileAttr, Errno>, reply: ReplyEntry) {
    match found {
        Ok(found) => reply.entry(&LIFETIME, &found, Generation(0)),
        Err(error) => reply.error(error),
    }
}

#[allow(clippy::too_many_arguments)]
impl Filesystem for MemoryFs {
    fn init(&mut self, _request: &Request, config: &mut KernelConfig) -> std::io::Result<()> {
        let wanted = InitFlags::FUSE_ASYNC_READ
            | InitFlags::FUSE_POSIX_LOCKS
            | InitFlags::FUSE_BIG_WRITES
            | InitFlags::FUSE_AUTO_INVAL_DATA
            | InitFlags::FUSE_DO_READDIRPLUS
            | InitFlags::FUSE_READDIRPLUS_AUTO
            | InitFlags::FUSE_ASYNC_DIO
            | InitFlags::FUSE_PARALLEL_DIROPS
            | InitFlags::FUSE_MAX_PAGES;
        let chosen = wanted & config.capabilities();
        config.add_capabilities(chosen).map_err(|refused| std::io::Error::other(format!("{refused:?} is refused")))?;
        // Each of these says what it would take instead; that is taken.
        if let Err(nearest) = config.set_max_write(TRANSFER_BYTES) {
            let _ = config.set_max_write(nearest);
        }
        if let Err(nearest) = config.set_max_readahead(TRANSFER_BYTES) {
            let _ = config.set_max_readahead(nearest);
        }
        let _ = config.set_max_background(64);
        let _ = config.set_congestion_threshold(48);
        Ok(())
    }

    fn lookup(&self, _request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        entry(self.tree().find(parent, name), reply);
    }

    fn getattr(&self, _request: &Request, ino: INodeNo, _fh: Option<FileHandle>, reply: ReplyAttr) {
        match self.tree().nodes.get(&ino.0) {
            Some(node) => reply.attr(&LIFETIME, &node.attributes),
            None => reply.error(Errno::ESTALE),
        }
    }

    fn setattr(
        &self,
        _request: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut tree = self.tree();
        let Some(node) = tree.nodes.get_mut(&ino.0) else { return reply.error(Errno::ESTALE) };
        // Only what the workload asks for.
        if let (Some(0), Content::File(pieces)) = (size, &mut node.content) {
            pieces.clear();
            (node.attributes.size, node.attributes.blocks) = (0, 0);
        } else if size.is_some() {
            return reply.error(Errno::EOPNOTSUPP);
        }
        if let Some(mode) = mode {
            node.attributes.perm = u16::try_from(mode & 0o7777).unwrap_or_default();
        }
        reply.attr(&LIFETIME, &node.attributes);
    }

    fn mkdir(&self, request: &Request, parent: INodeNo, name: &OsStr, mode: u32, _umask: u32, reply: ReplyEntry) {
        entry(self.tree().make(request, (parent, name), FileType::Directory, mode), reply);
    }

    fn unlink(&self, _request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(self.tree().remove(parent, name), reply);
    }

    fn rmdir(&self, _request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(self.tree().remove(parent, name), reply);
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        match self.tree().make(request, (parent, name), FileType::RegularFile, mode) {
            Ok(made) => reply.created(&LIFETIME, &made, Generation(0), FileHandle(0), FopenFlags::FOPEN_KEEP_CACHE),
            Err(error) => reply.error(error),
        }
    }

    fn open(&self, _request: &Request, _ino: INodeNo, _flags: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::FOPEN_KEEP_CACHE);
    }

    fn read(
        &self,
        _request: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        self.tree().read(ino, offset, size, reply);
    }

    fn write(
        &self,
        _request: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        data: &[u8],
        _write_flags: WriteFlags,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.tree().write(ino, offset, data) {
            Ok(count) => reply.written(count),
            Err(error) => reply.error(error),
        }
    }

    fn flush(&self, _request: &Request, _ino: INodeNo, _fh: FileHandle, _lock_owner: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn release(
        &self,
        _request: &Request,
        _ino: INodeNo,
        _fh: FileHandle,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        _flush: bool,
        reply: ReplyEmpty,
    ) {
        reply.ok();
    }

    fn fsync(&self, _request: &Request, _ino: INodeNo, _fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsyncdir(&self, _request: &Request, _ino: INodeNo, _fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        reply.ok();
    }

    fn readdir(&self, _request: &Request, ino: INodeNo, _fh: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let mut tree = self.tree();
        let directory = match tree.directory(ino) {
            Ok(directory) => directory,
            Err(error) => return reply.error(error),
        };
        for (cookie, (name, inode)) in directory.names.range(offset + 1..) {
            if reply.add(INodeNo(*inode), *cookie, FileType::RegularFile, name) {
                break;
            }
        }
        reply.ok();
    }

    fn readdirplus(
        &self,
        _request: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        mut reply: ReplyDirectoryPlus,
    ) {
        let tree = self.tree();
        let Some(Node { content: Content::Directory(directory), .. }) = tree.nodes.get(&ino.0) else {
            return reply.error(Errno::ENOTDIR);
        };
        for (cookie, (name, inode)) in directory.names.range(offset + 1..) {
            let Some(node) = tree.nodes.get(inode) else { continue };
            if reply.add(INodeNo(*inode), *cookie, name, &LIFETIME, &node.attributes, Generation(0)) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _request: &Request, _ino: INodeNo, reply: ReplyStatfs) {
        reply.statfs(1 << 30, 1 << 30, 1 << 30, 0, 0, 4096, 255, 4096);
    }
}
