"""The NFS servers that are loaded: ours, nfs-ganesha by NFSv4.1, and nfsserve, which ours is instead of.

Each is a context and has `name`, `address`, `export`, `pid` and `io`, the word of `nfs_load` for its protocol; `has_getattr`, whether
GETATTR is counted, and how many calls.

Always holds: bound to 127.0.0.1; what was started is ended by its process id.
"""
import os
import pathlib
import shutil
import socket

from doors.store import AS_ROOT, Store
from measure import process
from places import scratch

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "trefoil" / "peers"

GANESHA = """
NFS_CORE_PARAM {{ Protocols = 4; NFS_Port = {port}; Bind_addr = 127.0.0.1; Enable_NLM = false; Enable_RQUOTA = false; }}
NFSv4 {{ Graceless = true; RecoveryBackend = fs; RecoveryRoot = {state}; }}
EXPORT {{ Export_Id = 1; Path = {data}; Pseudo = /files; Access_Type = RW; Squash = No_Root_Squash; SecType = sys; Protocols = 4;
          MaxRead = 1048576; MaxWrite = 1048576; FSAL {{ Name = VFS; }} }}
LOG {{ Default_Log_Level = WARN; }}
"""


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Ours:
    name = "trefoil"
    io = "io"
    getattr_calls = 1_000_000

    @classmethod
    def missing(cls):
        return None

    def __init__(self):
        self.store = Store(mount=False, export=True, export_options=AS_ROOT)

    def __enter__(self):
        self.store.__enter__()
        self.address, self.export, self.pid = self.store.nfs_address, self.store.export_path, self.store.process.pid
        return self

    def __exit__(self, *ended):
        self.store.__exit__(*ended)


class Ganesha:
    """Debian's, on a directory of the same disk."""
    name = "nfs-ganesha"
    io = "io4"
    export = "/files"
    getattr_calls = None
    program = "/usr/bin/ganesha.nfsd"

    @classmethod
    def missing(cls):
        return None if os.path.exists(cls.program) else "nfs-ganesha is not installed (tests/files/bench/peers.sh)"

    def __enter__(self):
        self.scratch = scratch("ganesha")
        data, state, log = self.scratch / "data", self.scratch / "state", self.scratch / "log"
        data.mkdir()
        state.mkdir()
        port = process.free_port()
        settings = self.scratch / "ganesha.conf"
        settings.write_text(GANESHA.format(port=port, data=data, state=state))
        command = [self.program, "-F", "-L", log, "-f", settings, "-p", self.scratch / "pid"]
        self.process = process.start(command, log)
        self.address, self.pid = f"127.0.0.1:{port}", self.process.pid
        process.wait_until(self.name, lambda: listens(port), self.process, log)
        return self

    def __exit__(self, *_):
        process.stop(self.process)
        shutil.rmtree(self.scratch, ignore_errors=True)


class Nfsserve:
    """The crate with one file in memory: nothing below it costs anything."""
    name = "nfsserve"
    io = "io"
    export = "/"
    # Each call costs more than the one before: a million would take hours.
    getattr_calls = 40_000
    version = "0.11.0"
    program = CACHE / "bin" / f"nfsserve-{version}"

    @classmethod
    def missing(cls):
        return None if cls.program.exists() else "not built (tests/files/bench/peers.sh)"

    def __enter__(self):
        self.scratch = scratch("nfsserve")
        log, port = self.scratch / "log", process.free_port()
        self.address = f"127.0.0.1:{port}"
        self.process = process.start([self.program, self.address], log)
        self.pid = self.process.pid
        process.wait_until(self.name, lambda: listens(port), self.process, log)
        return self

    def __exit__(self, *_):
        process.stop(self.process)
        shutil.rmtree(self.scratch, ignore_errors=True)
