"""An NFSv3 client (RFC 1813) at the protocol: no cache, nothing retried, any identity.

Always holds: a status other than NFS3_OK is an NfsError that has it; what is returned is what this reply said.
"""
import collections

from . import rpc, xdr

PROGRAM, MOUNT = 100003, 100005
UNSTABLE, DATA_SYNC, FILE_SYNC = 0, 1, 2
UNCHECKED, GUARDED, EXCLUSIVE = 0, 1, 2
REG, DIR, BLK, CHR, LNK, SOCK, FIFO = range(1, 8)
KINDS = {REG: "file", DIR: "directory", BLK: "blockdevice", CHR: "chardevice", LNK: "symlink", SOCK: "socket", FIFO: "fifo"}
(NULL, GETATTR, SETATTR, LOOKUP, ACCESS, READLINK, READ, WRITE, CREATE, MKDIR, SYMLINK, MKNOD, REMOVE, RMDIR, RENAME, LINK, READDIR,
 READDIRPLUS, FSSTAT, FSINFO, PATHCONF, COMMIT) = range(22)
STATUS = {1: "PERM", 2: "NOENT", 5: "IO", 6: "NXIO", 13: "ACCES", 17: "EXIST", 18: "XDEV", 19: "NODEV", 20: "NOTDIR", 21: "ISDIR",
          22: "INVAL", 27: "FBIG", 28: "NOSPC", 30: "ROFS", 31: "MLINK", 63: "NAMETOOLONG", 66: "NOTEMPTY", 69: "DQUOT", 70: "STALE",
          71: "REMOTE", 10001: "BADHANDLE", 10002: "NOT_SYNC", 10003: "BAD_COOKIE", 10004: "NOTSUPP", 10005: "TOOSMALL",
          10006: "SERVERFAULT", 10007: "BADTYPE", 10008: "JUKEBOX"}
Attributes = collections.namedtuple("Attributes", "kind mode nlink uid gid size used rdev fsid fileid atime mtime ctime")
Entry = collections.namedtuple("Entry", "fileid name cookie attributes handle")
# The root's path below an export: whole records of 1 MiB and their frame.
CHUNK_MAX = 1 << 20


class NfsError(Exception):
    """What the server answered; `name` as in RFC 1813 without its prefix."""

    def __init__(self, status, what):
        self.status, self.name = status, STATUS.get(status, str(status))
        super().__init__(f"{what}: NFS3ERR_{self.name}")


def _time(reader):
    """Nanoseconds since the epoch."""
    return reader.u32() * 1_000_000_000 + reader.u32()


def _attributes(reader):
    kind, mode, nlink, uid, gid = (reader.u32() for _ in range(5))
    size, used = reader.u64(), reader.u64()
    rdev = (reader.u32(), reader.u32())
    fsid, fileid = reader.u64(), reader.u64()
    return Attributes(kind, mode, nlink, uid, gid, size, used, rdev, fsid, fileid, _time(reader), _time(reader), _time(reader))


def _post(reader):
    return _attributes(reader) if reader.boolean() else None


def _weak(reader):
    """wcc_data: size, mtime and ctime before (or None), and the attributes after (or None)."""
    before = (reader.u64(), _time(reader), _time(reader)) if reader.boolean() else None
    return before, _post(reader)


def set_attributes(mode=None, uid=None, gid=None, size=None, atime=None, mtime=None):
    """sattr3; times in nanoseconds, or "now" for the server's."""
    writer = xdr.Writer()
    for value in (mode, uid, gid):
        writer.boolean(value is not None)
        if value is not None:
            writer.u32(value)
    writer.boolean(size is not None)
    if size is not None:
        writer.u64(size)
    for value in (atime, mtime):
        if value is None:
            writer.u32(0)
        elif value == "now":
            writer.u32(1)
        else:
            writer.u32(2, *divmod(value, 1_000_000_000))
    return writer.bytes()


class Client:
    """One export, by one identity, over one connection."""

    def __init__(self, address, export, identity=rpc.Identity(), timeout=60):
        self.connection, self.identity = rpc.Connection(address, timeout), identity
        self.root = self.mount(export)

    def close(self):
        self.connection.close()

    def mount(self, export):
        reply = self.connection.call(MOUNT, 3, 1, xdr.Writer().opaque(export.encode()).bytes(), self.identity)
        status = reply.u32()
        if status:
            raise NfsError(status, f"MNT {export}")
        return reply.opaque()

    def exports(self):
        reply, found = self.connection.call(MOUNT, 3, 5, b"", self.identity), []
        while reply.boolean():
            found.append(reply.opaque().decode())
            while reply.boolean():
                reply.opaque()
        return found

    def call(self, procedure, arguments, what):
        """The reply behind its status."""
        reply = self.connection.call(PROGRAM, 3, procedure, arguments, self.identity)
        status = reply.u32()
        if status:
            raise NfsError(status, what)
        return reply

    def null(self):
        self.connection.call(PROGRAM, 3, NULL, b"", self.identity)

    def getattr(self, handle):
        return _attributes(self.call(GETATTR, xdr.Writer().opaque(handle).bytes(), "GETATTR"))

    def setattr(self, handle, guard=None, **wanted):
        arguments = xdr.Writer().opaque(handle).bytes() + set_attributes(**wanted)
        if guard is None:
            arguments += xdr.Writer().boolean(False).bytes()
        else:
            arguments += xdr.Writer().boolean(True).u32(*divmod(guard, 1_000_000_000)).bytes()
        return _weak(self.call(SETATTR, arguments, "SETATTR"))

    def lookup(self, directory, name):
        """Handle and attributes."""
        reply = self.call(LOOKUP, xdr.Writer().opaque(directory).opaque(name).bytes(), f"LOOKUP {name!r}")
        handle = reply.opaque()
        return handle, _post(reply)

    def access(self, handle, wanted=0x3F):
        reply = self.call(ACCESS, xdr.Writer().opaque(handle).u32(wanted).bytes(), "ACCESS")
        _post(reply)
        return reply.u32()

    def readlink(self, handle):
        reply = self.call(READLINK, xdr.Writer().opaque(handle).bytes(), "READLINK")
        _post(reply)
        return reply.opaque()

    def read(self, handle, offset, count):
        """Bytes, and whether they end the file."""
        reply = self.call(READ, xdr.Writer().opaque(handle).u64(offset).u32(count).bytes(), "READ")
        _post(reply)
        count, end = reply.u32(), reply.boolean()
        data = reply.opaque()
        if len(data) != count:
            raise NfsError(0, f"READ says {count} bytes and has {len(data)}")
        return data, end

    def write(self, handle, offset, data, stable=FILE_SYNC):
        """How many were taken, how they were committed, and the verifier."""
        arguments = xdr.Writer().opaque(handle).u64(offset).u32(len(data), stable).opaque(data).bytes()
        reply = self.call(WRITE, arguments, "WRITE")
        _weak(reply)
        return reply.u32(), reply.u32(), reply.fixed(8)

    def _made(self, reply):
        handle = reply.opaque() if reply.boolean() else None
        return handle, _post(reply)

    def create(self, directory, name, how=UNCHECKED, verifier=b"\0" * 8, **wanted):
        arguments = xdr.Writer().opaque(directory).opaque(name).u32(how)
        if how == EXCLUSIVE:
            arguments.fixed(verifier)
            return self._made(self.call(CREATE, arguments.bytes(), f"CREATE {name!r}"))
        return self._made(self.call(CREATE, arguments.bytes() + set_attributes(**wanted), f"CREATE {name!r}"))

    def mkdir(self, directory, name, **wanted):
        arguments = xdr.Writer().opaque(directory).opaque(name).bytes() + set_attributes(**wanted)
        return self._made(self.call(MKDIR, arguments, f"MKDIR {name!r}"))

    def symlink(self, directory, name, target, **wanted):
        arguments = xdr.Writer().opaque(directory).opaque(name).bytes() + set_attributes(**wanted)
        return self._made(self.call(SYMLINK, arguments + xdr.Writer().opaque(target).bytes(), f"SYMLINK {name!r}"))

    def mknod(self, directory, name, kind, device=(0, 0), **wanted):
        arguments = xdr.Writer().opaque(directory).opaque(name).u32(kind).bytes() + set_attributes(**wanted)
        if kind in (BLK, CHR):
            arguments += xdr.Writer().u32(*device).bytes()
        return self._made(self.call(MKNOD, arguments, f"MKNOD {name!r}"))

    def remove(self, directory, name):
        return _weak(self.call(REMOVE, xdr.Writer().opaque(directory).opaque(name).bytes(), f"REMOVE {name!r}"))

    def rmdir(self, directory, name):
        return _weak(self.call(RMDIR, xdr.Writer().opaque(directory).opaque(name).bytes(), f"RMDIR {name!r}"))

    def rename(self, from_directory, from_name, to_directory, to_name):
        arguments = xdr.Writer().opaque(from_directory).opaque(from_name).opaque(to_directory).opaque(to_name).bytes()
        reply = self.call(RENAME, arguments, f"RENAME {from_name!r}")
        return _weak(reply), _weak(reply)

    def link(self, handle, directory, name):
        arguments = xdr.Writer().opaque(handle).opaque(directory).opaque(name).bytes()
        reply = self.call(LINK, arguments, f"LINK {name!r}")
        return _post(reply), _weak(reply)

    def _page(self, procedure, directory, cookie, verifier, count):
        arguments = xdr.Writer().opaque(directory).u64(cookie).fixed(verifier)
        arguments.u32(count, count) if procedure == READDIRPLUS else arguments.u32(count)
        reply = self.call(procedure, arguments.bytes(), "READDIR")
        _post(reply)
        verifier, entries = reply.fixed(8), []
        while reply.boolean():
            fileid, name, cookie = reply.u64(), reply.opaque(), reply.u64()
            attributes = handle = None
            if procedure == READDIRPLUS:
                attributes = _post(reply)
                handle = reply.opaque() if reply.boolean() else None
            entries.append(Entry(fileid, name, cookie, attributes, handle))
        return entries, verifier, reply.boolean()

    def readdir(self, directory, plus=True, count=65536):
        """All entries, page after page, without `.` and `..`."""
        cookie, verifier, end = 0, b"\0" * 8, False
        while not end:
            entries, verifier, end = self._page(READDIRPLUS if plus else READDIR, directory, cookie, verifier, count)
            if not entries and not end:
                raise NfsError(0, "READDIR answers an empty page that is not the last")
            for entry in entries:
                cookie = entry.cookie
                if entry.name not in (b".", b".."):
                    yield entry

    def fsstat(self, handle):
        reply = self.call(FSSTAT, xdr.Writer().opaque(handle).bytes(), "FSSTAT")
        _post(reply)
        return [reply.u64() for _ in range(6)]

    def fsinfo(self, handle):
        """rtmax rtpref rtmult wtmax wtpref wtmult dtpref."""
        reply = self.call(FSINFO, xdr.Writer().opaque(handle).bytes(), "FSINFO")
        _post(reply)
        return [reply.u32() for _ in range(7)]

    def pathconf(self, handle):
        """linkmax, name_max."""
        reply = self.call(PATHCONF, xdr.Writer().opaque(handle).bytes(), "PATHCONF")
        _post(reply)
        return reply.u32(), reply.u32()

    def commit(self, handle, offset=0, count=0):
        """The verifier."""
        reply = self.call(COMMIT, xdr.Writer().opaque(handle).u64(offset).u32(count).bytes(), "COMMIT")
        _weak(reply)
        return reply.fixed(8)

    # Paths below the export, for tests that think in them.

    def walk(self, path):
        """The handle of `a/b/c`; of the root for an empty path."""
        handle = self.root
        for name in [name for name in path.split("/") if name]:
            handle, _ = self.lookup(handle, name.encode())
        return handle

    def place(self, path):
        """The handle of a path's directory, and its last name."""
        parent, _, name = path.rstrip("/").rpartition("/")
        return self.walk(parent), name.encode()

    def read_whole(self, handle):
        pieces, offset, end = [], 0, False
        while not end:
            piece, end = self.read(handle, offset, CHUNK_MAX)
            pieces.append(piece)
            offset += len(piece)
            if not piece:
                break
        return b"".join(pieces)

    def write_whole(self, handle, data, stable=UNSTABLE):
        """Writes all of it from the start and, where it was not stable, commits it; both verifiers must be one."""
        offset, verifiers = 0, set()
        while offset < len(data):
            count, _, verifier = self.write(handle, offset, data[offset:offset + CHUNK_MAX], stable)
            if not count:
                raise NfsError(0, "WRITE took nothing")
            offset += count
            verifiers.add(verifier)
        if stable != FILE_SYNC:
            verifiers.add(self.commit(handle))
        if len(verifiers) > 1:
            raise NfsError(0, f"the write verifier changed: {verifiers}")
