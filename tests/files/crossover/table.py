"""Every operation that a door has, done through it and seen through the others.

Always holds: a row's name begins with its door; before an operation the mount has looked at the names concerned, so that what its kernel
remembers must have been corrected by the time the operation is answered.
"""
import ctypes
import fcntl
import mmap
import os
import stat
import subprocess
import sys

from doors import nfs3

ROWS = []
BIG = bytes(range(256)) * 20_000
PART = 5 << 20


def row(door, name):
    def add(function):
        ROWS.append((door, f"{door}: {name}", function))
        return function
    return add


# S3.

@row("s3", "PUT of a new key")
def _(t):
    t.warm("f")
    t.s3.put(t.key("f"), b"one")
    t.agree("f", b"one", etag="md5", links=1)
    t.names(["f"])


@row("s3", "PUT over a file makes another file; who has it open keeps the old one")
def _(t):
    t.write("f", b"old")
    t.warm("f")
    inode = os.lstat(t.path("f")).st_ino
    with open(t.path("f"), "rb") as old:
        t.s3.put(t.key("f"), b"newer")
        t.agree("f", b"newer", etag="md5")
        assert old.read() == b"old", "the open file changed under its reader"
    assert os.lstat(t.path("f")).st_ino != inode, "PUT kept the inode"


@row("s3", "PUT of nothing, and of much")
def _(t):
    t.warm("empty", "big")
    t.s3.put(t.key("empty"), b"")
    t.s3.put(t.key("big"), BIG)
    t.agree("empty", b"", etag="md5")
    t.agree("big", BIG, etag="md5")


@row("s3", "a multipart upload")
def _(t):
    t.warm("f")
    etag = t.s3.multipart(t.key("f"), [b"a" * PART, b"b" * 1000])
    t.agree("f", b"a" * PART + b"b" * 1000, etag=etag)


@row("s3", "PUT below directories that are not there yet")
def _(t):
    t.warm("a", "a/b")
    t.s3.put(t.key("a/b/c"), b"deep")
    t.directory("a")
    t.directory("a/b")
    t.agree("a/b/c", b"deep")
    t.names(["b"], name="a")


@row("s3", "DELETE, and the directories that were only implied")
def _(t):
    t.s3.put(t.key("a/b/c"), b"deep")
    t.warm("a", "a/b", "a/b/c")
    t.s3.delete(t.key("a/b/c"))
    t.gone("a/b/c", "a/b", "a")
    t.names([])


@row("s3", "DELETE of a file that is open")
def _(t):
    t.write("f", b"kept")
    with open(t.path("f"), "rb") as file:
        t.s3.delete(t.key("f"))
        t.gone("f")
        assert file.read() == b"kept" and os.fstat(file.fileno()).st_nlink == 0


@row("s3", "PUT of a directory's marker, DELETE of it")
def _(t):
    t.warm("d")
    t.s3.put(t.key("d/"), b"")
    t.directory("d")
    t.names(["d"])
    t.s3.delete(t.key("d/"))
    assert t.by_mount("d") is None, "the directory outlives its only object"


@row("s3", "CopyObject")
def _(t):
    t.write("f", b"copied")
    t.warm("g")
    t.s3.copy(t.key("f"), t.key("g"))
    t.agree("g", b"copied", links=1)
    t.write("f", b"changed")
    t.agree("g", b"copied")


@row("s3", "RenameObject of an object")
def _(t):
    t.write("f", b"moved")
    t.warm("f", "g")
    t.s3.rename(t.key("f"), t.key("g"))
    t.gone("f")
    t.agree("g", b"moved")


@row("s3", "RenameObject of a directory")
def _(t):
    os.mkdir(t.path("d"))
    t.write("d/f", b"moved")
    t.warm("d", "d/f", "e", "e/f")
    t.s3.rename(t.key("d/"), t.key("e/"))
    t.gone("d", "d/f")
    t.agree("e/f", b"moved")
    t.names(["e"])


@row("s3", "PUT over a symbolic link replaces the link")
def _(t):
    t.write("target", b"untouched")
    os.symlink("target", t.path("l"))
    t.warm("l")
    t.s3.put(t.key("l"), b"a file now")
    t.agree("l", b"a file now")
    t.agree("target", b"untouched")


@row("s3", "PUT over one of two hard links leaves the other")
def _(t):
    t.write("f", b"both")
    os.link(t.path("f"), t.path("g"))
    t.warm("f", "g")
    t.s3.put(t.key("g"), b"alone")
    t.agree("f", b"both", links=1)
    t.agree("g", b"alone", links=1)


@row("s3", "PUT of `a` beside `a/b`: the file is shown under its escape")
def _(t):
    t.s3.put(t.key("a/b"), b"below")
    t.warm("a", "%~sa")
    t.s3.put(t.key("a"), b"shadowed")
    assert sorted(os.listdir(t.path())) == ["%~sa", "a"], os.listdir(t.path())
    with open(t.path("%~sa"), "rb") as file:
        assert file.read() == b"shadowed"
    if t.nfs:
        assert {entry.name for entry in t.nfs.readdir(t.handle())} == {b"%~sa", b"a"}
    t.s3.delete(t.key("a/b"))
    t.agree("a", b"shadowed")
    t.names(["a"])


@row("s3", "keys that no path has, under their escapes")
def _(t):
    odd = {"x//y": "x/%~e/y", "x/./y": "x/%~d/y", "x/../y": "x/%~D/y", "%~real": "%~r%~real"}
    for key in odd:
        t.s3.put(t.key(key), key.encode())
    for key, path in odd.items():
        with open(t.path(path), "rb") as file:
            assert file.read() == key.encode(), path
    for key, path in odd.items():
        os.unlink(t.path(path))
        assert t.s3.head(t.key(key)) is None, f"unlink of {path} leaves {key!r}"


@row("s3", "headers and metadata outlive writes of a file; the ETag does not")
def _(t):
    t.s3.put(t.key("f"), b"0123456789", {"content-type": "text/x-test", "x-amz-meta-colour": "blue"})
    t.warm("f")
    before = t.s3.head(t.key("f"))
    with open(t.path("f"), "r+b") as file:
        file.seek(4)
        file.write(b"xx")
    etag = t.agree("f", b"0123xx6789", etag="dash")
    after = t.s3.head(t.key("f"))
    assert (after.kind, after.headers.get("x-amz-meta-colour")) == ("text/x-test", "blue"), after.headers
    assert etag != before.etag


# The mount.

@row("mount", "create, write in order, close")
def _(t):
    t.warm("f")
    t.write("f", BIG)
    t.agree("f", BIG, etag="md5", links=1)
    t.names(["f"])


@row("mount", "a file that is open and synced is the object already")
def _(t):
    with open(t.path("f"), "wb", buffering=0) as file:
        file.write(b"synced")
        os.fsync(file.fileno())
        t.agree("f", b"synced")
        file.write(b" and more")
    t.agree("f", b"synced and more")


@row("mount", "writing in the middle, appending")
def _(t):
    t.write("f", b"0123456789")
    first = t.agree("f")
    with open(t.path("f"), "r+b") as file:
        file.seek(2)
        file.write(b"XY")
    second = t.agree("f", b"01XY456789", etag="dash")
    with open(t.path("f"), "ab") as file:
        file.write(b"!")
    third = t.agree("f", b"01XY456789!", etag="dash")
    assert len({first, second, third}) == 3, "an ETag outlived a change"


@row("mount", "truncating, both ways")
def _(t):
    t.write("f", b"0123456789")
    os.truncate(t.path("f"), 3)
    t.agree("f", b"012")
    os.truncate(t.path("f"), 10_000)
    t.agree("f", b"012" + b"\0" * 9997)
    os.truncate(t.path("f"), 0)
    t.agree("f", b"")


@row("mount", "holes and punching")
def _(t):
    with open(t.path("f"), "wb") as file:
        file.write(b"a" * 8192)
        file.seek(1 << 20)
        file.write(b"end")
    descriptor = os.open(t.path("f"), os.O_RDWR)
    try:
        # FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE
        code = ctypes.CDLL(None, use_errno=True).fallocate(descriptor, 3, ctypes.c_long(100), ctypes.c_long(5000))
        assert code == 0, os.strerror(ctypes.get_errno())
    finally:
        os.close(descriptor)
    t.agree("f", b"a" * 100 + b"\0" * 5000 + b"a" * 3092 + b"\0" * ((1 << 20) - 8192) + b"end")


@row("mount", "copy_file_range")
def _(t):
    t.write("f", BIG)
    with open(t.path("f"), "rb") as source, open(t.path("g"), "wb") as target:
        left = len(BIG)
        while left:
            left -= os.copy_file_range(source.fileno(), target.fileno(), left)
    t.agree("g", BIG)


@row("mount", "rename, and rename over another")
def _(t):
    t.write("f", b"one")
    t.write("g", b"two")
    etag = t.agree("f", b"one")
    os.rename(t.path("f"), t.path("h"))
    t.gone("f")
    t.agree("h", b"one", etag=etag)
    os.rename(t.path("h"), t.path("g"))
    t.gone("h")
    t.agree("g", b"one", etag=etag)
    t.names(["g"])


@row("mount", "rename of a directory")
def _(t):
    os.makedirs(t.path("d/e"))
    t.write("d/e/f", b"deep")
    os.rename(t.path("d"), t.path("x"))
    t.gone("d/e/f", "d/e", "d")
    t.agree("x/e/f", b"deep")
    assert t.s3.head(t.key("x/")) is not None and t.s3.head(t.key("d/")) is None, "the directory's own object stayed behind"


@row("mount", "unlink, of an open file too")
def _(t):
    t.write("f", b"x")
    with open(t.path("f"), "r+b", buffering=0) as file:
        os.unlink(t.path("f"))
        t.gone("f")
        file.write(b"still written")
        file.seek(0)
        assert file.read() == b"still written"
        t.gone("f")
    t.names([])


@row("mount", "mkdir is an object, rmdir takes it away")
def _(t):
    os.mkdir(t.path("d"))
    head = t.s3.head(t.key("d/"))
    assert head is not None and head.size == 0, "mkdir made no object d/"
    t.directory("d")
    t.names(["d"])
    os.rmdir(t.path("d"))
    t.gone("d", "d/")
    t.names([])


@row("mount", "a directory outlives its last name where a file door took that")
def _(t):
    t.s3.put(t.key("d/f"), b"x")
    os.unlink(t.path("d/f"))
    t.directory("d")
    os.rmdir(t.path("d"))
    t.names([])


@row("mount", "symlink")
def _(t):
    os.symlink("../somewhere/é", t.path("l"))
    t.agree("l", "../somewhere/é".encode(), "symlink")
    t.names(["l"])


@row("mount", "link: one file, two keys")
def _(t):
    t.write("f", b"one")
    os.link(t.path("f"), t.path("g"))
    etag = t.agree("f", b"one", links=2)
    t.agree("g", b"one", links=2, etag=etag)
    with open(t.path("g"), "ab") as file:
        file.write(b" more")
    etag = t.agree("f", b"one more", links=2)
    t.agree("g", b"one more", links=2, etag=etag)
    os.unlink(t.path("f"))
    t.agree("g", b"one more", links=1)


@row("mount", "mknod: fifo, socket, devices")
def _(t):
    made = {"fifo": stat.S_IFIFO, "socket": stat.S_IFSOCK, "chardevice": stat.S_IFCHR, "blockdevice": stat.S_IFBLK}
    for kind, bits in made.items():
        os.mknod(t.path(kind), bits | 0o644, os.makedev(1, 3))
        t.agree(kind, b"", kind)
    t.names(made)


@row("mount", "chmod, chown and times are no business of the ETag")
def _(t):
    t.write("f", b"x")
    etag = t.agree("f", b"x")
    os.chmod(t.path("f"), 0o751)
    os.chown(t.path("f"), 1000, 1000)
    os.utime(t.path("f"), ns=(1_000_000_000_123_456_789, 1_100_000_000_987_654_321))
    t.agree("f", b"x", etag=etag)
    status = os.lstat(t.path("f"))
    assert (status.st_mode & 0o7777, status.st_uid, status.st_mtime_ns) == (0o751, 1000, 1_100_000_000_987_654_321)


@row("mount", "xattrs are not S3's metadata")
def _(t):
    t.write("f", b"x")
    etag = t.agree("f")
    os.setxattr(t.path("f"), "user.colour", b"blue")
    head = t.s3.head(t.key("f"))
    assert head.etag == etag and not [name for name in head.headers if name.startswith("x-amz-meta-")], head.headers
    assert os.getxattr(t.path("f"), "user.colour") == b"blue"


@row("mount", "a memory map")
def _(t):
    t.write("f", b"a" * 10_000)
    with open(t.path("f"), "r+b") as file, mmap.mmap(file.fileno(), 0) as area:
        area[5000:5003] = b"XYZ"
        area.flush()
    t.agree("f", b"a" * 5000 + b"XYZ" + b"a" * 4997, etag="dash")


@row("mount", "a lock, held and refused")
def _(t):
    t.write("f", b"x")
    with open(t.path("f"), "r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX, 10)
        other = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB, 10, int(sys.argv[2]))"
        inside = subprocess.run([sys.executable, "-c", other, t.path("f"), "5"], capture_output=True)
        beside = subprocess.run([sys.executable, "-c", other, t.path("f"), "10"], capture_output=True)
    assert inside.returncode != 0 and b"BlockingIOError" in inside.stderr, "two processes have the same range"
    assert beside.returncode == 0, beside.stderr.decode()


# NFS.

@row("nfs", "CREATE, WRITE stable")
def _(t):
    t.warm("f")
    t.nfs_write("f", b"stable")
    t.agree("f", b"stable", links=1)
    t.names(["f"])


@row("nfs", "WRITE unstable, COMMIT")
def _(t):
    t.warm("f")
    t.nfs_write("f", BIG, nfs3.UNSTABLE)
    t.agree("f", BIG)


@row("nfs", "WRITE in the middle of a file that the mount has read")
def _(t):
    t.write("f", b"0123456789")
    t.warm("f")
    count, committed, _ = t.nfs.write(t.handle("f"), 3, b"NFS", nfs3.FILE_SYNC)
    assert (count, committed) == (3, nfs3.FILE_SYNC), (count, committed)
    t.agree("f", b"012NFS6789", etag="dash")


@row("nfs", "exclusive CREATE, the same one again, and another one")
def _(t):
    t.warm("f")
    directory, name = t.spot("f")
    first, _ = t.nfs.create(directory, name, nfs3.EXCLUSIVE, b"verifier")
    again, _ = t.nfs.create(directory, name, nfs3.EXCLUSIVE, b"verifier")
    assert first == again, "a retransmission got another file"
    try:
        t.nfs.create(directory, name, nfs3.EXCLUSIVE, b"another!")
        raise AssertionError("another client got the same file")
    except nfs3.NfsError as error:
        assert error.name == "EXIST", error
    t.agree("f", b"")


@row("nfs", "SETATTR: size, mode, times")
def _(t):
    t.write("f", b"0123456789")
    t.warm("f")
    handle = t.handle("f")
    t.nfs.setattr(handle, size=4)
    t.agree("f", b"0123")
    t.nfs.setattr(handle, size=6, mode=0o604)
    t.agree("f", b"0123\0\0")
    t.nfs.setattr(handle, mtime=1_200_000_000_000_000_007)
    t.agree("f", b"0123\0\0")
    assert os.lstat(t.path("f")).st_mtime_ns == 1_200_000_000_000_000_007
    try:
        t.nfs.setattr(handle, guard=1, mode=0o600)
        raise AssertionError("SETATTR took a wrong guard")
    except nfs3.NfsError as error:
        assert error.name == "NOT_SYNC", error


@row("nfs", "RENAME of a file and of a directory")
def _(t):
    os.mkdir(t.path("d"))
    t.write("d/f", b"x")
    t.warm("d", "d/f", "e", "g")
    directory = t.handle()
    t.nfs.rename(directory, b"d", directory, b"e")
    t.gone("d", "d/f")
    t.agree("e/f", b"x")
    t.nfs.rename(t.handle("e"), b"f", directory, b"g")
    t.gone("e/f")
    t.agree("g", b"x")


@row("nfs", "REMOVE, MKDIR, RMDIR")
def _(t):
    t.write("f", b"x")
    t.warm("f", "d")
    directory = t.handle()
    t.nfs.remove(directory, b"f")
    t.gone("f")
    t.nfs.mkdir(directory, b"d", mode=0o755)
    t.directory("d")
    assert t.s3.head(t.key("d/")) is not None, "MKDIR made no object d/"
    t.names(["d"])
    t.nfs.rmdir(directory, b"d")
    t.gone("d", "d/")


@row("nfs", "SYMLINK, LINK, MKNOD")
def _(t):
    t.write("f", b"x")
    t.warm("l", "g", "p", "c")
    directory = t.handle()
    t.nfs.symlink(directory, b"l", b"where/to")
    t.agree("l", b"where/to", "symlink")
    t.nfs.link(t.handle("f"), directory, b"g")
    t.agree("g", b"x", links=2)
    t.nfs.mknod(directory, b"p", nfs3.FIFO, mode=0o644)
    t.agree("p", b"", "fifo")
    t.nfs.mknod(directory, b"c", nfs3.CHR, (1, 3), mode=0o644)
    t.agree("c", b"", "chardevice")
    t.names(["f", "g", "l", "p", "c"])


@row("nfs", "a handle lives through a rename by S3, and is stale after a DELETE")
def _(t):
    t.write("f", b"x")
    handle = t.handle("f")
    t.s3.rename(t.key("f"), t.key("g"))
    assert t.nfs.read(handle, 0, 10) == (b"x", True)
    t.s3.delete(t.key("g"))
    try:
        t.nfs.getattr(handle)
        raise AssertionError("the handle of what was deleted is taken")
    except nfs3.NfsError as error:
        assert error.name == "STALE", error


@row("nfs", "ACCESS, FSSTAT, FSINFO and PATHCONF say what is so")
def _(t):
    t.write("f", b"x")
    os.chmod(t.path("f"), 0o400)
    granted = t.nfs.access(t.handle("f"))
    assert granted & 0x01, "root may not read"
    assert not granted & 0x20, "root may execute what nobody may"
    info = t.nfs.fsinfo(t.nfs.root)
    assert info[0] >= 1 << 20 and info[1] >= 1 << 20 and info[3] >= 1 << 20, f"rtmax, rtpref, wtmax: {info}"
    assert t.nfs.pathconf(t.nfs.root)[1] == 255
    space = os.statvfs(t.path())
    assert t.nfs.fsstat(t.nfs.root)[0] == space.f_blocks * space.f_frsize, "statfs and FSSTAT differ"


@row("nfs", "READDIR goes on where it was while names go")
def _(t):
    for number in range(300):
        t.write(f"n{number:03}", b"")
    seen = []
    for entry in t.nfs.readdir(t.handle(), count=2048):
        seen.append(entry.name)
        t.nfs.remove(t.handle(), entry.name)
    assert len(seen) == len(set(seen)) == 300, f"{len(seen)} entries, {len(set(seen))} names"
    t.names([])
