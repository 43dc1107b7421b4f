"""The file systems that are loaded: Trefoil's mount, the floor in memory, s3fs on Trefoil's S3, the disk's own.

Each is a context: started and mounted on the way in, unmounted and ended on the way out. It has `name`; `directory`; `pids()`, of the
processes that serve it; `behind()`, of those that serve them.

Always holds: only what was started or mounted here is ended, by its process id or its place.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from doors.store import Store, is_mounted, scratch_root
from measure import process, trefoil

# What does not mount or end within so many seconds is stuck.
WAIT_SECONDS = 60
S3FS = "/usr/bin/s3fs"


def unmount(place):
    """Also where it is in use: it is a scratch directory that nobody will use again."""
    subprocess.run(["umount", "--lazy", place], check=False, stderr=subprocess.DEVNULL)


def scratch(name):
    return pathlib.Path(tempfile.mkdtemp(prefix=f"trefoil-{name}-", dir=scratch_root()))


class Ours:
    name = "trefoil"

    def __init__(self):
        self.store = Store()

    def __enter__(self):
        self.store.__enter__()
        self.directory = self.store.place
        return self

    def pids(self):
        return [self.store.process.pid]

    def behind(self):
        return []

    def __exit__(self, *ended):
        self.store.__exit__(*ended)


class Floor:
    """The example `memory_fs`."""
    name = "floor"

    def __init__(self, examples):
        self.program = examples / "memory_fs"

    def __enter__(self):
        self.scratch = scratch("floor")
        self.directory, log = self.scratch / "mount", self.scratch / "log"
        self.directory.mkdir()
        self.process = process.start([self.program, self.directory], log, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.__exit__()
            raise RuntimeError(f"{self.program} is not ready")
        return self

    def pids(self):
        return [self.process.pid]

    def behind(self):
        return []

    def __exit__(self, *_):
        unmount(self.directory)
        process.stop(self.process)
        self.process.stdout.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


class S3fs:
    """Debian's s3fs on a bucket of ours, as its manual has it, without a cache on the disk."""
    name = "s3fs"

    @staticmethod
    def missing():
        return None if pathlib.Path(S3FS).exists() else "s3fs is not installed (tests/files/bench/peers.sh)"

    def __init__(self):
        self.store = Store(mount=False)

    def __enter__(self):
        self.store.__enter__()
        try:
            self.directory = self.store.place
            keys, log = self.store.scratch / "passwd", self.store.scratch / "s3fs.log"
            keys.touch(0o600)
            keys.write_text(f"{trefoil.ACCESS_KEY}:{trefoil.SECRET_KEY}\n")
            options = f"passwd_file={keys},url=http://{self.store.s3_address},use_path_request_style,endpoint=us-east-1"
            # What a user's settings would send elsewhere.
            environment = {name: value for name, value in os.environ.items()
                           if not name.startswith("AWS") and not name.lower().endswith("_proxy")}
            command = [S3FS, self.store.bucket, self.directory, "-f", "-o", options]
            self.process = process.start(command, log, env=environment)
            process.wait_until("s3fs", lambda: is_mounted(self.directory), self.process, log, WAIT_SECONDS)
        except BaseException as error:
            self.store.__exit__(type(error))
            raise
        return self

    def pids(self):
        return [self.process.pid]

    def behind(self):
        return [self.store.process.pid]

    def __exit__(self, *ended):
        unmount(self.directory)
        deadline = time.monotonic() + WAIT_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.stop(self.process)
        self.store.__exit__(*ended)


class Disk:
    """A directory of the file system that the data directories lie on."""

    def __enter__(self):
        self.scratch = self.directory = scratch("disk")
        return self

    def pids(self):
        return []

    def behind(self):
        return []

    def __exit__(self, *_):
        shutil.rmtree(self.scratch, ignore_errors=True)
