"""What is done on each file system, through the example `file_load`, and what it costs.

Always holds: the same calls with the same sizes on each; what is compared runs in turns, round for round, so that a change of the
machine meets both. What is judged by its CPU runs on one core, program and server: `process.on_one_core` says why.
"""
import dataclasses
import json
import mmap
import pathlib
import shutil
import statistics
import subprocess
import time

from doors.tools import must
from measure import process
from measure.show import say

MIB = 1 << 20
WORK_SECONDS = 900
DROP_NAMES = "2\n"
GIT = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false", "-c", "gc.auto=0"]


@dataclasses.dataclass(frozen=True)
class Sizes:
    # Files of 4 KiB that one process makes; stat and ls -l look at them.
    files: int
    # Those that 16 processes make and sync.
    synced: int
    # Those that s3fs makes, in either shape.
    s3fs: int
    # MiB of the large object.
    mebibytes: int
    # Files of the repository and of the archive.
    repository: int
    rounds: int


FULL = Sizes(100_000, 20_000, 1_000, 1024, 5_000, 3)
QUICK = Sizes(500, 160, 50, 8, 100, 1)
PROCESSES = 16


def touch_memory(mebibytes):
    """The machine may be a virtual one, whose host gives a page when it is touched and takes it back later: so pages of as much memory as
    the work takes are touched right before, and faults of the host do not count for what is measured."""
    with mmap.mmap(-1, mebibytes * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE):
        pass


def forget_names():
    """What the kernel keeps of names and attributes goes, so that it has to ask. Needs root; waits until the file systems have heard of it."""
    pathlib.Path("/proc/sys/vm/drop_caches").write_text(DROP_NAMES)


class Load:
    """`file_load` on one place; the rows of what it measured."""

    def __init__(self, place, examples, rows):
        self.place, self.program, self.rows = place, examples / "file_load", rows

    def count_cpu(self, what, *words):
        """For what is judged by its CPU."""
        with process.on_one_core([*self.place.pids(), *self.place.behind()]):
            self.run(what, *words)

    def run(self, what, *words):
        pids = self.place.pids()
        process.settle(pids)
        behind = process.cpu_seconds(self.place.behind())
        command = [self.program, *(word for pid in pids for word in ("--pid", pid)), *words]
        report = json.loads(must(command, WORK_SECONDS))
        behind = process.cpu_seconds(self.place.behind()) - behind
        cpu = report["client_cpu_seconds"] + report["settled_server_cpu_seconds"]
        row = {"place": self.place.name, "work": what, **report, "behind_cpu_seconds": behind, "cpu_seconds": cpu,
               "per_second": report["count"] / report["seconds"], "per_cpu_second": report["count"] / cpu}
        say(f"{self.place.name}: {what}: {row['per_second']:,.0f}/s, {row['per_cpu_second']:,.0f} per CPU-second")
        self.rows.append(row)
        return row

    def create(self, count):
        self.count_cpu("create", "create", self.place.directory / "small", count, 1)

    def create_synced(self, count):
        self.count_cpu("create, fsync, 16 processes", "create", self.place.directory / "synced", count, PROCESSES, "fsync")

    def look(self, what, count):
        """`stat` or `list` of what `create` made, unknown to the kernel."""
        forget_names()
        self.count_cpu(what, what, self.place.directory / "small", count)

    def large(self, mebibytes):
        """One new file written and read."""
        file = self.place.directory / "large"
        # The block that is written is in memory twice at least: in the kernel and where it is kept.
        touch_memory(2 * mebibytes)
        self.run("write", "write", file, mebibytes)
        self.run("read", "read", file, mebibytes)
        file.unlink()


def files(ours, floor, examples, sizes):
    """Rows of Trefoil and of the floor."""
    rows = []
    loads = [Load(place, examples, rows) for place in (floor, ours)]
    for load in loads:
        load.create(sizes.files)
    for _ in range(sizes.rounds):
        for what in ("stat", "list"):
            for load in loads:
                load.look(what, sizes.files)
    for load in loads:
        load.create_synced(sizes.synced)
    for _ in range(sizes.rounds):
        for load in loads:
            load.large(sizes.mebibytes)
    return rows


def s3fs(place, examples, sizes):
    rows = []
    load = Load(place, examples, rows)
    load.create(sizes.s3fs)
    load.create_synced(sizes.s3fs)
    load.look("stat", sizes.s3fs)
    load.look("list", sizes.s3fs)
    load.large(min(sizes.mebibytes, 256))
    return rows


def make_repository(directory, count):
    """A repository of so many files in one commit, as sources are: small ones, a few of them large, in directories of 25."""
    source = directory / "source"
    for number in range(count):
        file = source / f"part-{number // 250:03}" / f"unit-{number // 25:04}" / f"source-{number:05}.c"
        if number % 25 == 0:
            file.parent.mkdir(parents=True)
        lines = 40 + number * 37 % 400
        file.write_text("".join(f"int function_{number}_{line}(int value) {{ return value * {line * number % 9973}; }}\n" for line in range(lines)))
    must([*GIT, "-C", source, "init", "--quiet", "--initial-branch=main"], WORK_SECONDS)
    must([*GIT, "-C", source, "add", "."], WORK_SECONDS)
    must([*GIT, "-C", source, "commit", "--quiet", "--message=all"], WORK_SECONDS)
    must(["tar", "-C", source, "--exclude=.git", "-cf", directory / "source.tar", "."], WORK_SECONDS)
    return source


def everyday(ours, disk, sizes):
    """Seconds of `git clone` and of `tar x` on Trefoil and on the disk's own file system."""
    rows = []
    source = make_repository(disk.directory, sizes.repository)

    def timed(what, name, command, target):
        begun = time.monotonic()
        must(command, WORK_SECONDS)
        rows.append({"place": name, "work": what, "seconds": time.monotonic() - begun})
        say(f"{name}: {what}: {rows[-1]['seconds']:.2f} s")
        shutil.rmtree(target)
        process.settle(ours.pids())
    for _ in range(sizes.rounds):
        for name, place in (("disk", disk), (ours.name, ours)):
            target = place.directory / "clone"
            timed("git clone", name, [*GIT, "clone", "--quiet", f"file://{source}", target], target)
        for name, place in (("disk", disk), (ours.name, ours)):
            target = place.directory / "unpacked"
            target.mkdir()
            timed("tar x", name, ["tar", "-C", target, "-xf", disk.directory / "source.tar"], target)
    return rows


def median(rows, place, work, field):
    """Of the rounds; None where there was none."""
    found = [row[field] for row in rows if row["place"] == place and row["work"] == work]
    return statistics.median(found) if found else None
