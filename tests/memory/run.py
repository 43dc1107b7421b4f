#!/usr/bin/env python3
"""`make memory`: the server's resident memory, idle and under many large transfers at once.

64 clients upload 256 MiB each at the same time, then download them at the same time; the peak is the kernel's VmHWM.

Always holds: every upload's ETag is the MD5 of what was sent, every byte that is downloaded is compared with it; a difference or an
error of the server fails the run (exit 1), as does a figure beyond its bound: these are conditions. The quick run's bound is one
that a server would break that keeps whole bodies: it is a fraction of what is moved.
"""
import argparse
import hashlib
import json
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

import readme  # noqa: E402
from measure import process, results, trefoil  # noqa: E402
from measure.goals import HEADS, Goal  # noqa: E402
from measure.show import mib, number, say, table  # noqa: E402

RESULTS = results.DIRECTORY / "memory.json"
IDLE_BYTES_MAX, BUSY_BYTES_MAX = 64 << 20, 400 << 20
# 16 bodies of 32 MiB are 512 MiB; a build without optimisation takes 72.
QUICK_BUSY_BYTES_MAX = 128 << 20
BUCKET = "memory"
PIECE = 1 << 20
# A prime below 1 MiB, so that no block of the store has the content of another.
PATTERN_BYTES = 1_048_573


class Content:
    """One body that all clients send, made of a repeated pattern."""

    def __init__(self, size):
        self.size = size
        pattern = random.Random(20_261_123).randbytes(PATTERN_BYTES)
        # Any piece is one slice of this.
        self.doubled = pattern + pattern + pattern
        digest = hashlib.md5()
        for piece in self.pieces():
            digest.update(piece)
        self.etag = digest.hexdigest()

    def piece(self, offset, length):
        start = offset % PATTERN_BYTES
        return self.doubled[start:start + length]

    def pieces(self):
        for offset in range(0, self.size, PIECE):
            yield self.piece(offset, min(PIECE, self.size - offset))


def upload(server, number_, content):
    client = server.client(timeout=600)
    try:
        response = client.send("PUT", f"/{BUCKET}/object-{number_}", body=content.pieces(), length=content.size)
        text = response.read()
        if response.status != 200:
            raise RuntimeError(f"upload {number_}: {response.status} {text[:300]!r}")
        etag = response.headers["etag"]
        if etag != f'"{content.etag}"':
            raise RuntimeError(f"upload {number_}: ETag {etag}, not {content.etag}")
    finally:
        client.close()


def download(server, number_, content):
    client = server.client(timeout=600)
    try:
        response = client.send("GET", f"/{BUCKET}/object-{number_}")
        if response.status != 200:
            raise RuntimeError(f"download {number_}: {response.status} {response.read(300)!r}")
        offset = 0
        while piece := response.read1(PIECE):
            if piece != content.piece(offset, len(piece)):
                raise RuntimeError(f"download {number_}: other bytes than were sent, in the {len(piece)} from {offset}")
            offset += len(piece)
        if offset != content.size:
            raise RuntimeError(f"download {number_}: {offset} bytes of {content.size}")
    finally:
        client.close()


def together(server, transfer, clients, content):
    """All clients at once. Seconds, the peak while they ran, and what went wrong."""
    errors = []
    barrier = threading.Barrier(clients)

    def one(number_):
        try:
            barrier.wait(60)
            transfer(server, number_, content)
        except Exception as error:  # every fault of a client is the run's
            errors.append(str(error) or repr(error))
    process.forget_peak(server.process.pid)
    started = time.monotonic()
    threads = [threading.Thread(target=one, args=(number_,)) for number_ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seconds": round(time.monotonic() - started, 3),
            "peak_resident_bytes": process.peak_resident_bytes(server.pids()),
            "resident_bytes_after": process.resident_bytes(server.pids())}, errors


def run(arguments):
    clients, size = (16, 32 << 20) if arguments.quick else (64, 256 << 20)
    with tempfile.TemporaryDirectory(prefix="trefoil-memory-", dir=arguments.directory) as scratch:
        free, needed = shutil.disk_usage(scratch).free, clients * size + (2 << 30)
        if free < needed:
            raise SystemExit(f"{scratch} has {free >> 30} GiB free; the run needs {needed >> 30}: give --directory")
        binary = trefoil.binary()
        document = {"suite": "memory", "date": results.now(), "commit": results.commit(), "quick": arguments.quick,
                    "version": trefoil.version(binary), "machine": results.machine(scratch), "clients": clients,
                    "size_bytes": size, "broken": []}
        content = Content(size)
        with trefoil.Server(binary, scratch) as server:
            process.settle(server.pids())
            document["idle_resident_bytes"] = process.resident_bytes(server.pids())
            say(f"idle: {mib(document['idle_resident_bytes'])} MiB")
            client = server.client()
            client.call("PUT", f"/{BUCKET}")
            client.close()
            for name, transfer in (("upload", upload), ("download", download)):
                document[name], errors = together(server, transfer, clients, content)
                document["broken"] += errors
                rate = clients * size / document[name]["seconds"] / (1 << 20)
                say(f"{name}: {clients} × {size >> 20} MiB, {number(rate)} MiB/s, "
                    f"at most {mib(document[name]['peak_resident_bytes'])} MiB")
                if errors:
                    break
    busy = QUICK_BUSY_BYTES_MAX if arguments.quick else BUSY_BYTES_MAX
    goals = [Goal("idle", "MiB", IDLE_BYTES_MAX >> 20, document["idle_resident_bytes"] / (1 << 20), True, condition=True)]
    for name in ("upload", "download"):
        if name in document:
            goals.append(Goal(f"{clients} {name}s of {size >> 20} MiB", "MiB", busy >> 20,
                              document[name]["peak_resident_bytes"] / (1 << 20), True, condition=True))
    document["goals"] = [goal.json() for goal in goals]
    return document, goals


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="16 clients with 32 MiB each: for make test")
    parser.add_argument("--directory", help="where the server's directory is made [default: the temporary directory]")
    parser.add_argument("--readme", action="store_true", help="after a full run, show its figures in README.md")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--output", type=pathlib.Path, help=f"results file [default: {RESULTS}, for a full run]")
    arguments = parser.parse_args()
    document, goals = run(arguments)
    output = arguments.output or (None if arguments.quick else RESULTS)
    if output:
        results.write(output, document)
        say(f"written: {output}")
    if arguments.readme and output == RESULTS:
        readme.render(check=False)
    if arguments.json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        print(table(HEADS, [goal.row() for goal in goals]))
    for sentence in document["broken"]:
        say(f"BROKEN: {sentence}")
    for goal in goals:
        if goal.fails():
            say(f"BROKEN: {goal.name}: {goal.row()[2]}, and the bound is {goal.row()[1]}")
    return 1 if document["broken"] or any(goal.fails() for goal in goals) else 0


if __name__ == "__main__":
    sys.exit(main())
