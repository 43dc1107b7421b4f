#!/usr/bin/env python3
"""`make scale`: what a million objects cost that ten thousand do not.

Empty objects with keys of 40 bytes: most in directories of ten, a tenth of them in one directory. Two stores, one of the small and one of the
large count, after a compaction: the server's CPU of a page of 1,000, `/`-delimited and flat, from random places, caches warm; in turns, so
that a change of the machine meets both. At the large count: bytes of the index an object, and the rename of the one directory, counted in
commits and milliseconds.

Always holds: every page has the 1,000 names that belong there, compared with the keys that were put; the rename is visible as a whole
and is one commit; the store's own check is clean afterwards. Anything else fails the run (exit 1), as does a figure beyond its
bound: these are conditions.
"""
import argparse
import bisect
import hashlib
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

import readme  # noqa: E402
from measure import process, results, trefoil  # noqa: E402
from measure.goals import HEADS, Goal  # noqa: E402
from measure.show import number, say, table  # noqa: E402

RESULTS = results.DIRECTORY / "scale.json"
BUCKET = "scale"
KEY_BYTES, PAGE = 40, 1000
ONE, RENAMED = "one/", "renamed/"
CONNECTIONS = 128
GROWTH_MAX, INDEX_BYTES_MAX, RENAME_MILLISECONDS_MAX = 1.5, 400, 50
# The quick run's pages are few, and other tests run beside it.
QUICK_GROWTH_MAX = 2.0
# The pages of one kind are measured in so many rounds, of which the median counts.
ROUNDS = 5
# Renames that are measured, there and back, after the first.
RENAMES = 9


def examples():
    """The directory of the two programs in Rust; beside the binary unless `TREFOIL_EXAMPLES` says otherwise."""
    return pathlib.Path(os.environ.get("TREFOIL_EXAMPLES") or trefoil.binary().parent / "examples")


def tail(kind, number_, length):
    return hashlib.sha256(f"{kind}{number_}".encode()).hexdigest()[:length]


def spread_keys(first, last, in_each):
    """Keys in directories of a few, whose names a compression can't make anything of."""
    keys = []
    for number_ in range(first, last):
        directory = "d" + tail("directory", number_ // in_each, 8) + "/"
        keys.append(directory + tail("object", number_, KEY_BYTES - len(directory)))
    return keys


def one_keys(count):
    return [ONE + tail("one", number_, KEY_BYTES - len(ONE)) for number_ in range(count)]


class Fault(Exception):
    """A condition that was broken."""


class Store:
    def __init__(self, scratch):
        scratch.mkdir()
        self.server = trefoil.Server(trefoil.binary(), scratch)
        self.keys = []

    def start(self):
        self.server.start()
        client = self.server.client()
        client.call("PUT", f"/{BUCKET}")
        client.close()

    def put(self, keys):
        random.Random(1).shuffle(keys)
        environment = dict(os.environ, AWS_ACCESS_KEY_ID=trefoil.ACCESS_KEY, AWS_SECRET_ACCESS_KEY=trefoil.SECRET_KEY)
        command = [examples() / "put_keys", self.server.address, BUCKET, str(CONNECTIONS)]
        done = subprocess.run(command, input="\n".join(keys), env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Fault(f"put_keys: {done.stderr.strip()}")
        report = json.loads(done.stdout)
        say(f"{report['objects']:,} objects put in {report['seconds']:.1f} s ({report['objects'] / report['seconds']:,.0f}/s)")
        self.keys = sorted(self.keys + keys)
        return report["seconds"]

    def compact(self):
        """Stops the server, compacts the index, starts it again. Bytes of the index on the disk."""
        self.server.stop()
        done = subprocess.run([examples() / "compact_index", self.server.data], capture_output=True, text=True)
        if done.returncode != 0:
            raise Fault(f"compact_index: {done.stderr.strip()}")
        bytes_ = sum(file.stat().st_blocks * 512 for file in (self.server.data / "index").rglob("*") if file.is_file())
        self.server.start()
        process.settle(self.server.pids())
        return bytes_

    def rename(self, source, target, client):
        """Commits and milliseconds of one rename of a directory."""
        before = self.server.metric("trefoil_index_commits_total")
        started = time.perf_counter()
        client.call("PUT", f"/{BUCKET}/{target}", [("renameObject", "")], {"x-amz-rename-source": f"/{BUCKET}/{source}"})
        milliseconds = (time.perf_counter() - started) * 1e3
        return int(self.server.metric("trefoil_index_commits_total") - before), milliseconds

    def names_under(self, prefix, client):
        """All keys below a prefix, by pages."""
        found, token = [], None
        while True:
            query = [("list-type", "2"), ("prefix", prefix)] + ([("continuation-token", token)] if token else [])
            text = client.call("GET", f"/{BUCKET}", query).decode()
            found += re.findall(r"<Key>([^<]*)</Key>", text)
            following = re.search(r"<NextContinuationToken>([^<]*)</NextContinuationToken>", text)
            if not following:
                return found
            token = following.group(1)


class Pages:
    """So many pages of 1,000 of a store, from random places; what each shows is compared with the keys."""

    def __init__(self, store, count, delimited):
        self.pids = store.server.pids()
        self.client = store.server.client()
        self.delimited = delimited
        self.names = sorted({key[:key.find("/") + 1] for key in store.keys}) if delimited else store.keys
        self.pattern = re.compile(rb"<CommonPrefixes><Prefix>([^<]*)</Prefix>" if delimited else rb"<Key>([^<]*)</Key>")
        self.query = [("list-type", "2"), ("max-keys", str(PAGE))] + ([("delimiter", "/")] if delimited else [])
        places = random.Random(2)
        # So that a full page follows.
        self.firsts = [places.randrange(max(1, len(self.names) - PAGE + 1)) for _ in range(count)]
        # A first pass over all of them looks into each page and fills the caches: both counts are measured warm.
        for first in self.firsts:
            found = self.pattern.findall(self.page(first))
            if found != [name.encode() for name in self.names[first:first + PAGE]]:
                raise Fault(f"the {'delimited' if delimited else 'flat'} page from {self.names[first]} has {len(found)} names, and not "
                            f"the {len(self.names[first:first + PAGE])} that were put")

    def page(self, first):
        """Its text, starting with the name of that number."""
        # A directory's name with a tilde stands behind all keys in it: tails are hexadecimal digits.
        after = [("start-after", self.names[first - 1] + ("~" if self.delimited else ""))] if first else []
        return self.client.call("GET", f"/{BUCKET}", self.query + after)

    def cost(self):
        """The server's CPU of one, µs."""
        before = process.cpu_seconds(self.pids)
        lengths = [len(self.pattern.findall(self.page(first))) for first in self.firsts]
        used = process.cpu_seconds(self.pids) - before
        if any(length != len(self.names[first:first + PAGE]) for length, first in zip(lengths, self.firsts)):
            raise Fault(f"pages are short: {min(lengths)} names")
        return used * 1e6 / len(lengths)


def measure_pages(stores, pages):
    """What pages cost in each of the stores."""
    found = [{"objects": len(store.keys)} for store in stores]
    for name, delimited in (("delimited", True), ("flat", False)):
        looks = [Pages(store, pages, delimited) for store in stores]
        costs = [[look.cost() for look in looks] for _ in range(ROUNDS)]
        for document, look, each in zip(found, looks, zip(*costs)):
            document[f"{name}_page_cpu_microseconds"] = statistics.median(each)
            say(f"{document['objects']:,} objects: a {name} page costs {number(statistics.median(each))} µs of the server's CPU")
            look.client.close()
    return found


def rename_directory(store, count):
    client = store.server.client()
    expected = sorted(key[len(ONE):] for key in store.keys if key.startswith(ONE))
    commits, first = store.rename(ONE, RENAMED, client)
    if commits != 1:
        raise Fault(f"renaming a directory of {count:,} took {commits} commits")
    there = [key[len(RENAMED):] for key in store.names_under(RENAMED, client)]
    left = store.names_under(ONE, client)
    if there != expected or left:
        raise Fault(f"after the rename {len(there):,} of {len(expected):,} names are there and {len(left):,} where they were")
    times = []
    for turn in range(RENAMES):
        source, target = (RENAMED, ONE) if turn % 2 == 0 else (ONE, RENAMED)
        times.append(store.rename(source, target, client)[1])
    client.close()
    say(f"renaming {count:,} objects: {first:.1f} ms, then {min(times):.1f} to {max(times):.1f} ms")
    return {"objects": count, "commits": commits, "first_milliseconds": first, "milliseconds": times}


def run(arguments):
    # The smaller count has as many directories as a page has names.
    in_each, large, pages = (2, 20_000, 50) if arguments.quick else (10, 1_000_000, 400)
    small, large = PAGE * in_each, arguments.objects or large
    in_one = large // 10
    with tempfile.TemporaryDirectory(prefix="trefoil-scale-", dir=arguments.directory) as scratch:
        document = {"suite": "scale", "date": results.now(), "commit": results.commit(), "quick": arguments.quick,
                    "version": trefoil.version(trefoil.binary()), "machine": results.machine(scratch), "broken": []}
        store, small_store = (Store(pathlib.Path(scratch) / name) for name in ("large", "small"))
        goals = []
        try:
            for each in (store, small_store):
                each.start()
            small_store.put(spread_keys(0, small, in_each))
            small_store.compact()
            document["load_seconds"] = store.put(spread_keys(0, large - in_one, in_each) + one_keys(in_one))
            bytes_ = store.compact()
            document["small"], document["large"] = measure_pages([small_store, store], pages)
            document["index_bytes"], document["index_bytes_per_object"] = bytes_, bytes_ / large
            say(f"the index has {bytes_ / large:.0f} bytes an object")
            document["rename"] = rename_directory(store, in_one)
            try:
                document["check"] = store.server.check()
            except RuntimeError as error:
                raise Fault(str(error)) from None
            document["resident_bytes_after"] = process.resident_bytes(store.server.pids())
            growth = QUICK_GROWTH_MAX if arguments.quick else GROWTH_MAX
            for name in ("delimited", "flat"):
                field = f"{name}_page_cpu_microseconds"
                goals.append(Goal(f"{name} page at {large:,} objects", "µs", growth * document["small"][field],
                                  document["large"][field], True, f"at {small:,}: {number(document['small'][field])} µs",
                                  condition=True))
            goals.append(Goal("index an object", "bytes", INDEX_BYTES_MAX, bytes_ / large, True, condition=True))
            # The quick run shares the machine with other tests: it looks at what does not depend on the clock.
            if not arguments.quick:
                goals.append(Goal(f"rename of {in_one:,} objects", "ms", RENAME_MILLISECONDS_MAX,
                                  document["rename"]["first_milliseconds"], True, "one commit", condition=True))
        except Fault as fault:
            document["broken"].append(str(fault))
        finally:
            store.server.stop()
            small_store.server.stop()
    document["goals"] = [goal.json() for goal in goals]
    return document, goals


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 and 20,000 objects: for make test")
    parser.add_argument("--objects", type=int, help="the larger count [default: 1,000,000]")
    parser.add_argument("--directory", help="where the server's directory is made [default: the temporary directory]")
    parser.add_argument("--readme", action="store_true", help="after a full run, show its figures in README.md")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--output", type=pathlib.Path, help=f"results file [default: {RESULTS}, for a full run]")
    arguments = parser.parse_args()
    document, goals = run(arguments)
    output = arguments.output or (None if arguments.quick or arguments.objects else RESULTS)
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
