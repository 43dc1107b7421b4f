"""Our server as a process on a directory of its own."""
import json
import os
import pathlib
import re
import subprocess

from . import process, wire

ACCESS_KEY, SECRET_KEY = "TREFOILBENCHKEY00001", "trefoil/bench+secret=0123456789abcdefghi"
READY_LINE = re.compile(r"ready s3=(\S+) admin=(\S+)")


def binary():
    """`TREFOIL_BIN`, or the release build where make leaves it."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or cache / "trefoil" / "target")
    return pathlib.Path(os.environ.get("TREFOIL_BIN") or target / "release" / "trefoil")


def version(path):
    return subprocess.run([path, "--version"], check=True, capture_output=True, text=True).stdout.strip()


class Server:
    """`trefoil serve`; may be stopped and started again on the same directory."""

    def __init__(self, path, directory):
        self.path, self.directory = path, pathlib.Path(directory)
        self.data = self.directory / "data"
        self.keys = wire.Keys(ACCESS_KEY, SECRET_KEY)
        self.process = None

    def start(self):
        log = self.directory / "trefoil.log"
        environment = dict(os.environ, TREFOIL_ACCESS_KEY_ID=ACCESS_KEY, TREFOIL_SECRET_ACCESS_KEY=SECRET_KEY)
        command = [self.path, "serve", "--data-dir", self.data, "--s3-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
        self.process = process.start(command, log, env=environment, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        ready = READY_LINE.match(line)
        if not ready:
            self.stop()
            raise RuntimeError(f"trefoil is not ready: {line!r}\n{log.read_text(errors='replace')[-2000:]}")
        self.address, self.admin = ready.group(1), ready.group(2)
        return self

    def pids(self):
        return [self.process.pid]

    def client(self, **options):
        return wire.Client(self.address, self.keys, **options)

    def metric(self, name):
        """One sample without labels from /_/metrics."""
        client = wire.Client(self.admin, self.keys)
        try:
            text = client.call("GET", "/_/metrics").decode()
        finally:
            client.close()
        found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
        if not found:
            raise RuntimeError(f"/_/metrics has no {name}")
        return float(found.group(1))

    def check(self):
        """What `trefoil check` says of the stopped or running store; raises where it is not clean."""
        done = subprocess.run([self.path, "check", "--data-dir", self.data, "--json"], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"trefoil check: exit {done.returncode}: {done.stdout[-1000:]} {done.stderr[-1000:]}")
        return json.loads(done.stdout)

    def stop(self):
        if self.process is not None:
            process.stop(self.process)
            if self.process.stdout:
                self.process.stdout.close()
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
