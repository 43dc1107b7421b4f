"""Eight clients that write, read and delete one key through all doors, and what each of them saw.

Always holds: a client records an operation only with the times around all of it; one whose outcome is not known has no end; each value is
written once. A register has REGISTER bytes: whatever is read is one of the values, whole.
"""
import errno
import multiprocessing
import os
import random
import time

from doors import nfs3, s3

from .linear import Operation

REGISTER = 24
CLIENTS = 8
KEY = "register"
WRITES, DELETES = 0.45, 0.05
# Bursts with pauses: what meets is what matters, and the checker has an end.
PAUSES, PAUSE_SECONDS = 0.1, 0.1


class Absent(Exception):
    """The register is not there."""


class Torn(AssertionError):
    """Neither a value nor nothing."""


class S3Door:
    name = "s3"

    def __init__(self, store):
        self.bucket = s3.Bucket(store.client(), store.bucket)

    def read(self):
        return self.bucket.get(KEY)

    def write(self, value):
        self.bucket.put(KEY, value)

    def delete(self):
        self.bucket.delete(KEY)


class MountDoor:
    """Writes in place: the file stays the same one. Together with doors that replace the file that is no register: what is written to a file
    that has just lost its name is read by whoever had opened it, and by nobody else."""

    name = "mount"

    def __init__(self, store):
        self.path = os.path.join(store.place, KEY)

    def read(self):
        try:
            with open(self.path, "rb", buffering=0) as file:
                return file.read(REGISTER + 1)
        except FileNotFoundError:
            return None

    def write(self, value):
        try:
            descriptor = os.open(self.path, os.O_WRONLY)
        except FileNotFoundError:
            raise Absent from None
        try:
            os.pwrite(descriptor, value, 0)
        finally:
            os.close(descriptor)

    def delete(self):
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            pass


class RenameDoor(MountDoor):
    """Writes as editors do: another file, renamed over it."""

    name = "mount-rename"

    def write(self, value):
        spare = f"{self.path}.{os.getpid()}"
        with open(spare, "wb", buffering=0) as file:
            file.write(value)
        os.rename(spare, self.path)


class NfsDoor:
    name = "nfs"

    def __init__(self, store):
        self.client = nfs3.Client(store.nfs_address, store.export_path)

    def find(self):
        return self.client.lookup(self.client.root, KEY.encode())[0]

    def read(self):
        while True:
            try:
                return self.client.read(self.find(), 0, REGISTER + 1)[0]
            except nfs3.NfsError as error:
                if error.name == "NOENT":
                    return None
                # Between the two calls it became another file.
                if error.name != "STALE":
                    raise

    def write(self, value):
        try:
            self.client.write(self.find(), 0, value, nfs3.FILE_SYNC)
        except nfs3.NfsError as error:
            if error.name in ("NOENT", "STALE"):
                raise Absent from None
            raise

    def delete(self):
        try:
            self.client.remove(self.client.root, KEY.encode())
        except nfs3.NfsError as error:
            if error.name != "NOENT":
                raise


class NfsRenameDoor(NfsDoor):
    """Writes another file, and renames it over the key."""

    name = "nfs-rename"

    def write(self, value):
        spare = f"{KEY}.nfs.{os.getpid()}".encode()
        handle, _ = self.client.create(self.client.root, spare)
        self.client.write(handle, 0, value, nfs3.FILE_SYNC)
        self.client.rename(self.client.root, spare, self.client.root, KEY.encode())


class InPlace:
    """A file that nobody replaces or removes."""

    removes = False


class MountInPlaceDoor(InPlace, MountDoor):
    name = "mount, in place"


class NfsInPlaceDoor(InPlace, NfsDoor):
    name = "nfs, in place"


def client(number, door, store, seconds, results):
    """One process; its history, or what went wrong."""
    history, pick, name = [], random.Random(number), f"c{number}"
    try:
        here, until, count = door(store), time.monotonic() + seconds, 0
        while time.monotonic() < until:
            if pick.random() < PAUSES:
                time.sleep(PAUSE_SECONDS * pick.random())
            chance = pick.random()
            called = time.monotonic()
            if chance < WRITES:
                count += 1
                value = f"{name}-{count}".encode().ljust(REGISTER, b".")
                try:
                    here.write(value)
                    history.append(Operation(name, "write", value, called, time.monotonic(), here.name))
                except Absent:
                    # It was not there, or it was replaced before the bytes came: nothing was written.
                    pass
            elif chance < WRITES + DELETES and getattr(here, "removes", True):
                here.delete()
                history.append(Operation(name, "delete", None, called, time.monotonic(), here.name))
            else:
                value = here.read()
                returned = time.monotonic()
                if value is not None and len(value) != REGISTER:
                    raise Torn(f"{here.name} read {len(value)} bytes: {value!r}")
                history.append(Operation(name, "read", value, called, returned, here.name))
        results.put((number, history, None))
    except BaseException as error:
        code = f" ({errno.errorcode.get(error.errno, error.errno)})" if isinstance(error, OSError) and error.errno else ""
        results.put((number, history, f"{door.name}: {type(error).__name__}: {error}{code}"))


def run(store, doors, seconds):
    """The whole history. The register begins as absent."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=client, args=(number, doors[number % len(doors)], store, seconds, results), daemon=True)
                 for number in range(CLIENTS)]
    for process in processes:
        process.start()
    history, failures = [], []
    for _ in processes:
        _, found, failure = results.get(timeout=seconds + 60)
        history.extend(found)
        failures.extend([failure] if failure else [])
    for process in processes:
        process.join()
    assert not failures, "\n".join(failures)
    return history
