"""One name through three doors: what each says of it must be the same, at once.

Always holds: nothing waits and nothing is tried again; what the kernel has in its caches from before counts.
"""
import hashlib
import os
import re
import stat
from email.utils import parsedate_to_datetime

from doors import nfs3, s3

MODE_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket",
              stat.S_IFBLK: "blockdevice", stat.S_IFCHR: "chardevice"}
# Last-Modified has seconds; the file's time is cut or rounded to them.
SECONDS_APART = 1.0


class Doors:
    """`nfs` is None where there is no export. Names are relative to one directory of the bucket's, which each row of the table has anew."""

    def __init__(self, store):
        self.store, self.place = store, os.fspath(store.place)
        self.client = store.client()
        self.s3 = s3.Bucket(self.client, store.bucket)
        self.nfs = nfs3.Client(store.nfs_address, store.export_path) if store.nfs_address else None
        self.base = ""

    def close(self):
        self.client.close()
        if self.nfs:
            self.nfs.close()

    def enter(self, base):
        """A new directory for the next row."""
        self.base = base
        os.mkdir(os.path.join(self.place, base))

    def path(self, name=""):
        return os.path.join(self.place, self.base, name)

    def key(self, name):
        return f"{self.base}/{name}"

    def handle(self, name=""):
        return self.nfs.walk(self.key(name))

    def spot(self, name):
        """The handle of the name's directory, and its last part."""
        return self.nfs.place(self.key(name))

    # Writing by each door, as rows need it.

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    def nfs_write(self, name, data, stable=nfs3.FILE_SYNC):
        directory, last = self.spot(name)
        handle, _ = self.nfs.create(directory, last, nfs3.UNCHECKED, mode=0o644)
        self.nfs.write_whole(handle or self.handle(name), data, stable)

    # Looking.

    def warm(self, *names):
        """What the mount's kernel may remember of these names, and of their not being there, it now does."""
        for name in names:
            try:
                status = os.lstat(self.path(name))
                if stat.S_ISREG(status.st_mode):
                    with open(self.path(name), "rb") as file:
                        file.read()
                elif stat.S_ISDIR(status.st_mode):
                    os.listdir(self.path(name))
            except FileNotFoundError:
                pass
        os.listdir(self.path())

    def by_mount(self, name):
        """kind, bytes, mtime in nanoseconds, inode, links; None for what is not there."""
        try:
            status = os.lstat(self.path(name))
        except (FileNotFoundError, NotADirectoryError):
            return None
        kind = MODE_KINDS[stat.S_IFMT(status.st_mode)]
        body = b""
        if kind == "file":
            with open(self.path(name), "rb") as file:
                body = file.read()
            assert len(body) == status.st_size, f"the mount: {name} has {len(body)} bytes, and stat says {status.st_size}"
        elif kind == "symlink":
            body = os.readlink(self.path(name)).encode()
        return kind, body, status.st_mtime_ns, status.st_ino, status.st_nlink, stat.S_IMODE(status.st_mode), status.st_uid

    def by_nfs(self, name):
        try:
            directory, last = self.spot(name)
            handle, _ = self.nfs.lookup(directory, last)
            found = self.nfs.getattr(handle)
        except nfs3.NfsError as error:
            if error.name in ("NOENT", "NOTDIR"):
                return None
            raise
        kind, body = nfs3.KINDS[found.kind], b""
        if kind == "file":
            body = self.nfs.read_whole(handle)
            assert len(body) == found.size, f"NFS: {name} has {len(body)} bytes, and its attributes say {found.size}"
        elif kind == "symlink":
            body = self.nfs.readlink(handle)
        return kind, body, found.mtime, found.fileid, found.nlink, found.mode, found.uid

    def by_s3(self, name):
        """kind, bytes, Last-Modified in seconds, ETag, content type."""
        head = self.s3.head(self.key(name))
        if head is None:
            assert self.s3.get(self.key(name)) is None, f"S3: HEAD does not know {name}, and GET does"
            return None
        body = self.s3.get(self.key(name))
        assert len(body) == head.size, f"S3: GET of {name} has {len(body)} bytes, and HEAD says {head.size}"
        kind = head.kind.removeprefix("inode/") if (head.kind or "").startswith("inode/") else "file"
        return kind, body, parsedate_to_datetime(head.modified).timestamp(), head.etag, head.kind

    def listed(self, name):
        """The listing's own words on a key."""
        objects, _, _ = self.s3.page(self.key(name))
        return next((one for one in objects if one.key == self.key(name).encode()), None)

    # Agreeing.

    def agree(self, name, body=None, kind="file", etag=None, links=None):
        """All doors have it, of this kind, with these bytes. `etag`: `md5` of the bytes, `dash` (an opaque one), or itself."""
        mount, by_s3 = self.by_mount(name), self.by_s3(name)
        assert mount, f"the mount does not show {name}"
        assert by_s3, f"S3 does not show {name}"
        assert mount[0] == kind, f"the mount: {name} is a {mount[0]}, and no {kind}"
        assert by_s3[0] == kind, f"S3: {name} is a {by_s3[0]} ({by_s3[4]}), and no {kind}"
        body = mount[1] if body is None else body
        for door, found in (("the mount", mount), ("S3", by_s3)):
            assert found[1] == body, f"{door}: {name} is {found[1][:40]!r}… of {len(found[1])} bytes, and not {body[:40]!r}… of {len(body)}"
        assert abs(by_s3[2] - mount[2] / 1e9) <= SECONDS_APART, f"{name}: Last-Modified {by_s3[2]}, mtime {mount[2] / 1e9}"
        listed = self.listed(name)
        assert listed, f"S3 has {name}, and does not list it"
        assert (listed.size, listed.etag) == (len(body), by_s3[3]), f"S3: {name} is listed as {listed.size}, {listed.etag}, HEAD {by_s3[3]}"
        value = (by_s3[3] or "").strip('"')
        digest = hashlib.md5(body).hexdigest()
        if etag == "md5":
            assert value == digest, f"{name}: ETag {value}, and the MD5 is {digest}"
        elif etag == "dash":
            # The store knows the MD5 of what is small, however it was written.
            assert "-" in value or value == digest, f"{name}: ETag {value} has no dash, and is not the MD5 of its bytes, {digest}"
        elif etag is not None:
            assert by_s3[3] == etag, f"{name}: ETag {by_s3[3]}, and {etag} was expected"
        assert re.fullmatch(r"[0-9a-f]{32}", value) is None or value == digest, f"{name}: ETag {value} looks like an MD5 and is none"
        assert links is None or mount[4] == links, f"the mount: {name} has {mount[4]} links, and not {links}"
        if self.nfs:
            nfs = self.by_nfs(name)
            assert nfs, f"NFS does not show {name}"
            assert nfs == mount, f"{name}: NFS says {summary(nfs)}, and the mount {summary(mount)}"
        return by_s3[3]

    def directory(self, name):
        """A directory by the file doors."""
        mount = self.by_mount(name)
        assert mount and mount[0] == "directory", f"the mount: {name} is {mount and mount[0]}, and no directory"
        if self.nfs:
            nfs = self.by_nfs(name)
            assert nfs and nfs[0] == "directory", f"NFS: {name} is {nfs and nfs[0]}, and no directory"
            assert nfs[3] == mount[3], f"{name}: NFS has fileid {nfs[3]}, and the mount inode {mount[3]}"

    def gone(self, *names):
        for name in names:
            for door, found in (("the mount", self.by_mount(name)), ("S3", self.by_s3(name)),
                                ("NFS", self.by_nfs(name) if self.nfs else None)):
                assert found is None, f"{door} still shows {name}: {summary(found)}"

    def names(self, wanted, keys=None, name=""):
        """The directory's names through all doors. `keys`: what S3 lists with a delimiter, where that is not the same."""
        wanted = set(wanted)
        found = set(os.listdir(self.path(name)))
        assert found == wanted, f"the mount lists {sorted(found)}, and not {sorted(wanted)}"
        if self.nfs:
            for plus in (True, False):
                found = {entry.name.decode() for entry in self.nfs.readdir(self.handle(name), plus)}
                assert found == wanted, f"NFS lists {sorted(found)}, and not {sorted(wanted)}"
        prefix = self.key(name).rstrip("/") + "/"
        objects, prefixes, _ = self.s3.page(prefix, "/")
        ordered = [one.key for one in objects]
        assert ordered == sorted(ordered) and prefixes == sorted(prefixes), f"S3 lists in no order: {ordered} {prefixes}"
        found = {one.decode().removeprefix(prefix) for one in ordered + prefixes} - {""}
        wanted = {one + "/" * (self.is_directory(name, one)) for one in wanted} if keys is None else set(keys)
        assert found == wanted, f"S3 lists {sorted(found)}, and not {sorted(wanted)}"

    def is_directory(self, name, one):
        return stat.S_ISDIR(os.lstat(os.path.join(self.path(name), one)).st_mode)


def summary(found):
    return None if found is None else (found[0], f"{len(found[1])} bytes", hashlib.md5(found[1]).hexdigest()[:8], *found[2:])
