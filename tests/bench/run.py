#!/usr/bin/env python3
"""`make bench`: Trefoil and its peers under the same load in one run, with the goals judged.

Each server in turn is started on an empty directory, loaded by `trefoil bench s3`, and stopped. Peers that the machine does not have
are named and left out; `tests/bench/peers.sh` installs them.

Always holds: a body that is not what was put, or an error of ours, fails the run (exit 1), as does a goal missed by more than twice.
A full run writes tests/results/bench.json, which readme.py renders into README.md.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import matrix  # noqa: E402
import readme  # noqa: E402
import report  # noqa: E402
import servers  # noqa: E402
import verdict  # noqa: E402
from measure import process, results, trefoil  # noqa: E402
from measure.show import say  # noqa: E402

RESULTS = results.DIRECTORY / "bench.json"
FREE_BYTES_MIN = 32 << 30
# Above this load another's work is measured as well.
LOAD_MAX = 0.5


def md5_rate(seconds):
    """MiB/s of MD5 on one core, by OpenSSL. None where there is no openssl."""
    if shutil.which("openssl") is None:
        return None
    done = subprocess.run(["openssl", "speed", "-mr", "-elapsed", "-seconds", str(seconds), "-bytes", "65536", "md5"],
                          capture_output=True, text=True)
    found = re.search(r"^\+F:\d+:md5:([\d.]+)", done.stdout, re.MULTILINE)
    return float(found.group(1)) / (1 << 20) if found else None


def run_server(binary, server, shapes, directory):
    """A server's description and rows."""
    home = directory / server.name
    home.mkdir()
    try:
        server.start(home)
        process.settle(server.pids())
        description = {"name": server.name, "version": server.version(), "durability": server.durability,
                       "durable": server.durable, "static": server.static,
                       "idle_resident_bytes": process.resident_bytes(server.pids())}
        rows = matrix.measure(binary, server, shapes)
        description["resident_bytes_after"] = process.resident_bytes(server.pids())
        description["peak_resident_bytes"] = process.peak_resident_bytes(server.pids())
        return description, rows
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
        # What one server left to be written is not to slow the next.
        os.sync()


def run(arguments, binary):
    names = arguments.servers.split(",") if arguments.servers else ["trefoil", "nginx"] if arguments.quick else None
    known = servers.all_servers(binary)
    unknown = set(names or ()) - {server.name for server in known}
    if unknown:
        raise SystemExit(f"--servers: there is no {', '.join(sorted(unknown))}")
    chosen = [server for server in known if names is None or server.name in names]
    absent = [{"name": server.name, "why": server.missing()} for server in chosen if server.missing()]
    for server in absent:
        say(f"{server['name']} is left out: {server['why']}")
    if any(server["name"] == "trefoil" for server in absent):
        raise SystemExit(f"{binary} is not there; run `make build`, or set TREFOIL_BIN")
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-", dir=arguments.directory) as scratch:
        free = shutil.disk_usage(scratch).free
        if not arguments.quick and free < FREE_BYTES_MIN:
            raise SystemExit(f"{scratch} has {free >> 30} GiB free; the run needs {FREE_BYTES_MIN >> 30}: give --directory")
        document = {"suite": "bench", "date": results.now(), "commit": results.commit(), "quick": arguments.quick,
                    "machine": results.machine(scratch), "absent": absent, "servers": [], "rows": []}
        if document["machine"]["load_average_at_start"] > LOAD_MAX:
            say(f"warning: the machine is busy (load {document['machine']['load_average_at_start']}); "
                "rates and latencies will be worse than they are")
        seconds = 1 if arguments.quick else 3
        # Before and after, because the machine's clock rate and its neighbours change; the wall is the faster.
        rates = [md5_rate(seconds)]
        for server in chosen:
            if server.missing():
                continue
            started = time.monotonic()
            try:
                description, rows = run_server(binary, server, matrix.QUICK if arguments.quick else matrix.FULL,
                                               pathlib.Path(scratch))
            except Exception as error:
                # A peer that can't be started or breaks down is named, and the others are measured.
                if server.name == "trefoil":
                    raise
                say(f"{server.name} broke down: {error}")
                document["absent"].append({"name": server.name, "why": f"broke down: {str(error).splitlines()[0]}"})
                continue
            say(f"{server.name}: done in {time.monotonic() - started:.0f} s")
            document["servers"].append(description)
            document["rows"] += rows
        rates.append(md5_rate(seconds))
        document["md5_mebibytes_per_second"] = max((rate for rate in rates if rate), default=None)
    document["goals"] = [goal.json() for goal in verdict.goals(document)]
    document["broken"] = verdict.broken(document)
    return document


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="less than 40 s, Trefoil and nginx only, no goals: for make test")
    parser.add_argument("--servers", help="names, separated by commas [default: all that are installed]")
    parser.add_argument("--directory", help="where the servers' directories are made [default: the temporary directory]")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--output", type=pathlib.Path, help=f"results file [default: {RESULTS}, for a full run of all servers]")
    parser.add_argument("--readme", action="store_true", help="after a full run, show its figures in README.md")
    arguments = parser.parse_args()
    document = run(arguments, trefoil.binary())
    output = arguments.output or (None if arguments.quick or arguments.servers else RESULTS)
    if output:
        results.write(output, document)
        say(f"written: {output}")
    if arguments.readme and output == RESULTS:
        readme.render(check=False)
    judged = not arguments.quick
    if arguments.json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        print(report.all_rows(document))
        if judged:
            print("\n" + report.goals(document))
    for sentence in document["broken"]:
        say(f"BROKEN: {sentence}")
    far = [goal for goal in verdict.goals(document) if judged and goal.fails()]
    for goal in far:
        say(f"missed by more than twice: {goal.name}")
    return 1 if document["broken"] or far else 0


if __name__ == "__main__":
    sys.exit(main())
