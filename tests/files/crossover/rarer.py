"""More rows of the table: operations that fewer programs use.

Always holds: as in table.py; importing it adds the rows.
"""
import base64
import ctypes
import hashlib
import os

from crossover.table import BIG, PART, row
from doors import nfs3

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
NOREPLACE, EXCHANGE = 1, 2
ZERO_RANGE = 0x10


def renameat2(t, old, new, flags):
    if LIBC.renameat2(AT_FDCWD, t.path(old).encode(), AT_FDCWD, t.path(new).encode(), flags) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def fallocate(t, name, mode, offset, length):
    descriptor = os.open(t.path(name), os.O_RDWR)
    try:
        assert LIBC.fallocate(descriptor, mode, ctypes.c_long(offset), ctypes.c_long(length)) == 0, os.strerror(ctypes.get_errno())
    finally:
        os.close(descriptor)


def is_there(function, *words):
    """Whether the call is refused because the name is there."""
    try:
        function(*words)
    except FileExistsError:
        return True
    return False


# The mount.

@row("mount", "O_EXCL takes a name once, whichever door made it")
def _(t):
    t.warm("f", "g", "h")
    t.s3.put(t.key("g"), b"by S3")
    t.nfs_write("h", b"by NFS") if t.nfs else t.write("h", b"by NFS")
    os.close(os.open(t.path("f"), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    for name, body in (("f", b""), ("g", b"by S3"), ("h", b"by NFS")):
        assert is_there(os.open, t.path(name), os.O_CREAT | os.O_EXCL | os.O_WRONLY), f"{name} was made twice"
        t.agree(name, body)


@row("mount", "RENAME_NOREPLACE and RENAME_EXCHANGE")
def _(t):
    t.write("f", b"one")
    t.write("g", b"two")
    os.mkdir(t.path("d"))
    t.write("d/x", b"below")
    etags = t.agree("f", b"one"), t.agree("g", b"two")
    t.s3.put(t.key("taken"), b"by S3")
    assert is_there(renameat2, t, "f", "taken", NOREPLACE), "a name was replaced"
    t.agree("taken", b"by S3")
    renameat2(t, "f", "g", EXCHANGE)
    t.agree("g", b"one", etag=etags[0])
    t.agree("f", b"two", etag=etags[1])
    renameat2(t, "f", "d", EXCHANGE)
    t.directory("f")
    t.agree("f/x", b"below")
    t.agree("d", b"two", etag=etags[1])
    renameat2(t, "d", "e", NOREPLACE)
    t.gone("d")
    t.agree("e", b"two")
    t.names(["e", "f", "g", "taken"])


@row("mount", "fallocate: longer, and zeros in the middle")
def _(t):
    t.write("f", b"a" * 10_000)
    fallocate(t, "f", 0, 0, 20_000)
    t.agree("f", b"a" * 10_000 + b"\0" * 10_000)
    fallocate(t, "f", ZERO_RANGE, 5_000, 2_000)
    t.agree("f", b"a" * 5_000 + b"\0" * 2_000 + b"a" * 3_000 + b"\0" * 10_000)


@row("mount", "an attribute that is removed")
def _(t):
    t.write("f", b"x")
    etag = t.agree("f")
    os.setxattr(t.path("f"), "user.a", b"1")
    os.setxattr(t.path("f"), "user.b", b"2")
    os.removexattr(t.path("f"), "user.a")
    assert os.listxattr(t.path("f")) == ["user.b"], os.listxattr(t.path("f"))
    t.agree("f", b"x", etag=etag)
    # A PUT makes another file.
    t.s3.put(t.key("f"), b"new")
    assert os.listxattr(t.path("f")) == [], os.listxattr(t.path("f"))


# NFS.

@row("nfs", "SETATTR: owner, group, time of access")
def _(t):
    t.write("f", b"x")
    t.warm("f")
    etag, handle = t.agree("f"), t.handle("f")
    t.nfs.setattr(handle, uid=1234, gid=4321, atime=1_300_000_000_000_000_009)
    status = os.lstat(t.path("f"))
    assert (status.st_uid, status.st_gid, status.st_atime_ns) == (1234, 4321, 1_300_000_000_000_000_009), status
    t.agree("f", b"x", etag=etag)


@row("nfs", "RENAME over another file, and over an empty directory")
def _(t):
    t.write("f", b"one")
    t.write("g", b"two")
    os.mkdir(t.path("d"))
    os.mkdir(t.path("e"))
    t.warm("f", "g", "d", "e")
    directory = t.handle()
    t.nfs.rename(directory, b"f", directory, b"g")
    t.gone("f")
    t.agree("g", b"one", links=1)
    t.nfs.rename(directory, b"d", directory, b"e")
    t.gone("d")
    t.directory("e")
    try:
        t.nfs.rename(directory, b"g", directory, b"e")
        raise AssertionError("a file took a directory's name")
    except nfs3.NfsError as error:
        # RFC 1813 has EXIST where the kinds differ; others say ISDIR.
        assert error.name in ("EXIST", "ISDIR"), error
    t.names(["e", "g"])


# S3.

@row("s3", "DeleteObjects")
def _(t):
    for name in ("f", "d/g", "h"):
        t.s3.put(t.key(name), b"x")
    t.warm("f", "d", "d/g", "h")
    keys = "".join(f"<Object><Key>{t.key(name)}</Key></Object>" for name in ("f", "d/g", "absent"))
    body = f"<Delete><Quiet>true</Quiet>{keys}</Delete>".encode()
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    t.client.call("POST", f"/{t.s3.name}", [("delete", "")], {"content-md5": digest}, body)
    t.gone("f", "d/g", "d")
    t.names(["h"])


@row("s3", "UploadPartCopy of a file, and a tag on it")
def _(t):
    t.write("f", BIG + b"b" * PART)
    etag = t.agree("f")
    tags = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"
    t.client.call("PUT", t.s3.path(t.key("f")), [("tagging", "")], body=tags)
    t.agree("f", BIG + b"b" * PART, etag=etag)
    t.warm("g")
    t.s3.multipart_of(t.key("g"), t.key("f"), [(0, PART), (PART, len(BIG))])
    t.agree("g", BIG + b"b" * PART)


@row("s3", "CopyObject onto itself, with other metadata")
def _(t):
    t.write("f", b"bytes")
    t.warm("f")
    headers = {"x-amz-copy-source": t.s3.path(t.key("f")), "x-amz-metadata-directive": "REPLACE", "x-amz-meta-colour": "red"}
    t.client.call("PUT", t.s3.path(t.key("f")), headers=headers)
    assert t.s3.head(t.key("f")).headers.get("x-amz-meta-colour") == "red"
    t.agree("f", b"bytes", etag="md5", links=1)
