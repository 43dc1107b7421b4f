#!/usr/bin/env python3
"""`make bench-files`: the file doors under load in one run, beside a file system in memory that is mounted the same way (the floor),
s3fs, the disk's own file system and nfs-ganesha, with the goals judged.

CPU counts of everybody who works on a request: of the program and of what serves it. Peers that the machine does not have are named and
left out; `tests/files/bench/peers.sh` installs them.

Always holds: what is read is compared with what was written, and an error of ours ends the run with status 1, as does a goal that is
missed by more than twice. A full run writes tests/results/bench-files.json, which tests/bench/readme.py renders into README.md.
"""
import argparse
import json
import os
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(TESTS / "files"), str(TESTS / "bench")]

import aims  # noqa: E402
import nfs_servers  # noqa: E402
import places  # noqa: E402
import readme  # noqa: E402
import work  # noqa: E402
from doors.store import scratch_root  # noqa: E402
from doors.tools import must  # noqa: E402
from measure import files as shown  # noqa: E402
from measure import results, trefoil  # noqa: E402
from measure.goals import HEADS, from_json  # noqa: E402
from measure.show import say, table  # noqa: E402

RESULTS = results.DIRECTORY / "bench-files.json"
# Above this load another's work is measured as well.
LOAD_MAX = 0.5
NFS_MEBIBYTES, QUICK_NFS_MEBIBYTES, QUICK_GETATTR = 512, 8, 1_000
# The first 5,000 calls take a fiftieth of a second: so they are those of several servers, of which the median counts.
FRESH_SERVERS = 4
PARTS = ["files", "s3fs", "everyday", "nfs"]


def examples():
    """Where the workload programs are: `TREFOIL_EXAMPLES`, or beside the binary, as cargo leaves them."""
    return pathlib.Path(os.environ.get("TREFOIL_EXAMPLES") or trefoil.binary().parent / "examples")


def version_of(package):
    """Of a package of Debian's."""
    return must(["dpkg-query", "-W", "-f", "${Version}", package], 60).strip()


def nfs(document, quick):
    kinds = [nfs_servers.Ours, *([] if quick else [nfs_servers.Ganesha, nfs_servers.Nfsserve])]
    program, mebibytes = examples() / "nfs_load", QUICK_NFS_MEBIBYTES if quick else NFS_MEBIBYTES

    def load(server, *words):
        return json.loads(must([program, "--pid", server.pid, server.address, server.export, *words], work.WORK_SECONDS))
    present = []
    for kind in kinds:
        if kind.missing():
            say(f"{kind.name} is left out: {kind.missing()}")
            document["absent"].append({"name": kind.name, "why": kind.missing()})
        else:
            present.append(kind)
    for kind in present:
        if kind.getattr_calls:
            calls = QUICK_GETATTR if quick else kind.getattr_calls
            with kind() as server:
                found = load(server, "getattr", calls)
            firsts = [found["first"]]
            for _ in range(0 if quick else FRESH_SERVERS):
                with kind() as server:
                    firsts.append(load(server, "getattr", found["window"])["first"])
            found["first"] = sorted(firsts, key=lambda first: first["server_cpu_seconds"])[len(firsts) // 2]
            document["getattr"].append({"server": kind.name, "calls": calls, **found})
            first, after = aims.getattr_rates(found)
            say(f"{kind.name}: {first:,.0f} GETATTR per CPU-second at first, {after:,.0f} after {calls:,}")
    for _ in range(1 if quick else work.FULL.rounds):
        for kind in present:
            # Each round on a server that was just started: what is compared has no past.
            with kind() as server:
                # Twice: in the socket's buffers and in the server's memory.
                work.touch_memory(3 * mebibytes)
                row = {"server": kind.name, **load(server, kind.io, mebibytes)}
            document["nfs"].append(row)
            say(f"{kind.name}: CPU of the server per MiB: WRITE {row['write']['server_cpu_seconds'] * 1e3 / mebibytes:.2f} ms, "
                f"READ {row['read']['server_cpu_seconds'] * 1e3 / mebibytes:.2f} ms")


def run(arguments):
    quick, parts = arguments.quick, arguments.only.split(",") if arguments.only else PARTS
    if set(parts) - set(PARTS):
        raise SystemExit(f"--only: known are {', '.join(PARTS)}")
    sizes = work.QUICK if quick else work.FULL
    for program in (trefoil.binary(), examples() / "memory_fs", examples() / "file_load", examples() / "nfs_load"):
        if not program.exists():
            raise SystemExit(f"{program} is not there; run `make bench-files`, or set TREFOIL_BIN and TREFOIL_EXAMPLES")
    document = {"suite": "bench-files", "date": results.now(), "commit": results.commit(), "quick": quick,
                "machine": results.machine(scratch_root()), "versions": {"trefoil": trefoil.version(trefoil.binary())}, "absent": [],
                "rows": [], "everyday": [], "getattr": [], "nfs": []}
    load = document["machine"]["load_average_at_start"]
    if load > LOAD_MAX and not quick:
        say(f"warning: the machine is busy (load {load}); the figures will be worse than they are")
    goals = []
    if "files" in parts:
        with places.Floor(examples()) as floor, places.Ours() as ours:
            document["rows"] += work.files(ours, floor, examples(), sizes)
    if "s3fs" in parts and not quick:
        if places.S3fs.missing():
            document["absent"].append({"name": "s3fs", "why": places.S3fs.missing()})
        else:
            document["versions"]["s3fs"] = version_of("s3fs")
            with places.S3fs() as s3fs:
                document["rows"] += work.s3fs(s3fs, examples(), sizes)
    if "files" in parts:
        goals += aims.files(document["rows"])
    if "everyday" in parts:
        with places.Disk() as disk, places.Ours() as ours:
            document["everyday"] = work.everyday(ours, disk, sizes)
        goals += aims.everyday(document["everyday"])
    if "nfs" in parts:
        nfs(document, quick)
        if not quick and not nfs_servers.Ganesha.missing():
            document["versions"]["nfs-ganesha"] = version_of("nfs-ganesha")
        if not quick and not nfs_servers.Nfsserve.missing():
            document["versions"]["nfsserve"] = nfs_servers.Nfsserve.version
        goals += aims.nfs(document["nfs"], document["getattr"])
    # The quick run's sizes say nothing of speed.
    document["goals"] = [] if quick else [goal.json() for goal in goals]
    return document


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="sizes of seconds, no peers, no goals: for make test")
    parser.add_argument("--only", help=f"parts, separated by commas: {', '.join(PARTS)} [default: all]")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--output", type=pathlib.Path, help=f"results file [default: {RESULTS}, for a whole run]")
    parser.add_argument("--readme", action="store_true", help="after a whole run, show its figures in README.md")
    arguments = parser.parse_args()
    document = run(arguments)
    output = arguments.output or (None if arguments.quick or arguments.only else RESULTS)
    if output:
        results.write(output, document)
        say(f"written: {output}")
    if arguments.readme and output == RESULTS:
        readme.render(check=False)
    goals = [from_json(goal) for goal in document["goals"]]
    if arguments.json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        print(shown.all_rows(document))
        if goals:
            print("\n" + table(HEADS, [goal.row() for goal in goals]))
    far = [goal for goal in goals if goal.fails()]
    for goal in far:
        say(f"missed by more than twice: {goal.name}")
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
