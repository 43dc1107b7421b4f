"""A server on a directory of its own, with a bucket that is mounted and exported.

With FILES_STANDIN=1 there is no server: the mount is a plain directory, and what needs S3 or NFS is left out by the suites. So a suite
can be tried on a file system that is known to be right.

Always holds: what was started or mounted here is ended and unmounted at the end, by its process id or its place; nothing else is.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from measure import process, trefoil, wire  # noqa: E402

READY = re.compile(r"ready s3=(\S+) admin=(\S+)(?: nfs=(\S+))?")
BUCKET = "files"
EXPORT = "/files"
# Of an export on which root is root, as the suites want it.
AS_ROOT = ["--squash", "none"]
COMMAND_SECONDS = 120
MOUNT_SECONDS = 60
STANDIN = os.environ.get("FILES_STANDIN") == "1"


class Fault(Exception):
    """Something that must hold does not."""


def scratch_root():
    """Where servers and directories beside them lie: a real file system, for a tmpfs syncs nothing."""
    root = pathlib.Path(os.environ.get("FILES_SCRATCH") or "/var/tmp")
    root.mkdir(parents=True, exist_ok=True)
    return root


def is_mounted(place):
    """Whether the kernel has a mount there; says nothing of whether it answers."""
    place = os.path.abspath(place).replace(" ", "\\040")
    return any(line.split(" ")[1] == place for line in pathlib.Path("/proc/self/mounts").read_text().splitlines())


class Store:
    """`options` are given to `trefoil mount -o`, `export_options` to `trefoil export create`."""

    def __init__(self, mount=True, export=False, options=None, export_options=(), bucket=BUCKET, keep=False, environment=None):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="trefoil-files-", dir=scratch_root()))
        self.data, self.log = self.scratch / "data", self.scratch / "log"
        self.place = self.scratch / "mount"
        self.beside = self.scratch / "beside"
        self.place.mkdir()
        self.beside.mkdir()
        self.export_path = EXPORT
        self.bucket, self.wants_mount, self.wants_export = bucket, mount, export
        self.options, self.export_options = options, list(export_options)
        self.keys = wire.Keys(trefoil.ACCESS_KEY, trefoil.SECRET_KEY)
        self.binary, self.keep = trefoil.binary(), keep
        self.environment = dict(os.environ, TREFOIL_ACCESS_KEY_ID=trefoil.ACCESS_KEY, TREFOIL_SECRET_ACCESS_KEY=trefoil.SECRET_KEY,
                                **(environment or {}))
        self.process = self.s3_address = self.admin_address = self.nfs_address = None

    # The server.

    def start(self):
        """Starts it, as often as wanted, on the same data and, from the second time on, at the same addresses."""
        if STANDIN:
            return self
        command = [self.binary, "serve", "--data-dir", self.data, "--s3-listen", self.s3_address or "127.0.0.1:0",
                   "--admin-listen", self.admin_address or "127.0.0.1:0"]
        if self.wants_export:
            command += ["--nfs-listen", self.nfs_address or "127.0.0.1:0"]
        self.process = process.start(command, self.log, env=self.environment, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        ready = READY.match(line)
        if not ready or (self.wants_export and not ready.group(3)):
            raise Fault(f"the server is not ready: {line!r}\n{self.log_tail()}")
        self.s3_address, self.admin_address, self.nfs_address = ready.groups()
        return self

    def log_tail(self, lines=40):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def is_running(self):
        return STANDIN or (self.process is not None and self.process.poll() is None)

    def command(self, *words):
        """What the `trefoil` command prints; an exit status other than 0 is a fault."""
        done = subprocess.run([self.binary, *words, "--data-dir", self.data], capture_output=True, text=True, env=self.environment,
                              timeout=COMMAND_SECONDS)
        if done.returncode != 0:
            raise Fault(f"trefoil {' '.join(map(str, words))}: exit {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def check(self):
        """`trefoil check` must find nothing wrong."""
        return None if STANDIN else json.loads(self.command("check", "--json"))

    def kill(self):
        """kill -9, at once."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        if self.process is not None:
            process.stop(self.process)
            self.process.stdout.close()
            self.process = None

    # The bucket and its doors.

    def client(self, **options):
        return wire.Client(self.s3_address, self.keys, **options)

    def make_bucket(self):
        client = self.client()
        client.call("PUT", f"/{self.bucket}")
        client.close()

    def mount(self, place=None, options=None):
        """`options`: of this mount, where they are not those of the store."""
        place, options = place or self.place, self.options if options is None else options
        if not STANDIN:
            self.command("mount", self.bucket, place, *(["-o", options] if options else []))
            if not is_mounted(place):
                raise Fault(f"trefoil mount said it mounted {place}, and the kernel has no mount there")

    def unmount(self, place=None):
        if not STANDIN:
            self.command("umount", place or self.place)

    def export(self):
        if not STANDIN:
            self.command("export", "create", EXPORT.lstrip("/"), self.bucket, *self.export_options)

    def wait_mounted(self, seconds=MOUNT_SECONDS):
        """After a restart: until the mount answers again, by itself."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                os.listdir(self.place)
                if STANDIN or is_mounted(self.place):
                    return
                failure = "is not mounted"
            except OSError as error:
                failure = error
            if time.monotonic() > deadline:
                raise Fault(f"the mount does not come back within {seconds} s of a restart: {failure}\n{self.log_tail()}")
            time.sleep(0.02)

    # As a context: started, with what was wished for; then ended, whatever happened.

    def __enter__(self):
        try:
            self.start()
            if not STANDIN:
                self.make_bucket()
            if self.wants_mount:
                self.mount()
            if self.wants_export:
                self.export()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is not None and not STANDIN:
            print(f"the server's log ends:\n{self.log_tail()}", file=sys.stderr, flush=True)
        self.end()

    def end(self):
        """Never waits for a mount that does not answer."""
        if not STANDIN:
            for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
                place = line.split(" ")[1]
                if place.startswith(f"{self.scratch}/"):
                    subprocess.run(["umount", "--lazy", place], check=False)
            with contextlib.suppress(OSError):
                self.stop()
        # Nothing is deleted through a mount that could not be taken away.
        if not self.keep and f" {self.scratch}/" not in pathlib.Path("/proc/self/mounts").read_text():
            shutil.rmtree(self.scratch, ignore_errors=True)
