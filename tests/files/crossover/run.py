#!/usr/bin/env python3
"""`make crossover`: every operation of each door, seen through the other two at once (table.py); one key that eight clients write through
all doors, which must be linearizable; a bucket with versions (versions.py); unlink and rename on the mount against PUTs of the same names; a directory of many objects
renamed while S3 pages through it.

Always holds: nothing waits for anything to become visible. A whole run writes tests/results/crossover.json; `--slice` is CI's size.
`--doors s3,mount` leaves NFS out.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from crossover import agree, linear, rarer, register, table, versions  # noqa: E402, F401
from doors import s3, store, tools, tree  # noqa: E402
from doors.report import Report  # noqa: E402
from measure import trefoil  # noqa: E402

SIZES = {"whole": {"register": 60, "contention": 60, "directory": 100_000, "renames": 20},
         "slice": {"register": 5, "contention": 5, "directory": 2_000, "renames": 10}}
RENAME_MILLISECONDS_MAX = 50
HANG_SECONDS = 30
PUT_CONNECTIONS = 64


def linearizable(one, doors, seconds, initial=None):
    """How many operations the history has."""
    linear.prove_checker()
    if initial is not None:
        register.RenameDoor(one).write(initial)
    history = register.run(one, doors, seconds)
    writers = {operation.door for operation in history if operation.kind == "write"}
    assert writers == {door.name for door in doors}, f"only {sorted(writers)} ever wrote: the others prove nothing"
    broken = linear.check(history, initial)
    assert broken is None, broken
    return len(history)


def contention(one, seconds):
    """Entries are invalidated from S3's side while the mount changes the same names: each side must always come to an end."""
    names, until, moved = [f"contended-{number}" for number in range(4)], time.monotonic() + seconds, {}
    failures, beats = [], {}

    def put(number):
        bucket, count = s3.Bucket(one.client(), one.bucket), 0
        while time.monotonic() < until:
            name = names[(number + count) % len(names)]
            bucket.put(name, b"x" * (count % 5000)) if count % 5 else bucket.delete(name)
            count += 1
            beats[f"s3 {number}"] = time.monotonic()
        moved[f"s3 {number}"] = count

    def change(number):
        count = 0
        while time.monotonic() < until:
            path = os.path.join(one.place, names[(number + count) % len(names)])
            other = os.path.join(one.place, names[(number + 2 * count + 1) % len(names)])
            try:
                if count % 3 == 0:
                    os.unlink(path)
                elif count % 3 == 1:
                    os.rename(path, other)
                else:
                    with open(path, "ab") as file:
                        file.write(b"y")
            except FileNotFoundError:
                pass
            count += 1
            beats[f"mount {number}"] = time.monotonic()
        moved[f"mount {number}"] = count

    def guarded(function, number):
        try:
            function(number)
        except BaseException as error:
            failures.append(f"{function.__name__} {number}: {type(error).__name__}: {error}")
    threads = [threading.Thread(target=guarded, args=(function, number), daemon=True) for number in range(4) for function in (put, change)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, until - time.monotonic()) + HANG_SECONDS)
    hung = [thread for thread in threads if thread.is_alive()]
    last = {who: f"{time.monotonic() - beat:.1f} s ago" for who, beat in beats.items()}
    assert not hung, f"{len(hung)} of {len(threads)} hang; each one's last step: {last}"
    assert not failures, "\n".join(failures)
    assert min(moved.values()) >= 10, f"somebody hardly got on: {moved}"
    return moved


def put_many(one, keys):
    examples = pathlib.Path(os.environ.get("TREFOIL_EXAMPLES") or trefoil.binary().parent / "examples")
    environment = dict(os.environ, AWS_ACCESS_KEY_ID=trefoil.ACCESS_KEY, AWS_SECRET_ACCESS_KEY=trefoil.SECRET_KEY)
    done = subprocess.run([examples / "put_keys", one.s3_address, one.bucket, str(PUT_CONNECTIONS)], input="\n".join(keys), text=True,
                          capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr


def large_rename(one, count, renames):
    """A directory with many objects, renamed there and back on the mount while S3 pages through the bucket. Median milliseconds."""
    suffixes = [f"{number:06}" for number in range(count)]
    put_many(one, [f"many/one/{suffix}" for suffix in suffixes])
    here, there = os.path.join(one.place, "many/one"), os.path.join(one.place, "many/two")
    stop, failures, pages = threading.Event(), [], [0]

    def follow():
        """Pages through everything again and again: each page has one of the names, and the whole ends."""
        bucket = s3.Bucket(one.client(), one.bucket)
        try:
            while not stop.is_set():
                token, last, seen = None, b"", 0
                while not stop.is_set():
                    objects, _, token = bucket.page("many/", token=token)
                    pages[0] += 1
                    directories = {found.key.split(b"/")[1] for found in objects}
                    assert len(directories) <= 1, f"one page shows {sorted(directories)}: the names from before and behind a rename"
                    for found in objects:
                        assert found.key > last, f"{found.key!r} comes behind {last!r}"
                        last = found.key
                    seen += len(objects)
                    assert seen <= 2 * count, f"{seen} keys of a directory that has {count}: paging loops"
                    if not token:
                        break
        except BaseException as error:
            failures.append(f"{type(error).__name__}: {error}")
    listers = [threading.Thread(target=follow, daemon=True) for _ in range(2)]
    for lister in listers:
        lister.start()
    times = []
    for number in range(renames):
        source, target = (there, here) if number % 2 else (here, there)
        begun = time.monotonic()
        os.rename(source, target)
        times.append((time.monotonic() - begun) * 1e3)
        bucket = s3.Bucket(one.client(), one.bucket)
        first, _, _ = bucket.page("many/", page=1)
        wanted = f"many/{pathlib.Path(target).name}/{suffixes[0]}".encode()
        assert first[0].key == wanted, f"right behind the rename S3 lists {first[0].key!r}, and not {wanted!r}"
        time.sleep(0.05)
    stop.set()
    for lister in listers:
        lister.join(HANG_SECONDS)
    assert not failures, failures[0]
    assert pages[0] >= renames, f"only {pages[0]} pages were looked at"
    found = s3.Bucket(one.client(), one.bucket).list("many/")
    assert len(found) == count, f"{len(found)} of {count} objects are there afterwards"
    median = statistics.median(times)
    assert median < RENAME_MILLISECONDS_MAX, f"a rename of {count} objects takes {median:.1f} ms, and at most {RENAME_MILLISECONDS_MAX} may be"
    return round(median, 2)


def libnfs(one):
    """Another's client, without the kernel: libnfs's programs list, write and read."""
    port = one.nfs_address.rpartition(":")[2]
    def url(path):
        return f"nfs://127.0.0.1{urllib.parse.quote(one.export_path + path)}?nfsport={port}&mountport={port}"
    source = one.beside / "source"
    source.write_bytes(os.urandom(3_000_000))
    # nfs-cp takes a size from what it reads; the export's root is the directory.
    tools.must(["nfs-cp", source, url("/by-libnfs")], 60)
    with open(one.place / "by-libnfs", "rb") as file:
        assert file.read() == source.read_bytes(), "what nfs-cp wrote is not what the mount reads"
    assert s3.Bucket(one.client(), one.bucket).get("by-libnfs") == source.read_bytes()
    s3.Bucket(one.client(), one.bucket).put("by-s3", b"from S3\n")
    assert tools.must(["nfs-cat", url("/by-s3")], 60).startswith("from S3\n")
    listed = tools.must(["nfs-ls", url("")], 60)
    assert "by-libnfs" in listed and "by-s3" in listed, listed


def same(one):
    return tree.same(one.place, s3.Bucket(one.client(), one.bucket))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slice", action="store_true", help="CI's size")
    parser.add_argument("--doors", default="s3,mount,nfs", help="those that are there [s3,mount,nfs]")
    parser.add_argument("--only", help="run the checks whose name has this in it")
    parser.add_argument("--keep", action="store_true", help="keep the data directory")
    arguments = parser.parse_args()
    size, doors = SIZES["slice" if arguments.slice else "whole"], arguments.doors.split(",")
    with_nfs = "nfs" in doors
    report, measured = Report("crossover"), {}

    def check(name, function, *words):
        if not arguments.only or arguments.only in name:
            measured[name] = report.check(name, function, *words)
    with store.Store(export=with_nfs, keep=arguments.keep, export_options=store.AS_ROOT) as one:
        t = agree.Doors(one)
        for number, (door, name, function) in enumerate(table.ROWS):
            if door in doors and (not arguments.only or arguments.only in name):
                t.enter(f"row-{number}")
                check(name, function, t)
        t.close()
        check("the tree equals the S3 listing", same, one)
        clients = [register.S3Door, register.RenameDoor] + [register.NfsRenameDoor] * with_nfs
        check(f"one key through {len(clients)} doors by {register.CLIENTS} clients is linearizable", linearizable, one, clients,
              size["register"])
        if with_nfs:
            clients = [register.MountInPlaceDoor, register.NfsInPlaceDoor]
            check("one file written in place through both file doors is linearizable", linearizable, one, clients, size["register"],
                  b"initial".ljust(register.REGISTER, b"."))
        check("unlink and rename against PUTs of the same names: no deadlock", contention, one, size["contention"])
        check(f"a directory of {size['directory']:,} objects is renamed while S3 pages through it", large_rename, one, size["directory"],
              size["renames"])
        if with_nfs:
            check("libnfs's programs", libnfs, one)
        check("trefoil check is clean", one.check)
    if set(doors) == {"s3", "mount", "nfs"}:
        with store.Store(export=True, keep=arguments.keep, export_options=store.AS_ROOT, bucket="versions") as one:
            v = versions.Versioned(one)
            for number, (name, function) in enumerate(versions.CASES):
                if not arguments.only or arguments.only in name:
                    v.enter(f"case-{number}")
                    check(name, function, v)
                    check(f"{name}: no version has changed", v.unchanged)
            v.close()
            check("trefoil check is clean with versions", one.check)
    whole = not arguments.slice and not arguments.only and with_nfs
    sys.exit(report.finish(whole, measured={name: value for name, value in measured.items() if isinstance(value, (int, float, dict))}))


if __name__ == "__main__":
    main()
