"""The servers of a benchmark, each started on an empty directory and bound to 127.0.0.1.

Every one has: `name`; `durability`, what an acknowledged PUT rests on, in words; `durable`, whether PUTs are compared with ours;
`missing()`, why it can't run here, or None; `version()`; `start(directory)`; `pids()`; `address`, `access_key`, `secret_key`;
`stop()`. Installed by `tests/bench/peers.sh`.
"""
import os
import pathlib

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "trefoil" / "peers"


def all_servers(path):
    """Every server in the order in which they run, ours first."""
    from . import garage, minio, nginx, radosgw, ours
    return [ours.Trefoil(path), minio.Minio(), garage.Garage(), radosgw.RadosGateway(), nginx.Nginx()]
