#!/usr/bin/env python3
"""`make real-use`: git, cargo, tar, rsync, vim, SQLite, dbench and a kernel's build on a FUSE mount, beside the same on the file system
below (uses.sh).

Always holds: afterwards the tree equals the S3 listing, and the store's check is clean; a whole run writes tests/results/real-use.json.
"""
import argparse
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from doors import s3, store, tree  # noqa: E402
from doors.report import save  # noqa: E402
from measure import results  # noqa: E402

LINE = re.compile(r"ok +real-use: (.*): ([0-9.]+) s, beside it ([0-9.]+) s, ratio ([0-9.]+)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slice", action="store_true", help="CI's size, without the kernel")
    parser.add_argument("--keep", action="store_true", help="keep the data directory")
    arguments = parser.parse_args()
    uses, failed = [], 0
    with store.Store(keep=arguments.keep) as one:
        machine = results.machine(one.scratch)
        command = ["bash", HERE / "uses.sh", one.place, one.beside, "slice" if arguments.slice else "whole"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                print(line, end="", flush=True)
                if found := LINE.match(line):
                    uses.append({"use": found.group(1), "seconds": float(found.group(2)), "beside_seconds": float(found.group(3)),
                                 "ratio": float(found.group(4))})
                failed += line.startswith("FAILED ")
        failed = max(failed, 1 if process.returncode else 0)
        if not store.STANDIN:
            client = one.client()
            try:
                count = tree.same(one.place, s3.Bucket(client, one.bucket))
                print(f"ok      real-use: the tree of {count} names equals the S3 listing", flush=True)
                one.check()
            except AssertionError as error:
                failed += 1
                print(f"FAILED  real-use: the tree equals the S3 listing\n{error}", flush=True)
    if not arguments.slice and not store.STANDIN:
        save("real-use", {"machine": machine, "failed": failed, "uses": uses})
    print(f"real-use: {len(uses)} passed, {failed} failed", flush=True)
    sys.exit(1 if failed or not uses else 0)


if __name__ == "__main__":
    main()
