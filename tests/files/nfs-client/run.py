#!/usr/bin/env python3
"""`make nfs-client`: Linux's own NFSv3 client, in QEMU, against the server: everyday work; two guests as two clients; kill -9 and restart
of the server in the middle of writes.

Always holds: mounts have default options but where a check says another, and are hard: a client waits for the server and never gives up. What a guest synced is compared
by S3 on the host. A whole run writes tests/results/nfs-client.json; `--slice` is smaller.
"""
import argparse
import hashlib
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))

from barrier import Barrier  # noqa: E402
from doors import s3, store, tools  # noqa: E402
from doors.report import Report  # noqa: E402

SIZES = {"whole": {"fsx": 5_000, "files": 1_500, "rounds": 30, "kills": 4, "writes": 60},
         "slice": {"fsx": 300, "files": 100, "rounds": 6, "kills": 1, "writes": 12}}
GUEST_SECONDS = 1800
EXACT = "noac,lookupcache=none"
# A server that is away for a moment, and for longer than a client's first retransmission.
DOWN_SECONDS = [0.2, 3, 10, 1]
FIRST_KILL_SECONDS = 4


def repository(place, files):
    """A small one with two commits, made here."""
    place.mkdir()
    for number in range(files):
        directory = place / f"d{number % 23}"
        directory.mkdir(exist_ok=True)
        (directory / f"f{number}").write_bytes(hashlib.sha256(str(number).encode()).digest() * (number % 300))
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "one"], ["mv", "d1", "moved"],
                  [*identity, "commit", "-qm", "two"], ["gc", "-q"]):
        subprocess.run(["git", "-C", place, *words], check=True)


def work(one, size):
    """The clone that the guest made is, by S3, what the repository has."""
    origin = one.beside / "origin"
    repository(origin, size["files"])
    output = tools.must(tools.guest(one, HERE / "work.sh", origin, tools.tool("fsx"), size["fsx"], timeout=GUEST_SECONDS), GUEST_SECONDS + 60)
    print("".join(f"        {line}\n" for line in output.splitlines() if line.startswith("did ")), end="", flush=True)
    bucket = s3.Bucket(one.client(), one.bucket)
    for path in origin.rglob("*"):
        name = path.relative_to(origin)
        if path.is_file() and name.parts[0] != ".git":
            assert bucket.get(f"clone/{name}") == path.read_bytes(), f"clone/{name} by S3 is not what the repository has"
    assert bucket.head("project/main") and bucket.head("project/soft").kind == "inode/symlink"
    left = [found.key for found in bucket.list() if b".nfs" in found.key]
    assert not left, f"what the client renamed to remove it later is still there: {left}"


def two_clients(one, rounds, options=None):
    barrier = Barrier(2)
    try:
        guests = [subprocess.Popen(tools.guest(one, HERE / "python.sh", HERE / "close_to_open.py", number, barrier.port, rounds,
                                               *(["exact"] if options else []), options=options, timeout=GUEST_SECONDS, memory=1024), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                  for number in range(2)]
        # One that fails would leave the other waiting.
        deadline = time.monotonic() + GUEST_SECONDS
        while any(guest.poll() is None for guest in guests) and time.monotonic() < deadline:
            if any(guest.poll() not in (None, 0) for guest in guests):
                break
            time.sleep(0.2)
        failed = [number for number, guest in enumerate(guests) if guest.poll() != 0]
        for guest in guests:
            guest.terminate()
        said = [guest.communicate()[0].decode(errors="replace") for guest in guests]
        assert not failed, f"guests {failed}:\n" + "\n".join(said)
    finally:
        barrier.close()


def synced(job):
    """Name → MD5, as the guest noted them: whole lines."""
    path = job / "synced"
    text = path.read_text() if path.exists() else ""
    return dict(line.split(" ") for line in text[:text.rfind("\n") + 1].splitlines())


def kill_and_restart(one, kills, seconds):
    job = one.scratch / "job"
    job.mkdir()
    command = tools.guest(one, HERE / "python.sh", HERE / "writer.py", seconds, job=job, timeout=GUEST_SECONDS)
    guest = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + GUEST_SECONDS
        while not synced(job):
            assert guest.poll() is None, f"the guest ended early:\n{guest.communicate()[0].decode(errors='replace')}"
            assert time.monotonic() < deadline, "the guest wrote nothing"
            time.sleep(0.1)
        for number in range(kills):
            time.sleep(FIRST_KILL_SECONDS)
            one.kill()
            time.sleep(DOWN_SECONDS[number % len(DOWN_SECONDS)])
            one.start()
            bucket, known = s3.Bucket(one.client(), one.bucket), synced(job)
            for name, digest in known.items():
                body = bucket.get(name)
                assert body is not None and hashlib.md5(body).hexdigest() == digest, f"after kill {number + 1}: {name} was synced, and is not there"
            before = len(known)
        output = guest.communicate(timeout=GUEST_SECONDS)[0].decode(errors="replace")
        assert guest.returncode == 0, f"the guest: exit {guest.returncode}\n{output[-3000:]}"
    finally:
        guest.terminate()
        guest.wait()
    bucket, known = s3.Bucket(one.client(), one.bucket), synced(job)
    assert "long" in known and len(known) > before, f"the client did not go on: {before} files at the last kill, {len(known)} at the end"
    for name, digest in known.items():
        body = bucket.get(name)
        assert body is not None and hashlib.md5(body).hexdigest() == digest, f"at the end: {name} was synced, and is not there"
    return len(known)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slice", action="store_true", help="a smaller size")
    parser.add_argument("--only", help="run the checks whose name has this in it")
    parser.add_argument("--keep", action="store_true", help="keep the data directory")
    arguments = parser.parse_args()
    size, report = SIZES["slice" if arguments.slice else "whole"], Report("nfs-client")

    def check(name, function, *words):
        """Each on a store of its own."""
        def on_store():
            with store.Store(mount=False, export=True, keep=arguments.keep, export_options=store.AS_ROOT) as one:
                found = function(one, *words)
                one.check()
                return found
        if not arguments.only or arguments.only in name:
            return report.check(name, on_store)
        return None
    check("git clone and fsck, fsx, a C project, links", work, size)
    check("two clients: what one closes the other opens", two_clients, size["rounds"])
    if not arguments.slice:
        check(f"two clients with {EXACT}: new names and attributes at once", two_clients, size["rounds"], EXACT)
    files = check(f"{size['kills']} times kill -9 and restart while a client writes", kill_and_restart, size["kills"], size["writes"])
    whole = not arguments.slice and not arguments.only
    sys.exit(report.finish(whole, kills=size["kills"], synced_files=files))


if __name__ == "__main__":
    main()
