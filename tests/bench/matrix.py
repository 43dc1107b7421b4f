"""What is measured on each server, and how the load generator is called for it.

Always holds: every server gets the same calls in the same order; PUT makes new objects as long as the bound on the disk allows;
GET, HEAD and LIST run over a bucket that was filled before; every GET but nginx's is compared with what was put.
"""
import dataclasses
import json
import os
import subprocess

from measure import process
from measure.show import say, size

KIB, MIB = 1 << 10, 1 << 20
# Beyond the phase's duration: a load generator that is stuck is a failure, not a wait.
GRACE_SECONDS = 600
# The kernel counts CPU in ticks of 10 ms: of less than this nothing can be said.
CPU_SECONDS_MIN = 0.05


@dataclasses.dataclass(frozen=True)
class Shape:
    """One size of objects."""
    size: int
    clients: tuple
    # Objects that GET, HEAD and LIST run over.
    filled: int
    # Distinct objects of a PUT: it begins again behind them, so they bound the disk's use.
    put: int
    # Seconds of one phase.
    put_seconds: float
    get_seconds: float
    other_seconds: float
    # At most so long a wait for what the phase before left to be done in the background.
    settle_seconds: float = 10


FULL = [
    Shape(4 * KIB, (1, 16, 64), 10_000, 1_000_000, 5, 4, 3),
    Shape(1 * MIB, (1, 16, 64), 256, 2048, 4, 4, 1),
    Shape(64 * MIB, (1, 4, 16, 64), 16, 64, 5, 4, 1),
]
QUICK = [
    Shape(4 * KIB, (1, 16), 1_000, 100_000, 1, 1, 0.5, 1),
    Shape(1 * MIB, (16,), 32, 256, 1, 1, 0.5, 1),
    Shape(64 * MIB, (1,), 2, 4, 1, 1, 0.5, 1),
]


class Generator:
    """`trefoil bench s3` against one server."""

    def __init__(self, binary, server):
        self.binary, self.server = binary, server
        self.environment = dict(os.environ, AWS_ACCESS_KEY_ID=server.access_key, AWS_SECRET_ACCESS_KEY=server.secret_key)

    def run(self, bucket, operations, shape, clients, objects, seconds, flags=()):
        """One call: its report. Errors of the server are in the report; a load generator that fails otherwise is an exception."""
        command = [self.binary, "bench", "s3", "--endpoint", f"http://{self.server.address}", "--bucket", bucket,
                   "--operations", ",".join(operations), "--size", str(shape.size), "--clients", str(clients),
                   "--objects", str(objects), "--duration", str(seconds), "--json", *flags]
        for pid in self.server.pids():
            command += ["--server-pid", str(pid)]
        done = subprocess.run([str(word) for word in command], env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=seconds * len(operations) + GRACE_SECONDS)
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise RuntimeError(f"{' '.join(map(str, command[1:]))}: exit {done.returncode}: {done.stderr[-1500:]}") from None


def measure(binary, server, shapes):
    """All rows of a server that runs."""
    generator, rows = Generator(binary, server), []

    def add(report, shape):
        for measured in report["operations"]:
            cpu = measured["server_cpu_microseconds_per_operation"]
            if cpu is not None and cpu * measured["count"] < CPU_SECONDS_MIN * 1e6:
                measured["server_cpu_microseconds_per_operation"] = None
            row = {"server": server.name, "size_bytes": shape.size, "clients": report["clients"], **measured}
            if measured["operation"] == "list":
                row["keys_in_page"] = min(1000, shape.filled)
            rows.append(row)
            for code, count in measured["errors"].items():
                say(f"{server.name}: {count} × {code} in {measured['operation']} of {size(shape.size)}")
    for shape in shapes:
        bucket = f"bench-{shape.size}"
        say(f"{server.name}: {size(shape.size)}")
        if server.static:
            server.lay_down(bucket, shape.size, shape.filled)
            for clients in shape.clients:
                flags = ("--reuse", "--keep", "--no-compare")
                add(generator.run(bucket, ["get"], shape, clients, shape.filled, shape.get_seconds, flags), shape)
                add(generator.run(bucket, ["head"], shape, clients, shape.filled, shape.other_seconds, flags), shape)
            continue
        # Fills the bucket: a GET that is not measured needs the objects, and puts them first.
        fill_clients = min(64, shape.filled)
        generator.run(bucket, ["head"], shape, fill_clients, shape.filled, 0.1, ("--keep",))
        for clients in shape.clients:
            process.settle(server.pids(), shape.settle_seconds)
            flags = ("--reuse", "--keep")
            add(generator.run(bucket, ["get"], shape, clients, shape.filled, shape.get_seconds, flags), shape)
            add(generator.run(bucket, ["head", "list"], shape, clients, shape.filled, shape.other_seconds, flags), shape)
        for clients in shape.clients:
            process.settle(server.pids(), shape.settle_seconds)
            own = f"{bucket}-c{clients}"
            add(generator.run(own, ["put"], shape, clients, shape.put, shape.put_seconds, ("--keep",)), shape)
            written = min(shape.put, rows[-1]["count"])
            process.settle(server.pids(), shape.settle_seconds)
            if written:
                add(generator.run(own, ["delete"], shape, clients, written, shape.other_seconds, ("--reuse", "--keep")), shape)
    return rows
