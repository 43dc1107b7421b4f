"""One process of the storm.

Always holds: an operation is in the model if and only if the file system said that it was done; an error that nothing explains ends the
process with a failure; the same seed asks for the same operations where the answers are the same.
"""
import ctypes
import errno
import os
import pickle
import random
import time
import traceback

from . import observe
from .model import Model

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, RENAME_EXCHANGE = -100, 2
SHARED_DIRECTORIES = 4
SHARED_NAMES = 12
OWN_MAX = 150
# Twice this and a name stay below the 1,024 bytes of a key.
PATH_MAX = 350
KILL_SECONDS = 5.0
SIZES = [0, 1, 100, 4096, 5000, 20_000, 70_000, 300_000]
SIZE_WEIGHTS = [2, 2, 6, 6, 4, 4, 2, 1]
# What those who fight for a name may be told.
LOST = {errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.ELOOP, errno.EINVAL}


def is_short(path):
    """Whether what is put below it, or what it is moved below, still has a key that S3 can ask for."""
    return len(os.fsencode(path)) <= PATH_MAX


def exchange(one, other):
    """renameat2(2) with RENAME_EXCHANGE."""
    if LIBC.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), one)


class Worker:
    """`state`: the file in which it leaves its model, and finds it when the storm goes on."""

    def __init__(self, root, number, seed, state, killed):
        self.root, self.number, self.prefix, self.state, self.killed = root, number, f"w{number}-", state, killed
        self.random = random.Random(f"{seed} {number}")
        self.model, self.count, self.pending = Model(), 0, None
        self.made = 0
        if os.path.exists(state):
            with open(state, "rb") as file:
                saved = pickle.load(file)
            self.model, self.made, self.random = saved["model"], saved["made"], saved["random"]

    def at(self, path):
        return os.path.join(self.root, path)

    def run(self, until):
        """Until the time, or until the mount has gone because it was killed."""
        failure = None
        try:
            while time.monotonic() < until:
                operation = self.choose()
                self.pending = operation
                getattr(self, "do_" + operation[0])(*operation[1:])
                self.model.apply(operation)
                self.pending = None
                self.count += 1
        except OSError:
            # Whoever kills says when, right before; an error of a moment earlier is none of that.
            if not self.was_killed(time.monotonic()):
                failure = f"{self.pending[:3]!r:.300}: {traceback.format_exc(limit=-3)}"
        except BaseException:
            failure = traceback.format_exc()
        with open(self.state + ".part", "wb") as file:
            pickle.dump({"model": self.model, "pending": self.pending, "count": self.count, "failure": failure, "made": self.made,
                         "random": self.random}, file)
        os.replace(self.state + ".part", self.state)

    def was_killed(self, now):
        """Whether the server was killed before now. `killed` has the time, once it is set."""
        deadline = now + KILL_SECONDS
        while self.killed is not None and not self.killed.value and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.killed is not None and 0 < self.killed.value <= now

    # What is asked for next.

    def data(self):
        return self.random.randbytes(self.random.choices(SIZES, SIZE_WEIGHTS)[0])

    def fresh(self, directories=None):
        """A name that never was: in a directory that all share, or in one of its own."""
        self.made += 1
        own = [path for path in (self.model.of("directory") if directories is None else directories) if is_short(path)]
        places = [f"shared-{number}" for number in range(SHARED_DIRECTORIES)] + own
        odd = self.random.choice(["", "", "", " b", ".txt", "ü", "+%&", "é" * 100])
        return f"{self.random.choice(places)}/{self.prefix}{self.made}{odd}"

    def choose(self):
        pick = self.random
        files, directories = self.model.of("file"), self.model.of("directory")
        empty = [path for path in directories if not self.model.below(path)]
        anything = list(self.model.names)
        full = len(anything) >= OWN_MAX
        sync = pick.random() < 0.2
        choices = [(4, lambda: ("shared", pick.randrange(1 << 30)))]
        if not full:
            choices += [(20, lambda: ("create", self.fresh(), self.data(), pick.choice([0o644, 0o600, 0o755]), sync)),
                        (5, lambda: ("mkdir", self.fresh(), pick.choice([0o755, 0o700]))),
                        (3, lambda: ("symlink", self.fresh(), pick.choice(["target", "../" * 5 + "etc/passwd", "x" * 1000]))),
                        (1, lambda: ("mkfifo", self.fresh(), 0o644))]
        if files:
            one = pick.choice(files)
            size = len(self.model.node(one).content)
            choices += [(10, lambda: ("write", one, pick.randrange(size + 10_000), self.data(), sync)),
                        (8, lambda: ("append", one, self.data(), sync)),
                        (4, lambda: ("truncate", one, pick.randrange(2 * size + 100))),
                        (8, lambda: ("rename", one, pick.choice(files))),
                        (10, lambda: ("look", one)),
                        (2, lambda: ("orphan" if self.model.links(one) == 1 else "look", one))]
            others = [path for path in files if path != one]
            if others:
                choices += [(3, lambda: ("exchange", one, pick.choice(others)))]
            if not full:
                choices += [(4, lambda: ("link", one, self.fresh()))]
        leaves = self.model.of("file", "symlink", "fifo")
        if leaves:
            leaf = pick.choice(leaves)
            choices += [(40 if full else 8, lambda: ("unlink", leaf)), (8, lambda: ("rename", leaf, self.fresh()))]
        if directories:
            directory = pick.choice(directories)
            outside = [path for path in directories if path != directory and not path.startswith(directory + "/")]
            movable = all(is_short(path) for path in self.model.below(directory))
            choices += [(6, lambda: ("rename", directory, self.fresh(outside)) if movable else ("look", directory)), (4, lambda: ("look", directory))]
        if empty:
            choices += [(20 if full else 4, lambda: ("rmdir", pick.choice(empty)))]
        named = self.model.of("file", "directory")
        if named:
            target = pick.choice(named)
            node = self.model.node(target)
            choices += [(4, lambda: ("chmod", target, pick.choice([0o644, 0o640, 0o755, 0o700]) | (0o100 if node.kind == "directory" else 0))),
                        (3, lambda: ("utime", target, pick.randrange(4_000_000_000) * 1_000_000_000 + pick.randrange(1_000_000_000)))
                        if node.kind == "file" else (0, lambda: ("look", target)),
                        (4, lambda: ("setxattr", target, f"user.{pick.choice('abc')}", pick.randbytes(pick.choice([0, 10, 900]))))]
            if node.xattrs:
                choices += [(3, lambda: ("removexattr", target, pick.choice(sorted(node.xattrs))))]
        weights = [weight for weight, _ in choices]
        return pick.choices([make for _, make in choices], weights)[0]()

    # How it is done.

    def put(self, descriptor, data, sync):
        """All of it in a few writes; close(2) tells of what failed late."""
        try:
            at, piece = 0, max(1, len(data) // 3)
            while at < len(data):
                at += os.write(descriptor, data[at:at + piece])
            if sync:
                os.fsync(descriptor)
        except BaseException:
            try:
                os.close(descriptor)
            except OSError:
                pass
            raise
        os.close(descriptor)

    def do_create(self, path, content, mode, sync):
        descriptor = os.open(self.at(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        self.put(descriptor, content, sync)

    def do_write(self, path, offset, data, sync):
        descriptor = os.open(self.at(path), os.O_WRONLY)
        os.lseek(descriptor, offset, os.SEEK_SET)
        if not data and offset > len(self.model.node(path).content):
            # A write of nothing does not extend; the model's does.
            os.ftruncate(descriptor, offset)
        self.put(descriptor, data, sync)

    def do_append(self, path, data, sync):
        self.put(os.open(self.at(path), os.O_WRONLY | os.O_APPEND), data, sync)

    def do_truncate(self, path, size):
        os.truncate(self.at(path), size)

    def do_mkdir(self, path, mode):
        os.mkdir(self.at(path), mode)

    def do_symlink(self, path, target):
        os.symlink(target, self.at(path))

    def do_mkfifo(self, path, mode):
        os.mkfifo(self.at(path), mode)

    def do_link(self, source, target):
        os.link(self.at(source), self.at(target))

    def do_unlink(self, path):
        os.unlink(self.at(path))

    def do_orphan(self, path):
        """An open file that has lost its only name is written and read as before."""
        data = self.data()
        descriptor = os.open(self.at(path), os.O_RDWR)
        try:
            os.unlink(self.at(path))
            os.pwrite(descriptor, data, 0)
            assert os.pread(descriptor, len(data) + 1, 0)[:len(data)] == data, f"{path}, without a name: other bytes than were written"
        finally:
            try:
                os.close(descriptor)
            except OSError:
                pass

    def do_rmdir(self, path):
        os.rmdir(self.at(path))

    def do_rename(self, source, target):
        os.rename(self.at(source), self.at(target))

    def do_exchange(self, one, other):
        exchange(self.at(one), self.at(other))

    def do_chmod(self, path, mode):
        os.chmod(self.at(path), mode)

    def do_utime(self, path, nanoseconds):
        os.utime(self.at(path), ns=(nanoseconds, nanoseconds))

    def do_setxattr(self, path, name, value):
        os.setxattr(self.at(path), name, value)

    def do_removexattr(self, path, name):
        os.removexattr(self.at(path), name)

    def do_look(self, path):
        """What it did itself is what it sees at once."""
        wanted = self.model.node(path)
        if wanted.kind == "directory":
            expected = {name[len(path) + 1:].split("/")[0] for name in self.model.below(path)}
            found = set(os.listdir(self.at(path)))
            assert found == expected, f"{path}: shows {sorted(found ^ expected)[:5]} or not"
            return
        found, links, _ = observe.look(self.root, path)
        assert found.content == wanted.content, f"{path}: other bytes than were written"
        assert links == self.model.links(path), f"{path}: {links} links and not {self.model.links(path)}"

    def do_shared(self, chance):
        """Whatever comes of a name that everybody changes, it is no other error than those of a lost race."""
        pick = random.Random(chance)
        def name():
            return self.at(f"shared-{pick.randrange(SHARED_DIRECTORIES)}/all-{pick.randrange(SHARED_NAMES)}")
        what, one, other = pick.randrange(8), name(), name()
        try:
            if what <= 2:
                flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK
                self.put(os.open(one, flags, 0o644), pick.randbytes(pick.choice(SIZES[:6])), False)
            elif what == 3:
                os.unlink(one)
            elif what == 4:
                os.mkdir(one)
            elif what == 5:
                os.rmdir(one)
            elif what == 6:
                os.symlink("anything", one)
            else:
                os.rename(one, other)
        except OSError as error:
            if error.errno not in LOST:
                raise


def prepare(root):
    """The directories that all share."""
    os.umask(0)
    for number in range(SHARED_DIRECTORIES):
        os.makedirs(os.path.join(root, f"shared-{number}"), mode=0o755, exist_ok=True)
