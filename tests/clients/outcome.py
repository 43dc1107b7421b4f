#!/usr/bin/env python3
"""Writes tests/results/clients.json from the log of a run of every client, and shows it in README.md.

Always holds: reads the lines `ok      CLIENT: CHECK` and `FAILED  CLIENT: CHECK`; every check's outcome is in the file.
"""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

import readme  # noqa: E402
from measure import results  # noqa: E402

LINE = re.compile(r"(ok|FAILED) +([^:]+): (.*)")
VERSIONS = {"aws": ["/usr/bin/aws", "--version"], "rclone": ["/usr/bin/rclone", "version"],
            "s3cmd": ["/usr/bin/s3cmd", "--version"], "restic": ["/usr/bin/restic", "version"]}


def version(client):
    """The number in what the client says of itself; boto3's is in its name."""
    said = client
    if client in VERSIONS:
        done = subprocess.run(VERSIONS[client], capture_output=True, text=True)
        said = done.stdout + done.stderr
    found = re.search(r"\d+(\.\d+)+", said)
    return found.group(0) if found else "unknown"


def main():
    checks = {}
    for line in pathlib.Path(sys.argv[1]).read_text(errors="replace").splitlines():
        found = LINE.match(line)
        if found:
            outcome, client, check = found.groups()
            checks.setdefault(client, {})[check] = "passed" if outcome == "ok" else "failed"
    clients = [{"client": client.split()[0], "version": version(client),
                "passed": sum(outcome == "passed" for outcome in outcomes.values()),
                "failed": sum(outcome == "failed" for outcome in outcomes.values()), "outcomes": outcomes}
               for client, outcomes in checks.items()]
    results.write(results.DIRECTORY / "clients.json",
                  {"suite": "clients", "date": results.now(), "commit": results.commit(), "clients": clients})
    readme.render(check=False)


if __name__ == "__main__":
    main()
