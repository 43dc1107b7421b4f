"""Writers of the other two doors, beside the storm on the mount: what S3 and NFS were answered must be there after kill -9.

Always holds: a value is noted only once its answer has come; what was asked for and not answered may be there or not, whole.
"""
import os
import pickle
import random
import threading
import time

from doors import nfs3, s3

KEYS = 12
SIZES = [0, 100, 5000, 70_000, 300_000]


def body(number, count):
    pick = random.Random(f"{number} {count}")
    return pick.randbytes(pick.choice(SIZES))


class Writer(threading.Thread):
    """`known`: name → what it must be (None: gone); `open`: a name and what it may have become instead."""

    def __init__(self, store, number, state):
        super().__init__(daemon=True)
        self.store, self.number, self.state = store, number, state
        self.known, self.open, self.count, self.failure, self.stop = {}, None, 0, None, False
        if os.path.exists(state):
            with open(state, "rb") as file:
                self.known, self.count = pickle.load(file)

    def names(self):
        return [f"{self.prefix}{self.number}-{number}" for number in range(KEYS)]

    def run(self):
        pick = random.Random(time.monotonic_ns())
        try:
            self.connect()
            while not self.stop:
                name, self.count = pick.choice(self.names()), self.count + 1
                wanted = None if pick.random() < 0.2 and self.known.get(name) is not None else body(self.number, self.count)
                self.open = (name, wanted)
                self.change(name, wanted)
                self.known[name] = wanted
                self.open = None
        except BaseException as error:
            self.failure = f"{type(error).__name__}: {error}"

    def settle(self):
        """Compares with what S3 says now; the one change that was not answered is settled."""
        bucket = s3.Bucket(self.store.client(), self.store.bucket)
        for name in self.names():
            found, wanted = bucket.get(name), self.known.get(name)
            if found == wanted:
                continue
            if self.open and self.open[0] == name and self.may_be(found, wanted, self.open[1]):
                self.known[name] = found
                continue
            raise AssertionError(f"{name}: {show(found)} is there, and {show(wanted)} was answered (open: "
                                 f"{self.open and (self.open[0], show(self.open[1]))})")
        self.open = None
        with open(self.state, "wb") as file:
            pickle.dump((self.known, self.count), file)

    def may_be(self, found, _before, after):
        return found == after


def show(value):
    return "nothing" if value is None else f"{len(value)} bytes"


class S3Writer(Writer):
    prefix = "s3-"

    def connect(self):
        self.bucket = s3.Bucket(self.store.client(), self.store.bucket)

    def change(self, name, wanted):
        if wanted is None:
            self.bucket.delete(name)
        else:
            self.bucket.put(name, wanted)


class NfsWriter(Writer):
    """Odd numbers write FILE_SYNC; even ones UNSTABLE and COMMIT."""

    prefix = "nfs-"

    def connect(self):
        self.client = nfs3.Client(self.store.nfs_address, self.store.export_path)

    def change(self, name, wanted):
        root = self.client.root
        if wanted is None:
            self.client.remove(root, name.encode())
            return
        # A new file under another name, whole and committed, then renamed over it: so a crash leaves one or the other.
        spare = f"{name}.new".encode()
        handle, _ = self.client.create(root, spare, nfs3.UNCHECKED, size=0, mode=0o644)
        self.client.write_whole(handle, wanted, nfs3.FILE_SYNC if self.number % 2 else nfs3.UNSTABLE)
        self.client.rename(root, spare, root, name.encode())


def verifier(store):
    """The server's write verifier now."""
    client = nfs3.Client(store.nfs_address, store.export_path)
    try:
        handle, _ = client.create(client.root, b"verifier", nfs3.UNCHECKED, mode=0o600)
        return client.write(handle, 0, b"x", nfs3.UNSTABLE)[2]
    finally:
        client.close()
