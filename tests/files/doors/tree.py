"""What a mount shows, what S3 shows of the same bucket, and that both are one.

Always holds: every name on either side is looked at, with its whole content; a difference names its key.
"""
import collections
import hashlib
import os
import stat

from . import names

# The content types by which S3 shows what is no file.
KINDS = {stat.S_IFLNK: "inode/symlink", stat.S_IFIFO: "inode/fifo", stat.S_IFSOCK: "inode/socket", stat.S_IFBLK: "inode/blockdevice",
         stat.S_IFCHR: "inode/chardevice"}
CHUNK = 1 << 20
DIFFERENCES_SHOWN = 20

Thing = collections.namedtuple("Thing", "kind size digest")


def file_digest(path):
    """The length and the MD5 of a file's bytes."""
    found, length = hashlib.md5(), 0
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(CHUNK):
            found.update(piece)
            length += len(piece)
    return length, found.hexdigest()


def of_mount(root):
    """Key → Thing of all that a mount shows; directories have keys that end in a slash."""
    found, root = collections.Counter(), os.fsencode(root)

    def visit(directory, below):
        with os.scandir(directory) as entries:
            for entry in entries:
                key = below + names.segment(entry.name)
                status = os.lstat(entry.path)
                kind = stat.S_IFMT(status.st_mode)
                if kind == stat.S_IFDIR:
                    found[key + b"/", Thing("directory", 0, "")] += 1
                    visit(entry.path, key + b"/")
                    continue
                if kind == stat.S_IFREG:
                    length, digest = file_digest(entry.path)
                    if length != status.st_size:
                        raise AssertionError(f"{entry.path!r} has {length} bytes, and stat says {status.st_size}")
                    thing = Thing("file", length, digest)
                else:
                    body = os.readlink(entry.path) if kind == stat.S_IFLNK else b""
                    thing = Thing(KINDS[kind], len(body), hashlib.md5(body).hexdigest())
                found[key, thing] += 1
    visit(root, b"")
    return found


def of_bucket(bucket):
    """The same by S3; of directories those that have an object of their own. Each body is compared with its size and its ETag."""
    found = collections.Counter()
    for listed in bucket.list():
        if listed.key.endswith(b"/"):
            found[names.shortened(listed.key), Thing("directory", 0, "")] += 1
            continue
        response = bucket.client.send("GET", bucket.path(listed.key))
        body = response.read()
        if response.status != 200:
            raise AssertionError(f"{listed.key!r} is listed, and GET says {response.status}")
        if len(body) != listed.size or response.getheader("etag") != listed.etag:
            raise AssertionError(f"{listed.key!r}: the listing says {listed.size} bytes and {listed.etag}, GET {len(body)} and "
                                 f"{response.getheader('etag')}")
        digest, etag = hashlib.md5(body).hexdigest(), listed.etag.strip('"')
        if "-" not in etag and etag != digest:
            raise AssertionError(f"{listed.key!r}: its ETag {etag} is no MD5 of its bytes, {digest}, and looks like one")
        kind = response.getheader("content-type") or ""
        found[names.shortened(listed.key), Thing(kind if kind.startswith("inode/") else "file", len(body), digest)] += 1
    return found


def compare(mount, bucket):
    """Both from above. A directory without an object of its own must have something below it in S3."""
    implied = set()
    for key, _ in bucket:
        parts = key.split(b"/")
        implied.update(b"/".join(parts[:count]) + b"/" for count in range(1, len(parts)))
    differences = []
    for what in sorted(set(mount) | set(bucket), key=lambda what: (what[0], what[1].kind)):
        key, thing = what
        if mount[what] == bucket[what]:
            continue
        if thing.kind == "directory" and mount[what] and key in implied:
            continue
        differences.append(f"{key!r}: {thing.kind} of {thing.size} bytes, {thing.digest}: {mount[what]} times in the mount, "
                           f"{bucket[what]} times in S3")
    if differences:
        more = len(differences) - DIFFERENCES_SHOWN
        raise AssertionError("\n".join(differences[:DIFFERENCES_SHOWN] + ([f"and {more} more"] if more > 0 else [])))
    return sum(mount.values())


def same(root, bucket):
    """The tree equals the listing, byte for byte; how many names there are."""
    return compare(of_mount(root), of_bucket(bucket))
