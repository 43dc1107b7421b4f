//! The kernel's requests, one method each.
//!
//! Always holds: a method takes what it needs out of the request, notes how fresh the answer will be before it asks the core, and hands
//! the rest to `answer::run`. Nothing is decided here.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use fuser::{
    AccessFlags, BsdFileFlags, CopyFileRangeFlags, Errno, FileHandle, Filesystem, FopenFlags, Generation, INodeNo,
    KernelConfig, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyLock, ReplyLseek, ReplyOpen, ReplyStatfs, ReplyWrite, ReplyXattr,
    Request, TimeOrNow, WriteFlags,
};
use tokio::runtime::Handle;
use trefoil_core::files::{Caller, LockFamily, Made, Make, SetAttributes};

use crate::answer;
use crate::capabilities::choose;
use crate::door::{Door, caller, changer};
use crate::errno::errno;
use crate::limits::{BACKGROUND_REQUESTS_CONGESTED, BACKGROUND_REQUESTS_MAX, READAHEAD_KIB};
use crate::operations::locks::Asked;
use crate::operations::names::{Place, access_of, create, make, rename_mode, special};
use crate::operations::{attributes, data, directory, locks, privileges, xattrs};
use crate::process;
use crate::replies::{attribute, empty, entry, lookup, open_flags, told};
use crate::shapes::set_time;

/// One mounted view, as fuser drives it.
pub struct TrefoilFilesystem {
    pub door: Arc<Door>,
    pub runtime: Handle,
    /// The version of an older kernel that this one is to be treated as.
    pub pretended: Option<(u32, u32)>,
    /// Whether access control lists and the umask are the store's: known when the kernel has said what it can do.
    pub lists: bool,
    /// Whether flock(2) is the store's.
    pub flocks: bool,
    /// Whether it is the store's to take what a file may not keep.
    pub strips: bool,
}

impl TrefoilFilesystem {
    fn run<F: Future<Output = ()> + Send + 'static>(&self, request: &'static str, work: impl FnOnce(Arc<Door>) -> F) {
        answer::run(&self.runtime, request, work(Arc::clone(&self.door)));
    }

    fn place(&self, directory: INodeNo, name: &OsStr) -> Place {
        Place::new(&self.door, directory, name)
    }

    /// Who makes something new. A kernel that leaves the umask to us says what it is.
    fn maker(&self, request: &Request, umask: u32) -> Caller {
        Caller { umask: if self.lists { umask & 0o777 } else { 0 }, ..caller(request) }
    }

    /// Whether an attribute is a list that the kernel would not go by.
    fn is_refused(&self, name: &OsStr) -> bool {
        !self.lists && xattrs::is_list(name.as_bytes())
    }

    /// Makes a name and answers with it.
    fn make(&self, caller: Caller, what: &'static str, place: Place, kind: Make, mode: Option<u32>, reply: ReplyEntry) {
        let stamp = self.door.fresh.stamp();
        self.run(what, |door| async move {
            let made = make(&door, &caller, &place, kind, mode).await;
            let made = told(&door, made.map(|Made { attributes, .. }| attributes)).await;
            entry(&door, stamp, &[], made, reply);
        });
    }
}

#[allow(clippy::too_many_arguments)]
impl Filesystem for TrefoilFilesystem {
    fn init(&mut self, _request: &Request, config: &mut KernelConfig) -> std::io::Result<()> {
        let chosen = choose(config.capabilities(), self.pretended, process::sees_calls());
        config
            .add_capabilities(chosen.capabilities)
            .map_err(|refused| std::io::Error::other(format!("the kernel offers {refused:?} and refuses it")))?;
        // Each of these says what it would take instead; that is taken.
        if let Err(nearest) = config.set_max_write(chosen.transfer_bytes_max) {
            let _ = config.set_max_write(nearest);
        }
        if let Err(nearest) = config.set_max_readahead((READAHEAD_KIB << 10).min(chosen.transfer_bytes_max)) {
            let _ = config.set_max_readahead(nearest);
        }
        let _ = config.set_max_background(BACKGROUND_REQUESTS_MAX);
        let _ = config.set_congestion_threshold(BACKGROUND_REQUESTS_CONGESTED);
        (self.lists, self.flocks, self.strips) = (chosen.lists, chosen.flocks, chosen.strips);
        let abi = config.kernel_abi();
        tracing::debug!(?abi, capabilities = ?chosen.capabilities, bytes = chosen.transfer_bytes_max, "mount negotiated");
        Ok(())
    }

    fn lookup(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let (caller, place, stamp) = (caller(request), self.place(parent, name), self.door.fresh.stamp());
        self.run("lookup", |door| async move {
            // What is absent is an error and not an entry without a node: so the kernel does not keep it.
            let found = lookup(&door, &caller, &place).await;
            entry(&door, stamp, &place.name, found, reply);
        });
    }

    fn forget(&self, _request: &Request, ino: INodeNo, nlookup: u64) {
        let node = self.door.node(ino);
        // What nobody knows any more may have to be let go of, which is work for the runtime.
        let _inside = self.runtime.enter();
        self.door.known.forget(node, nlookup);
    }

    fn getattr(&self, _request: &Request, ino: INodeNo, _fh: Option<FileHandle>, reply: ReplyAttr) {
        let stamp = self.door.fresh.stamp();
        self.run("getattr", |door| async move {
            let found = attributes::get(&door, door.node(ino)).await;
            attribute(&door, stamp, found, reply);
        });
    }

    fn setattr(
        &self,
        request: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let (changer, stamp) = (changer(&self.door, request, fh, self.strips), self.door.fresh.stamp());
        self.run("setattr", |door| async move {
            let set = SetAttributes {
                mode: mode.map(|mode| mode & 0o7777),
                uid,
                gid,
                size,
                accessed: atime.map(set_time),
                modified: mtime.map(set_time),
                unchanged_since: None,
            };
            let found = attributes::set(&door, &changer, door.node(ino), set).await;
            attribute(&door, stamp, found, reply);
        });
    }

    fn readlink(&self, _request: &Request, ino: INodeNo, reply: ReplyData) {
        self.run("readlink", |door| async move {
            match door.files.read_link(&door.view, door.node(ino)).await {
                Ok(target) => {
                    door.files.accessed(&door.view, door.node(ino)).await;
                    reply.data(&target);
                }
                Err(error) => reply.error(errno(&error)),
            }
        });
    }

    fn mknod(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        rdev: u32,
        reply: ReplyEntry,
    ) {
        match special(mode, rdev) {
            Some(kind) => {
                self.make(self.maker(request, umask), "mknod", self.place(parent, name), kind, Some(mode), reply)
            }
            None => reply.error(Errno::EINVAL),
        }
    }

    fn mkdir(&self, request: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, reply: ReplyEntry) {
        self.make(self.maker(request, umask), "mkdir", self.place(parent, name), Make::Directory, Some(mode), reply);
    }

    fn symlink(&self, request: &Request, parent: INodeNo, link_name: &OsStr, target: &Path, reply: ReplyEntry) {
        let kind = Make::Symlink(target.as_os_str().as_bytes().to_vec());
        self.make(caller(request), "symlink", self.place(parent, link_name), kind, None, reply);
    }

    fn unlink(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let (caller, place) = (caller(request), self.place(parent, name));
        self.run("unlink", |door| async move {
            empty(door.files.remove_file(&door.view, &caller, place.directory, &place.name).await, reply);
        });
    }

    fn rmdir(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let (caller, place) = (caller(request), self.place(parent, name));
        self.run("rmdir", |door| async move {
            let removed = door.files.remove_directory(&door.view, &caller, place.directory, &place.name).await;
            if let Ok((node, _)) = &removed {
                door.known.removed(*node);
            }
            empty(removed, reply);
        });
    }

    fn rename(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let (caller, from, to) = (caller(request), self.place(parent, name), self.place(newparent, newname));
        let mode = match rename_mode(flags) {
            Ok(mode) => mode,
            Err(error) => return reply.error(error),
        };
        self.run("rename", |door| async move {
            let (from, to) = ((from.directory, &*from.name), (to.directory, &*to.name));
            empty(door.files.rename(&door.view, &caller, from, to, mode).await, reply);
        });
    }

    fn link(&self, request: &Request, ino: INodeNo, newparent: INodeNo, newname: &OsStr, reply: ReplyEntry) {
        let (caller, place, stamp) = (caller(request), self.place(newparent, newname), self.door.fresh.stamp());
        self.run("link", |door| async move {
            let linked = door.files.link(&door.view, &caller, door.node(ino), place.directory, &place.name).await;
            let linked = told(&door, linked.map(|(attributes, _)| attributes)).await;
            entry(&door, stamp, &[], linked, reply);
        });
    }

    fn open(&self, request: &Request, ino: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let (caller, thread) = (caller(request), request.pid());
        self.run("open", move |door| async move {
            let truncate = flags.0 & libc::O_TRUNC != 0;
            match door.files.has_name(door.node(ino)).await {
                Ok(has_name) if door.reopening.is_to_look_again(thread, has_name) => return reply.error(Errno::ESTALE),
                Ok(_) => {}
                Err(error) => return reply.error(errno(&error)),
            }
            match door.files.open(&door.view, &caller, door.node(ino), access_of(flags.0), truncate).await {
                Ok(open) => {
                    // A read from the kernel's pages is none that is heard of.
                    let due = door.files.is_access_due(&door.view, door.node(ino)).await;
                    let flags = if due { FopenFlags::empty() } else { open_flags(&door) };
                    reply.opened(door.handles.insert(open, thread), flags);
                }
                Err(error) => reply.error(errno(&error)),
            }
        });
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        let (caller, place, stamp) = (self.maker(request, umask), self.place(parent, name), self.door.fresh.stamp());
        let thread = request.pid();
        self.run("create", |door| async move {
            let created = create(&door, &caller, thread, &place, mode, flags).await;
            let created = match created {
                Ok((made, open)) => told(&door, Ok(made)).await.map(|made| (made, open)),
                Err(error) => Err(error),
            };
            match created {
                Ok((made, open)) => door.fresh.send(stamp, |lifetime| {
                    let handle = door.handles.insert(open, thread);
                    reply.created(lifetime, &door.shape(&made), Generation(0), handle, open_flags(&door));
                }),
                Err(error) => reply.error(errno(&error)),
            }
        });
    }

    fn read(
        &self,
        request: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        size: u32,
        flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let caller = caller(request);
        self.run("read", |door| async move {
            match door.files.read(&door.view, &caller, door.node(ino), offset, u64::from(size)).await {
                Ok((pieces, _)) => {
                    if flags.0 & libc::O_NOATIME == 0 {
                        door.files.accessed(&door.view, door.node(ino)).await;
                    }
                    data::send(&pieces, reply);
                }
                Err(error) => reply.error(errno(&error)),
            }
        });
    }

    fn write(
        &self,
        request: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        data: &[u8],
        write_flags: WriteFlags,
        flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        // The kernel's buffer is taken for the next request when this returns.
        let (mut changer, written) = (changer(&self.door, request, Some(fh), false), Bytes::copy_from_slice(data));
        changer.caller.takes_set_id = privileges::takes_set_id(self.strips, write_flags);
        // A page of a mapped file goes where it was mapped from.
        let mapped = write_flags.contains(WriteFlags::FUSE_WRITE_CACHE);
        let place = data::place(offset, if mapped { 0 } else { flags.0 });
        self.run("write", move |door| async move {
            match data::write(&door, &changer.caller, door.node(ino), place, written, flags.0).await {
                Ok(count) => reply.written(count),
                Err(error) => reply.error(errno(&error)),
            }
        });
    }

    fn flush(&self, request: &Request, ino: INodeNo, fh: FileHandle, lock_owner: LockOwner, reply: ReplyEmpty) {
        let thread = request.pid();
        self.run("flush", move |door| async move {
            let node = door.node(ino);
            // Whatever becomes of the bytes.
            locks::closed(&door, node, lock_owner.0);
            let published = data::close(&door, node, fh, thread).await;
            empty(published, reply);
        });
    }

    fn release(
        &self,
        _request: &Request,
        ino: INodeNo,
        fh: FileHandle,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        _flush: bool,
        reply: ReplyEmpty,
    ) {
        self.run("release", |door| async move {
            let node = door.node(ino);
            // Before anything that may wait: who closed the file does not wait for this, and whoever tries the lock next is answered
            // after it.
            locks::released(&door, node, fh.0);
            let open = door.handles.remove(fh);
            // Pages of a mapping are written after the last close. Nobody hears of an error now; the core has it in the log.
            let published = door.files.publish(&door.view, node).await;
            drop(open);
            empty(published, reply);
        });
    }

    fn fsync(&self, _request: &Request, ino: INodeNo, fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        self.run("fsync", move |door| async move {
            let node = door.node(ino);
            let synced = match door.handles.get(fh) {
                Some(handle) => door.files.sync_for(&door.view, node, handle.open.told()).await,
                None => door.files.sync(&door.view, node).await,
            };
            empty(synced, reply);
        });
    }

    fn fsyncdir(&self, _request: &Request, _ino: INodeNo, _fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        self.run("fsyncdir", |door| async move { empty(door.files.sync_all().await, reply) });
    }

    fn readdir(&self, request: &Request, ino: INodeNo, _fh: FileHandle, offset: u64, reply: ReplyDirectory) {
        let caller = caller(request);
        self.run("readdir", |door| async move {
            directory::read(&door, &caller, door.node(ino), offset, reply).await;
        });
    }

    fn readdirplus(&self, request: &Request, ino: INodeNo, _fh: FileHandle, offset: u64, reply: ReplyDirectoryPlus) {
        let (caller, stamp) = (caller(request), self.door.fresh.stamp());
        self.run("readdirplus", |door| async move {
            directory::read_plus(&door, &caller, stamp, door.node(ino), offset, reply).await;
        });
    }

    fn statfs(&self, _request: &Request, _ino: INodeNo, reply: ReplyStatfs) {
        self.run("statfs", |door| async move {
            match door.files.space(&door.view).await {
                Ok(space) => attributes::space(&space, reply),
                Err(error) => reply.error(errno(&error)),
            }
        });
    }

    fn setxattr(
        &self,
        request: &Request,
        ino: INodeNo,
        name: &OsStr,
        value: &[u8],
        flags: i32,
        _position: u32,
        reply: ReplyEmpty,
    ) {
        if self.is_refused(name) {
            return reply.error(Errno::EOPNOTSUPP);
        }
        let mode = match xattrs::mode(flags) {
            Ok(mode) => mode,
            Err(error) => return reply.error(error),
        };
        let (mut caller, thread) = (caller(request), request.pid());
        let (name, value) = (name.as_bytes().to_vec(), value.to_vec());
        self.run("setxattr", |door| async move {
            if xattrs::is_list(&name) {
                // Whoever is not in a file's group takes its set-group-id bit with a list (posix_acl_update_mode of the kernel).
                caller.groups = process::groups(thread);
            }
            empty(door.files.set_xattr(&door.view, &caller, door.node(ino), &name, &value, mode).await, reply);
        });
    }

    fn getxattr(&self, request: &Request, ino: INodeNo, name: &OsStr, size: u32, reply: ReplyXattr) {
        if self.is_refused(name) {
            return reply.error(Errno::EOPNOTSUPP);
        }
        let (caller, name) = (caller(request), name.as_bytes().to_vec());
        self.run("getxattr", |door| async move {
            match door.files.get_xattr(&door.view, &caller, door.node(ino), &name).await {
                Ok(value) => xattrs::send(&value, size, reply),
                Err(error) => reply.error(errno(&error)),
            }
        });
    }

    fn listxattr(&self, request: &Request, ino: INodeNo, size: u32, reply: ReplyXattr) {
        let (caller, lists) = (caller(request), self.lists);
        self.run("listxattr", move |door| async move {
            match door.files.list_xattrs(&door.view, &caller, door.node(ino)).await {
                Ok(mut names) => {
                    names.retain(|name| lists || !xattrs::is_list(name));
                    xattrs::send(&xattrs::joined(&names), size, reply);
                }
                Err(error) => reply.error(errno(&error)),
            }
        });
    }

    fn removexattr(&self, request: &Request, ino: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        if self.is_refused(name) {
            return reply.error(Errno::EOPNOTSUPP);
        }
        let (changer, name) = (changer(&self.door, request, None, self.strips), name.as_bytes().to_vec());
        self.run("removexattr", move |door| async move {
            empty(xattrs::remove(&door, &changer, door.node(ino), &name).await, reply);
        });
    }

    fn access(&self, request: &Request, ino: INodeNo, mask: AccessFlags, reply: ReplyEmpty) {
        let caller = caller(request);
        self.run("access", |door| async move {
            match attributes::access(&door, &caller, door.node(ino), mask).await {
                Ok(()) => reply.ok(),
                Err(error) => reply.error(error),
            }
        });
    }

    fn getlk(
        &self,
        _request: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        lock_owner: LockOwner,
        start: u64,
        end: u64,
        typ: i32,
        pid: u32,
        reply: ReplyLock,
    ) {
        let lock = match locks::lock(start, end, typ, pid) {
            Ok(lock) => lock,
            Err(error) => return reply.error(error),
        };
        self.run("getlk", |door| async move {
            let owner = door.owner(lock_owner.0);
            let found = door.files.test_lock(door.node(ino), LockFamily::Range, owner, lock);
            locks::send(found, &lock, reply);
        });
    }

    fn setlk(
        &self,
        request: &Request,
        ino: INodeNo,
        fh: FileHandle,
        lock_owner: LockOwner,
        start: u64,
        end: u64,
        typ: i32,
        pid: u32,
        sleep: bool,
        reply: ReplyEmpty,
    ) {
        let lock = match locks::lock(start, end, typ, pid) {
            Ok(lock) => lock,
            Err(error) => return reply.error(error),
        };
        let (thread, flocks) = (request.pid(), self.flocks);
        self.run("setlk", move |door| async move {
            let (node, handle, owner) = (door.node(ino), fh.0, lock_owner.0);
            match locks::set(&door, Asked { node, handle, owner, lock, thread, wait: sleep, flocks }).await {
                Ok(()) => reply.ok(),
                Err(error) => reply.error(error),
            }
        });
    }

    fn fallocate(
        &self,
        request: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        let how = match data::allocation(mode) {
            Ok(how) => how,
            Err(error) => return reply.error(error),
        };
        let changer = changer(&self.door, request, Some(fh), self.strips);
        self.run("fallocate", |door| async move {
            empty(data::allocate(&door, &changer, door.node(ino), how, (offset, length)).await, reply);
        });
    }

    fn lseek(&self, _request: &Request, ino: INodeNo, _fh: FileHandle, offset: i64, whence: i32, reply: ReplyLseek) {
        let (Ok(what), Ok(offset)) = (data::seek(whence), u64::try_from(offset)) else {
            return reply.error(Errno::EINVAL);
        };
        self.run("lseek", |door| async move {
            match door.files.seek(&door.view, door.node(ino), what, offset).await.map(i64::try_from) {
                Ok(Ok(offset)) => reply.offset(offset),
                Ok(Err(_)) => reply.error(Errno::EOVERFLOW),
                Err(error) => reply.error(errno(&error)),
            }
        });
    }

    fn copy_file_range(
        &self,
        request: &Request,
        ino_in: INodeNo,
        _fh_in: FileHandle,
        offset_in: u64,
        ino_out: INodeNo,
        fh_out: FileHandle,
        offset_out: u64,
        len: u64,
        flags: CopyFileRangeFlags,
        reply: ReplyWrite,
    ) {
        if !flags.is_empty() {
            return reply.error(Errno::EINVAL);
        }
        let changer = changer(&self.door, request, Some(fh_out), self.strips);
        self.run("copy_file_range", |door| async move {
            match data::copy(&door, &changer, (ino_in, offset_in), (ino_out, offset_out), len).await {
                Ok(copied) => reply.written(copied),
                Err(error) => reply.error(errno(&error)),
            }
        });
    }
}
