"""MinIO on one drive. A PUT syncs its file under a temporary name and renames it; the directory is not synced."""
import os
import re
import subprocess

from measure import process, wire

from . import CACHE


class Minio:
    name = "minio"
    durability = "file synced, its name not"
    durable = True
    static = False
    access_key, secret_key = "minio-bench-key", "minio-bench-secret-0123456789"
    binary = CACHE / "bin" / "minio"
    module = "github.com/minio/minio"

    def __init__(self):
        self.process = None

    def missing(self):
        return None if self.binary.exists() else "not installed (tests/bench/peers.sh)"

    def version(self):
        # Built from the module proxy, `minio --version` says DEVELOPMENT; the binary knows the module's version.
        text = subprocess.run(["go", "version", "-m", self.binary], capture_output=True, text=True).stdout
        found = re.search(rf"\tmod\t{re.escape(self.module)}\t(\S+)", text)
        return f"minio {found.group(1)}" if found else "minio of unknown version"

    def start(self, directory):
        port, console = process.free_port(), process.free_port()
        self.address = f"127.0.0.1:{port}"
        data, log = directory / "data", directory / "minio.log"
        data.mkdir()
        # Nothing of a user's configuration, and no look outside for updates.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MINIO_")}
        environment.update(MINIO_ROOT_USER=self.access_key, MINIO_ROOT_PASSWORD=self.secret_key, MINIO_BROWSER="off",
                           MINIO_UPDATE="off", MINIO_CALLHOME_ENABLE="off", HOME=str(directory))
        command = [self.binary, "server", "--quiet", "--address", self.address, "--console-address", f"127.0.0.1:{console}",
                   "--certs-dir", directory / "certs", data]
        self.process = process.start(command, log, env=environment)
        process.wait_until("minio", lambda: wire.answers(self), self.process, log)

    def pids(self):
        return [self.process.pid]

    def stop(self):
        if self.process:
            process.stop(self.process)
