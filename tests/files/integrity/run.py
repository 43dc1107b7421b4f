#!/usr/bin/env python3
"""`make integrity`: fsx, fio, stress-ng and a storm of our own on a FUSE mount, and fsx through the Linux NFSv3 client.

After each, the tree that the mount shows equals the S3 listing, byte for byte, and the store's own check is clean.

Always holds: every tool verifies what it reads; a tool that is killed, hangs or is skipped fails its check. A whole run writes
tests/results/integrity.json; `--slice` is CI's size and writes nothing. FILES_SECONDS sets how long all stressors run together.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from doors import s3, store, tools, tree  # noqa: E402
from doors.report import Report  # noqa: E402
from storm.storm import Storm  # noqa: E402

SIZES = {"whole": {"fsx": 1_000_000, "fsx_nfs": 100_000, "fio_mib": 256, "stress": 600, "storm": 60, "names": 1_000_000},
         "slice": {"fsx": 5_000, "fsx_nfs": 0, "fio_mib": 16, "stress": 20, "storm": 5, "names": 3_000}}
# What CI has time for; the others run in the whole.
SLICE_STRESSORS = ["dir", "link", "rename", "symlink", "lockf", "flock", "xattr", "fallocate", "copy-file", "utime"]
# fsx 0.3.2 never unmaps what it has read by a map, and Linux lets a process have 65,530 maps: so it is started anew, with another seed.
FSX_AT_ONCE = 100_000
FIO_JOBS = 4
PROCESSES = 8
SEED = int(os.environ.get("FILES_SEED", "1"))
TOOL_SECONDS = 4 * 3600
# Beyond a stressor's own time, to come to an end.
STRESSOR_END_SECONDS = 120


def stressors():
    """Those that are run, and those that are left out with the reason; compared with what the program has."""
    run, left = [], {}
    for line in (HERE / "stressors.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, what, *reason = line.split("\t")
        if what == "run" and not reason:
            run.append(name)
        elif what == "leave" and len(reason) == 1 and name not in left:
            left[name] = reason[0]
        else:
            raise SystemExit(f"stressors.txt: {line!r} is neither run nor left with a reason")
    there = set()
    for kind in ("filesystem", "io"):
        _, output = tools.run(["stress-ng", "--class", f"{kind}?"], 60)
        there.update(re.search(r"stressors: (.*)", output).group(1).split())
    strange = there ^ (set(run) | set(left))
    if strange:
        raise store.Fault(f"in one of stress-ng and stressors.txt only: {sorted(strange)}")
    return run, left


def fsx(one, operations):
    """All of its operations verified; it says so itself."""
    directory = one.place / "fsx"
    directory.mkdir()
    for done in range(0, operations, FSX_AT_ONCE):
        count, seed = min(FSX_AT_ONCE, operations - done), SEED + done // FSX_AT_ONCE
        command = [tools.tool("fsx"), "-q", "-f", HERE / "fsx.toml", "-N", count, "-S", seed, "-P", one.beside, directory / f"file{seed}"]
        output = tools.must(command, TOOL_SECONDS, cwd=directory)
        assert "All operations completed A-OK" in output, f"seed {seed}: {output[-2000:]}"
        if operations > FSX_AT_ONCE:
            print(f"        {done + count:,} operations of fsx", flush=True)


def fsx_in_guest(one, operations):
    """The same over NFS. A new mount of it finds the same bytes as S3."""
    command = tools.guest(one, HERE / "guest-fsx.sh", tools.tool("fsx"), HERE / "fsx-nfs.toml", operations, SEED, timeout=TOOL_SECONDS)
    output = tools.must(command, TOOL_SECONDS + 60)
    assert "All operations completed A-OK" in output, output[-2000:]


def fio(place, mebibytes):
    """Random writes of four jobs, each read back and compared by its CRC."""
    directory = place / "fio"
    directory.mkdir()
    command = ["fio", "--name=verify", f"--directory={directory}", "--rw=randwrite", "--bssplit=4k/60:16k/20:5k/10:128k/10",
               "--bs_unaligned=1", f"--size={mebibytes}m", f"--numjobs={FIO_JOBS}", "--ioengine=psync", "--verify=crc32c", "--do_verify=1",
               "--verify_fatal=1", "--fsync=64", "--group_reporting", f"--randseed={SEED}"]
    output = tools.must(command, TOOL_SECONDS, cwd=directory)
    assert re.search(r"err= 0", output), output[-2000:]


def stress(place, name, seconds):
    directory = place / "stress"
    directory.mkdir(exist_ok=True)
    command = ["stress-ng", f"--{name}", 2, "--timeout", f"{seconds}s", "--temp-path", directory, "--verify", "--metrics-brief",
               "--seed", SEED, "--oomable"]
    status, output = tools.run(command, seconds + STRESSOR_END_SECONDS)
    assert status == 0, f"exit {status}\n{output[-3000:]}"
    assert "skipped" not in output and "not implemented" not in output, f"it was skipped\n{output[-2000:]}"
    left = list(directory.iterdir())
    for path in left:
        shutil.rmtree(path)
    assert not left, f"it leaves {left[:5]}"


def crowd(place, count):
    """A directory of so many names is read while a fifth of them goes, before the reader and behind it, and then emptied by a reader."""
    directory, pick = place / "crowd", random.Random(SEED)
    directory.mkdir()
    for number in range(count):
        os.mknod(directory / str(number))
    seen, gone = [], set()

    def remove(name):
        if name not in gone:
            gone.add(name)
            os.unlink(directory / name)
    with os.scandir(directory) as entries:
        for position, entry in enumerate(entries):
            seen.append(entry.name)
            if position % 10 == 0:
                # The one that the reader stands at, and one anywhere.
                remove(entry.name)
                remove(str(pick.randrange(count)))
    assert len(seen) == len(set(seen)), f"{len(seen) - len(set(seen))} names came twice"
    missing = {str(number) for number in range(count)} - gone - set(seen)
    assert not missing, f"{len(missing)} names were there all the time and never came, such as {sorted(missing)[:3]}"
    with os.scandir(directory) as entries:
        for entry in entries:
            gone.add(entry.name)
            os.unlink(entry.path)
    directory.rmdir()
    assert len(gone) == count, f"{len(gone)} names of {count} went"


def same(one):
    """The tree equals the listing."""
    if store.STANDIN:
        return len(tree.of_mount(one.place))
    client = one.client()
    try:
        return tree.same(one.place, s3.Bucket(client, one.bucket))
    finally:
        client.close()


def is_alive(one):
    assert one.is_running(), f"the server died\n{one.log_tail()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slice", action="store_true", help="CI's size, without the guest")
    parser.add_argument("--only", help="run the checks whose name has this in it")
    parser.add_argument("--keep", action="store_true", help="keep the data directory")
    arguments = parser.parse_args()
    size = SIZES["slice" if arguments.slice else "whole"]
    report, run, left = Report("integrity"), *stressors()
    if arguments.slice:
        run = SLICE_STRESSORS
    each = max(1, int(os.environ.get("FILES_SECONDS", size["stress"])) // len(run))
    over_nfs = size["fsx_nfs"] > 0 and not store.STANDIN
    names = {}

    def check(name, function, *words):
        if not arguments.only or arguments.only in name:
            names[name] = report.check(name, function, *words)

    with store.Store(export=over_nfs, keep=arguments.keep, export_options=store.AS_ROOT) as one:
        storm = Storm(one.place, one.scratch / "states", PROCESSES, SEED)
        check(f"fsx, {size['fsx']:,} operations with mmap", fsx, one, size["fsx"])
        check("fsx: the tree equals the S3 listing", same, one)
        if over_nfs:
            check(f"fsx through the NFS client, {size['fsx_nfs']:,} operations", fsx_in_guest, one, size["fsx_nfs"])
        check(f"fio, verified random writes, {FIO_JOBS} jobs", fio, one.place, size["fio_mib"])
        check("fio: the tree equals the S3 listing", same, one)
        shutil.rmtree(one.place / "fio", ignore_errors=True)
        check(f"a directory of {size['names']:,} names, read while they go", crowd, one.place, size["names"])
        for name in run:
            check(f"stress-ng {name}", stress, one.place, name, each)
        storm_name = f"a storm of {PROCESSES} processes"
        check(storm_name, storm.run, size["storm"])
        if storm_name in names:
            check("the storm: every name is what its process made of it", storm.verify)
        check("the storm: the tree equals the S3 listing", same, one)
        check("trefoil check is clean", one.check)
        check("the server never died", is_alive, one)
    whole = not arguments.slice and not arguments.only and not store.STANDIN
    sys.exit(report.finish(whole, storm_operations=names.get(storm_name), left_out=left))


if __name__ == "__main__":
    main()
