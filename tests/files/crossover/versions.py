"""A bucket with versions, through its three doors: what each sees of a file that is written, closed, written again, renamed and removed.

Always holds: each case has a directory of its own; a version that S3 has told of once is asked for again at the end of each case, and is as it
was.
"""
import errno
import os
import time
import xml.etree.ElementTree

from doors import nfs3, s3, tools

CASES = []
# A draft that NFS wrote is sealed two seconds after the last write; how long it may take at the most, on a busy machine.
SEALED_SECONDS_MAX = 20
COMMAND_SECONDS = 60


def case(name):
    def add(function):
        CASES.append((f"versions: {name}", function))
        return function
    return add


class Versioned:
    """`known`: the bytes of each version that was seen, by key and id."""

    def __init__(self, one):
        self.one, self.client = one, one.client()
        self.s3 = s3.Bucket(self.client, one.bucket)
        self.nfs = nfs3.Client(one.nfs_address, one.export_path) if one.nfs_address else None
        self.base, self.known = "", {}
        body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        self.client.call("PUT", f"/{one.bucket}", [("versioning", "")], body=body)

    def close(self):
        self.client.close()
        if self.nfs:
            self.nfs.close()

    def enter(self, base):
        self.base = base
        os.mkdir(self.path())

    def path(self, name=""):
        return os.path.join(self.one.place, self.base, name)

    def key(self, name):
        return f"{self.base}/{name}"

    def versions(self, name):
        """Ids, newest first, with the bytes of each; None is a delete marker."""
        query = [("versions", ""), ("prefix", self.key(name))]
        root = xml.etree.ElementTree.fromstring(self.client.call("GET", f"/{self.one.bucket}", query))
        space, found = root.tag[:root.tag.index("}") + 1] if root.tag.startswith("{") else "", []
        for element in root:
            kind = element.tag.removeprefix(space)
            if kind not in ("Version", "DeleteMarker") or element.findtext(f"{space}Key") != self.key(name):
                continue
            version = element.findtext(f"{space}VersionId")
            found.append((version, self.version(self.key(name), version) if kind == "Version" else None))
        return found

    def bodies(self, name):
        return [body for _, body in self.versions(name)]

    def version(self, key, version):
        body = self.client.call("GET", f"/{self.one.bucket}/{key}", [("versionId", version)])
        before = self.known.setdefault((key, version), body)
        assert before == body, f"version {version} of {key} was {len(before)} bytes that are others now"
        return body

    def must_be(self, name, wanted):
        found = self.bodies(name)
        show = lambda bodies: [None if body is None else f"{len(body)}: {body[:20]!r}" for body in bodies]
        assert found == wanted, f"versions of {name}: {show(found)}, and not {show(wanted)}"

    def unchanged(self):
        for key, version in list(self.known):
            self.version(key, version)


@case("a file that is written is a version when it is closed, and one more each time")
def _(v):
    bodies = [b"first", b"second " * 30_000, b"third " * 300_000]
    inode = None
    for number, body in enumerate(bodies):
        with open(v.path("f"), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
            v.must_be("f", bodies[:number][::-1])
            assert v.s3.get(v.key("f")) == (bodies[number - 1] if number else None)
            inode = inode or os.fstat(file.fileno()).st_ino
        v.must_be("f", bodies[:number + 1][::-1])
        assert os.stat(v.path("f")).st_ino == inode, "the file has another inode"
    with open(v.path("f"), "r+b"):
        pass
    os.chmod(v.path("f"), 0o600)
    v.must_be("f", bodies[::-1])


@case("random writes and truncation of a large file leave its versions as they are")
def _(v):
    body = os.urandom(5 << 20)
    with open(v.path("f"), "wb") as file:
        file.write(body)
    with open(v.path("f"), "r+b") as file:
        file.seek(1_000_003)
        file.write(b"middle")
    second = body[:1_000_003] + b"middle" + body[1_000_009:]
    os.truncate(v.path("f"), 2_000_000)
    with open(v.path("f"), "ab") as file:
        file.write(b"end")
    third = second[:2_000_000] + b"end"
    assert v.bodies("f")[-2:] == [second, body] and v.bodies("f")[0] == third
    with open(v.path("f"), "rb") as file:
        assert file.read() == third


@case("a second opener sees what is written, and the last close seals")
def _(v):
    with open(v.path("f"), "wb", buffering=0) as first:
        with open(v.path("f"), "r+b", buffering=0) as second:
            first.write(b"first")
            assert second.read() == b"first"
            second.write(b" and second")
        v.must_be("f", [])
    v.must_be("f", [b"first and second"])


@case("rename is a new version and a delete marker, remove a delete marker")
def _(v):
    for name in ("f", "g"):
        with open(v.path(name), "w") as file:
            file.write(name)
    inode = os.stat(v.path("f")).st_ino
    os.rename(v.path("f"), v.path("g"))
    assert os.stat(v.path("g")).st_ino == inode and os.listdir(v.path()) == ["g"]
    v.must_be("f", [None, b"f"])
    v.must_be("g", [b"f", b"g"])
    os.unlink(v.path("g"))
    v.must_be("g", [None, b"f", b"g"])
    assert os.listdir(v.path()) == [] and v.s3.get(v.key("g")) is None


@case("a temporary file that takes a name over, as editors and rsync do")
def _(v):
    with open(v.path("f"), "wb") as file:
        file.write(b"old")
    with open(v.path(".f.tmp"), "wb") as file:
        file.write(b"new")
        file.flush()
        os.fsync(file.fileno())
        os.rename(v.path(".f.tmp"), v.path("f"))
    v.must_be("f", [b"new", b"old"])
    assert v.bodies(".f.tmp") == [] and v.s3.get(v.key("f")) == b"new"


@case("directories are made, filled, removed; not renamed, but by mv")
def _(v):
    os.mkdir(v.path("d"))
    with open(v.path("d/f"), "w") as file:
        file.write("in it")
    try:
        os.rename(v.path("d"), v.path("e"))
        raise AssertionError("a directory was renamed")
    except OSError as error:
        assert error.errno == errno.EXDEV, error
    tools.must(["mv", v.path("d"), v.path("e")], COMMAND_SECONDS)
    v.must_be("d/f", [None, b"in it"])
    v.must_be("e/f", [b"in it"])
    assert os.listdir(v.path()) == ["e"]
    try:
        os.link(v.path("e/f"), v.path("l"))
        raise AssertionError("a file has two names")
    except OSError as error:
        assert error.errno == errno.EPERM, error
    tools.must(["rm", "-r", v.path("e")], COMMAND_SECONDS)
    v.must_be("e/f", [None, b"in it"])
    os.mkdir(v.path("e"))
    assert os.listdir(v.path("e")) == []


@case("PUT and DELETE by S3 while the file is open")
def _(v):
    with open(v.path("f"), "wb", buffering=0) as file:
        file.write(b"draft")
        os.fsync(file.fileno())
        v.s3.put(v.key("f"), b"by S3")
        with open(v.path("f"), "rb") as other:
            assert other.read() == b"by S3"
        file.write(b", and more")
    v.must_be("f", [b"by S3", b"draft"])
    with open(v.path("f"), "ab", buffering=0) as file:
        file.write(b" and file")
        os.fsync(file.fileno())
        v.s3.delete(v.key("f"))
        assert os.listdir(v.path()) == []
    v.must_be("f", [None, b"by S3 and file", b"by S3", b"draft"])


@case("what NFS writes is a version once nobody writes to it")
def _(v):
    directory, name = v.nfs.place(v.key("f"))
    handle, _ = v.nfs.create(directory, name, nfs3.UNCHECKED, mode=0o644)
    v.nfs.write(handle, 0, b"by NFS")
    v.nfs.commit(handle)
    with open(v.path("f"), "rb") as file:
        assert file.read() == b"by NFS"
    v.must_be("f", [])
    sealed(v, "f", [b"by NFS"])
    # The handle is still the file's, whatever became of it meanwhile.
    v.nfs.write(handle, 3, b"nfs, again")
    with open(v.path("f"), "rb") as file:
        assert file.read() == b"by nfs, again"
    sealed(v, "f", [b"by nfs, again", b"by NFS"])
    v.nfs.remove(directory, name)
    v.must_be("f", [None, b"by nfs, again", b"by NFS"])


def sealed(v, name, wanted):
    """Waits until it is."""
    deadline = time.monotonic() + SEALED_SECONDS_MAX
    while v.bodies(name) != wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    v.must_be(name, wanted)


@case("what a crash leaves is sealed at the next start")
def _(v):
    file = open(v.path("f"), "wb", buffering=0)
    file.write(b"durable")
    os.fsync(file.fileno())
    v.must_be("f", [])
    v.one.kill()
    try:
        file.close()
    except OSError:
        pass
    v.one.start()
    v.one.wait_mounted()
    v.client.close()
    v.client = v.one.client()
    v.s3 = s3.Bucket(v.client, v.one.bucket)
    v.must_be("f", [b"durable"])
    with open(v.path("f"), "rb") as file:
        assert file.read() == b"durable"
