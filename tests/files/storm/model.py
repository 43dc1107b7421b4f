"""What one process of the storm did, as pure data: the names that it owns and what they lead to.

Always holds: `apply` is what a completed operation does, and nothing else; two models are equal if a file system can't tell them apart.
"""
import copy
import dataclasses


@dataclasses.dataclass
class Node:
    kind: str
    content: bytes = b""
    mode: int = 0
    xattrs: dict = dataclasses.field(default_factory=dict)
    # Nanoseconds, where it was set and nothing changed it since.
    mtime: int | None = None


class Model:
    """`names`: path → number of a node; several names may lead to one."""

    def __init__(self):
        self.names, self.nodes, self.next = {}, {}, 0

    def copy(self):
        return copy.deepcopy(self)

    def node(self, path):
        return self.nodes[self.names[path]]

    def links(self, path):
        number = self.names[path]
        return sum(1 for found in self.names.values() if found == number)

    def add(self, path, node):
        self.names[path], self.nodes[self.next] = self.next, node
        self.next += 1

    def drop(self, path):
        number = self.names.pop(path)
        if number not in self.names.values():
            del self.nodes[number]

    def of(self, *kinds):
        """Paths of these kinds, in an order that a seed repeats."""
        return [path for path, number in self.names.items() if self.nodes[number].kind in kinds]

    def below(self, directory):
        return [path for path in self.names if path.startswith(directory + "/")]

    def move(self, source, target):
        """A directory with all below it, or anything else."""
        for path in [source, *self.below(source)]:
            self.names[target + path[len(source):]] = self.names.pop(path)

    def apply(self, operation):
        """`operation`: its name and its arguments."""
        getattr(self, "do_" + operation[0])(*operation[1:])

    def do_create(self, path, content, mode, _sync):
        self.add(path, Node("file", content, mode))

    def do_write(self, path, offset, data, _sync):
        node = self.node(path)
        grown = node.content.ljust(offset, b"\0")
        node.content = grown[:offset] + data + grown[offset + len(data):]
        node.mtime = None

    def do_append(self, path, data, sync):
        self.do_write(path, len(self.node(path).content), data, sync)

    def do_truncate(self, path, size):
        node = self.node(path)
        node.content = node.content[:size].ljust(size, b"\0")
        node.mtime = None

    def do_mkdir(self, path, mode):
        self.add(path, Node("directory", mode=mode))

    def do_symlink(self, path, target):
        self.add(path, Node("symlink", target.encode()))

    def do_mkfifo(self, path, mode):
        self.add(path, Node("fifo", mode=mode))

    def do_link(self, source, target):
        self.names[target] = self.names[source]

    def do_unlink(self, path):
        self.drop(path)

    def do_orphan(self, path):
        self.drop(path)

    def do_rmdir(self, path):
        self.drop(path)

    def do_rename(self, source, target):
        if target in self.names:
            # Two names of one file: rename(2) does nothing.
            if self.names[target] == self.names[source]:
                return
            self.drop(target)
        self.move(source, target)

    def do_exchange(self, one, other):
        spare = "\0exchange"
        self.move(one, spare)
        self.move(other, one)
        self.move(spare, other)

    def do_chmod(self, path, mode):
        self.node(path).mode = mode

    def do_utime(self, path, nanoseconds):
        self.node(path).mtime = nanoseconds

    def do_setxattr(self, path, name, value):
        self.node(path).xattrs[name] = value

    def do_removexattr(self, path, name):
        del self.node(path).xattrs[name]

    def do_shared(self, *_):
        """Names that all processes fight for are nobody's."""

    def do_look(self, *_):
        """Reading changes nothing."""


# What is no single step for the file system: a crash may leave a part of it.
IN_STEPS = ("create", "write", "append")
