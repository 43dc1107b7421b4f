#!/usr/bin/env python3
"""`make crash-files`: kill -9 during a storm of operations on a mount, while others write by S3 and NFS, again and again.

After each restart: the mount is back by itself; every change that was answered is there, and the one that was not is there, is not, or
is in part as the storm's model allows; a file that was written to and not closed is as far as it was written, and has what was synced; S3 and NFS
have what they answered; NFS's write verifier has changed; `trefoil check` is clean.
At intervals, and at the end, the tree equals the S3 listing byte for byte. Before that, traces of single operations show the order that a
power cut needs (order.py).

Always holds: what is expected is kept outside the mount, by those who were answered. The whole run does half of its cycles with each
durability (posix, strict) and writes tests/results/crash-files.json; `--slice` is CI's size.
"""
import argparse
import os
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from crash import oracle, order  # noqa: E402
from crash.appender import Appender  # noqa: E402
from doors import s3, store, tree  # noqa: E402
from doors.report import Report, save  # noqa: E402
from storm.storm import Storm  # noqa: E402

PROCESSES = 8
CYCLES = {"whole": 100, "slice": 3}
STORM_SECONDS = (0.3, 2.0)
# A storm that is not killed ends by itself.
STORM_SECONDS_MAX = 30
WHOLE_COMPARISON_EVERY = 10
SEED = int(os.environ.get("FILES_SEED", "1"))


class Cycles:
    """One store in one durability, killed as often as wanted."""

    def __init__(self, durability, with_nfs, keep):
        self.durability, self.with_nfs = durability, with_nfs
        self.store = store.Store(export=with_nfs, options=f"durability={durability}", export_options=store.AS_ROOT, keep=keep)
        self.operations, self.answers, self.appended, self.restart_seconds = 0, 0, 0, []

    def writers(self):
        kinds = [oracle.S3Writer] + [oracle.NfsWriter] * self.with_nfs
        states = self.store.scratch / "states"
        return [kind(self.store, number, states / f"{kind.prefix}{number}") for kind in kinds for number in range(2)]

    def run(self, cycles, pick):
        one = self.store
        with one:
            storm = Storm(one.place, one.scratch / "states", PROCESSES, SEED)
            for cycle in range(1, cycles + 1):
                self.cycle(storm, pick, is_whole=cycle == cycles or cycle % WHOLE_COMPARISON_EVERY == 0)
                print(f"ok      crash-files: {self.durability}, kill {cycle} of {cycles}: {self.operations:,} operations and "
                      f"{self.answers:,} answers so far are there; back in {self.restart_seconds[-1]:.2f} s", flush=True)

    def cycle(self, storm, pick, is_whole):
        one, writers = self.store, self.writers()
        before = oracle.verifier(one) if self.with_nfs else None
        counts = [writer.count for writer in writers]
        appender = Appender(one.place / "appended")
        for writer in [*writers, appender]:
            writer.start()
        storm.begin(STORM_SECONDS_MAX, may_be_killed=True)
        time.sleep(pick.uniform(*STORM_SECONDS))
        if not one.is_running():
            raise store.Fault(f"the server died by itself\n{one.log_tail()}")
        early = [writer.failure for writer in writers if writer.failure]
        storm.kills_now()
        one.kill()
        if early:
            raise store.Fault(f"before the server was killed: {early}")
        self.operations += storm.end()
        for writer in [*writers, appender]:
            writer.stop = True
            writer.join(60)
            if writer.is_alive():
                raise store.Fault("a writer hangs after the server's death")
        self.answers += sum(writer.count - count for writer, count in zip(writers, counts))
        begun = time.monotonic()
        one.start()
        one.wait_mounted()
        self.restart_seconds.append(time.monotonic() - begun)
        storm.verify()
        self.appended += appender.verify()
        for writer in writers:
            writer.settle()
        if self.with_nfs and oracle.verifier(one) == before:
            raise store.Fault("NFS's write verifier is the same as before the crash: a client would not write again what was lost")
        one.check()
        if is_whole:
            client = one.client()
            tree.same(one.place, s3.Bucket(client, one.bucket))
            client.close()


def power_cut(with_nfs, keep):
    """What is synced when, by a trace."""
    report = Report("crash-files")
    with store.Store(export=with_nfs, keep=keep, export_options=store.AS_ROOT) as one:
        strict, synchronous = one.scratch / "strict", one.scratch / "sync"
        for place, options in ((strict, "durability=strict"), (synchronous, "sync")):
            place.mkdir()
            one.mount(place, options)
        order.on_mount(one, report, "posix", one.place)
        order.on_mount(one, report, "strict", strict)
        order.on_synchronous_mount(one, report, synchronous)
        if with_nfs:
            order.on_nfs(one, report)
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slice", action="store_true", help="CI's size")
    parser.add_argument("--cycles", type=int, help="how often it is killed")
    parser.add_argument("--durability", choices=["posix", "strict"], help="one of them [whole: both; slice: posix]")
    parser.add_argument("--without-nfs", action="store_true", help="leave NFS out")
    parser.add_argument("--only-order", action="store_true", help="the traces of the order, and no kill")
    parser.add_argument("--keep", action="store_true", help="keep the data directory")
    arguments = parser.parse_args()
    cycles = arguments.cycles or CYCLES["slice" if arguments.slice else "whole"]
    kinds = [arguments.durability] if arguments.durability else ["posix"] if arguments.slice else ["posix", "strict"]
    traces = power_cut(not arguments.without_nfs, arguments.keep)
    pick, documents, failed = random.Random(SEED), [], traces.failed
    for durability in [] if arguments.only_order else kinds:
        run = Cycles(durability, not arguments.without_nfs, arguments.keep)
        count = max(1, cycles // len(kinds))
        try:
            run.run(count, pick)
        except (AssertionError, store.Fault, OSError, RuntimeError) as error:
            failed += 1
            print(f"FAILED  crash-files: {durability}, kill {len(run.restart_seconds)}: {type(error).__name__}: {error}", flush=True)
        documents.append({"durability": durability, "kills": len(run.restart_seconds), "operations": run.operations,
                          "answers": run.answers, "appended_bytes": run.appended, "restart_seconds_max": round(max(run.restart_seconds, default=0), 2)})
    if not (arguments.slice or arguments.cycles or arguments.durability or arguments.without_nfs or arguments.only_order):
        save("crash-files", {"processes": PROCESSES, "problems": failed, "runs": documents, "order": traces.outcomes})
    passed = sum(document["kills"] for document in documents) + len(traces.outcomes) - traces.failed
    print(f"crash-files: {passed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
