"""The order that a power cut needs, read from strace's record of one operation: bytes synced, then the log written and synced, then the
answer; and for what a mount with `durability=posix` answers before a sync: the log written, then the answer.

Always holds: "before" means ended before the other began; the answer is the last that the server gave to the kernel, or to NFS's client,
while nothing else was asked.
"""
import codecs
import collections
import os
import re
import signal
import subprocess
import time

from doors import nfs3

CALLS = "fsync,fdatasync,sync_file_range,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg"
SETTLE_SECONDS = 0.3
ATTACH_SECONDS = 10
SMALL, LARGE = b"s" * 3000, b"l" * 9_000_000
Event = collections.namedtuple("Event", "begin end call path line")
CALL = re.compile(r"^(\w+)\(\d+<([^>]*)>")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>")


def parse(text):
    """Events by the lines on which they began and ended."""
    found, under_way = [], {}
    for number, line in enumerate(text.splitlines()):
        thread, _, rest = line.partition(" ")
        rest = rest.strip()
        resumed = RESUMED.match(rest)
        if resumed:
            if thread in under_way:
                begin, call, path, first = under_way.pop(thread)
                found.append(Event(begin, number, call, path, first))
            continue
        call = CALL.match(rest)
        if not call:
            continue
        if rest.endswith("<unfinished ...>"):
            under_way[thread] = (number, call.group(1), call.group(2), rest)
        else:
            found.append(Event(number, number, call.group(1), call.group(2), rest))
    return sorted(found)


class Trace:
    """strace on a running server, as a context; then `events`."""

    def __init__(self, store, name, prepare=lambda: None):
        self.prepare = prepare
        self.pid, self.record = store.process.pid, store.scratch / f"strace-{name}"
        self.data = os.path.realpath(store.data)

    def __enter__(self):
        self.process = subprocess.Popen(["strace", "-f", "-y", "-s", "32", "-e", f"trace={CALLS}", "-o", self.record, "-p", str(self.pid)],
                                        stderr=subprocess.PIPE)
        os.set_blocking(self.process.stderr.fileno(), False)
        deadline, said = time.monotonic() + ATTACH_SECONDS, b""
        while b"attached" not in said:
            said += self.process.stderr.read() or b""
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"strace did not attach: {said.decode(errors='replace')}")
            time.sleep(0.02)
        # Now, and not before strace was there: what nobody closes is written out after a second.
        self.prepare()
        time.sleep(SETTLE_SECONDS)
        self.before = len(self.record.read_text(errors="replace").splitlines())
        return self

    def __exit__(self, *_):
        # A moment, for strace to have noted what ended.
        time.sleep(0.01)
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.process.stderr.close()
        self.events = [event for event in parse(self.record.read_text(errors="replace")) if event.begin >= self.before]

    def answer(self, is_answer):
        answers = [event for event in self.events if event.call in ("write", "writev", "sendto", "sendmsg") and is_answer(event)]
        assert answers, f"no answer in the record:\n{self.shown()}"
        return answers[-1]

    def shown(self):
        return "\n".join(f"{event.begin}-{event.end} {event.line[:160]}" for event in self.events[-60:])

    def is_log(self, event):
        return event.path.startswith(f"{self.data}/index/") and event.path.endswith(".log")

    def is_blob(self, event):
        return event.path.startswith(f"{self.data}/") and "/blobs/" in event.path

    def log_writes(self, answer):
        found = [event for event in self.events if self.is_log(event) and "sync" not in event.call and event.end < answer.begin]
        assert found, f"the log was not written before the answer:\n{self.shown()}"
        return found

    def must_be_written(self, answer):
        """Safe from kill -9: the log has it."""
        self.log_writes(answer)

    def must_be_synced(self, answer, with_bytes=False):
        """Safe from a power cut."""
        last = self.log_writes(answer)[-1]
        syncs = [event for event in self.events if "sync" in event.call and self.is_log(event)]
        assert any(last.end < sync.begin and sync.end < answer.begin for sync in syncs), \
            f"the log was not synced between its last write and the answer:\n{self.shown()}"
        blobs = [event for event in self.events if self.is_blob(event) and "sync" not in event.call and event.end < answer.begin]
        assert blobs or not with_bytes, f"no bytes were written:\n{self.shown()}"
        for blob in blobs:
            synced = [event for event in self.events if "sync" in event.call and event.path == blob.path and event.begin > blob.end]
            assert any(sync.end < last.begin for sync in synced), f"{blob.path} was not synced before the log was written:\n{self.shown()}"


def is_fuse(event):
    """An answer to the kernel, and no notification: struct fuse_out_header's third field, `unique`, is 0 in those."""
    if not event.path.startswith("/dev/fuse"):
        return False
    head = STRING.search(event.line)
    return head is None or any(codecs.decode(head.group(1), "unicode_escape").encode("latin-1")[8:16])


def is_socket(event):
    return event.path.startswith(("TCP", "socket:"))


def on_mount(store, report, durability, place):
    """Each operation of the mount that promises something."""
    def path(name):
        return os.path.join(place, f"order-{durability}-{name}")

    def traced(name, act, prepare=lambda: None, **must):
        def run():
            with Trace(store, f"{durability}-{name}", prepare) as trace:
                act()
            answer = trace.answer(is_fuse)
            trace.must_be_synced(answer, **must) if must or durability == "strict" else trace.must_be_written(answer)
        report.check(f"{durability}: {name}", run)

    for kind, data in (("small", SMALL), ("large", LARGE)):
        descriptor = os.open(path(kind), os.O_CREAT | os.O_WRONLY, 0o644)
        traced(f"fsync of a {kind} file", lambda descriptor=descriptor: os.fsync(descriptor),
               lambda descriptor=descriptor, data=data: os.write(descriptor, data), with_bytes=kind == "large")
        os.close(descriptor)
    directory = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    os.mkdir(path("made"))
    traced("fsync of a directory in which a name was made", lambda: make_and_sync(path("again"), directory), with_bytes=False)
    os.close(directory)
    traced("rename", lambda: os.rename(path("small"), path("renamed")))
    traced("mkdir", lambda: os.mkdir(path("other")))
    traced("unlink", lambda: os.unlink(path("renamed")))
    descriptor = os.open(path("closed"), os.O_CREAT | os.O_WRONLY, 0o644)
    # FLUSH is answered before close returns; RELEASE comes when it likes, and changes nothing.
    traced("close of a small file", lambda: os.close(descriptor), lambda: os.write(descriptor, SMALL))


def on_synchronous_mount(store, report, place):
    """`-o sync`: what a write returns is on the disk, though nobody asks for it."""
    for kind, data in (("small", SMALL), ("large", LARGE)):
        descriptor = os.open(os.path.join(place, f"order-sync-{kind}"), os.O_CREAT | os.O_WRONLY, 0o644)

        def run(descriptor=descriptor, data=data, kind=kind):
            with Trace(store, f"sync-{kind}") as trace:
                os.write(descriptor, data)
            trace.must_be_synced(trace.answer(is_fuse), with_bytes=kind == "large")
        report.check(f"sync: write of a {kind} file", run)
        os.close(descriptor)


def make_and_sync(path, directory):
    os.mkdir(path)
    os.fsync(directory)


def on_nfs(store, report):
    client = nfs3.Client(store.nfs_address, store.export_path)

    def traced(name, act, with_bytes=False, prepare=lambda: None):
        def run():
            with Trace(store, f"nfs-{name.replace(' ', '-')}", prepare) as trace:
                act()
            trace.must_be_synced(trace.answer(is_socket), with_bytes)
        report.check(f"nfs: {name}", run)
    for kind, data in (("small", SMALL), ("large", LARGE)):
        handle, _ = client.create(client.root, f"order-{kind}".encode(), nfs3.UNCHECKED, mode=0o644)

        def write(handle=handle, data=data):
            for at in range(0, len(data), nfs3.CHUNK_MAX):
                client.write(handle, at, data[at:at + nfs3.CHUNK_MAX], nfs3.UNSTABLE)
        traced(f"COMMIT of a {kind} file", lambda handle=handle: client.commit(handle), kind == "large", write)
        traced(f"WRITE, FILE_SYNC, in a {kind} file", lambda handle=handle: client.write(handle, 10, b"stable", nfs3.FILE_SYNC))
    traced("CREATE", lambda: client.create(client.root, b"order-created", nfs3.UNCHECKED, mode=0o644))
    traced("RENAME", lambda: client.rename(client.root, b"order-created", client.root, b"order-renamed"))
    traced("REMOVE", lambda: client.remove(client.root, b"order-renamed"))
    client.close()
