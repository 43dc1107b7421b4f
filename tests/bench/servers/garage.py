"""Garage, one node with one copy, with both of its syncs on: the nearest to what the others promise."""
import re
import secrets
import subprocess

from measure import process, wire

from . import CACHE

CONFIG = """\
metadata_dir = "{directory}/meta"
data_dir = "{directory}/data"
db_engine = "lmdb"
replication_factor = 1
metadata_fsync = true
data_fsync = true
rpc_bind_addr = "127.0.0.1:{rpc}"
rpc_public_addr = "127.0.0.1:{rpc}"
rpc_secret = "{secret}"

[s3_api]
s3_region = "us-east-1"
api_bind_addr = "{address}"
root_domain = ".s3.garage.localhost"
"""


class Garage:
    name = "garage"
    durability = "metadata_fsync and data_fsync on"
    durable = True
    static = False
    binary = CACHE / "bin" / "garage"
    # The form that Garage demands.
    access_key, secret_key = "GK" + "b0" * 12, "5e" * 32

    def __init__(self):
        self.process = None

    def missing(self):
        return None if self.binary.exists() else "not installed (tests/bench/peers.sh)"

    def version(self):
        text = subprocess.run([self.binary, "--version"], capture_output=True, text=True).stdout
        found = re.search(r"garage v?(\S+)", text)
        return f"garage {found.group(1)}" if found else "garage of unknown version"

    def start(self, directory):
        self.address = f"127.0.0.1:{process.free_port()}"
        config, log = directory / "garage.toml", directory / "garage.log"
        config.write_text(CONFIG.format(directory=directory, rpc=process.free_port(), secret=secrets.token_hex(32),
                                        address=self.address))
        config.chmod(0o600)

        def command(*words):
            done = subprocess.run([self.binary, "-c", config, *words], capture_output=True, text=True, timeout=60)
            return done.stdout.strip() if done.returncode == 0 else None

        def required(*words):
            said = command(*words)
            if said is None:
                raise RuntimeError(f"garage {' '.join(words)} failed; see {log}")
            return said
        self.process = process.start([self.binary, "-c", config, "server"], log)
        process.wait_until("garage", lambda: command("status") is not None, self.process, log)
        node = required("node", "id", "-q").partition("@")[0]
        required("layout", "assign", "-z", "bench", "-c", "100G", node)
        required("layout", "apply", "--version", "1")
        required("key", "import", "--yes", "-n", "bench", self.access_key, self.secret_key)
        required("key", "allow", "--create-bucket", self.access_key)
        process.wait_until("garage", lambda: wire.answers(self), self.process, log)

    def pids(self):
        return [self.process.pid]

    def stop(self):
        if self.process:
            process.stop(self.process)
