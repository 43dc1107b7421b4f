"""What a file system has of one process's names, and whether it is what its model says.

Always holds: what completed must be there exactly; the one operation that a crash interrupted may be there, not be there, or, where it
has several steps, be there in part: with each byte the old, the new or a hole's.
"""
import os
import stat

from .model import IN_STEPS, Node

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo"}
DIFFERENCES_SHOWN = 10


def owner(path, prefix):
    """Whether one of the first two names of a path is this process's; all below is then its, too."""
    return any(name.startswith(prefix) for name in path.split("/")[:2])


def read(path):
    with open(path, "rb", buffering=0) as file:
        return file.read()


def look(root, path):
    """A name as a Node, with the number of its links and its inode."""
    full = os.path.join(root, path)
    status = os.lstat(full)
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    content = read(full) if kind == "file" else os.readlink(full).encode() if kind == "symlink" else b""
    if kind in ("file", "symlink") and status.st_size != len(content):
        raise AssertionError(f"{path}: stat says {status.st_size} bytes, and there are {len(content)}")
    # user.* xattrs are of files and directories only, xattr(7).
    found = os.listxattr(full, follow_symlinks=False) if kind in ("file", "directory") else []
    xattrs = {name: os.getxattr(full, name) for name in found if name.startswith("user.")}
    node = Node(kind, content, 0 if kind == "symlink" else stat.S_IMODE(status.st_mode), xattrs, status.st_mtime_ns)
    return node, status.st_nlink, status.st_ino


def names(root, prefix):
    """Paths below the root that are this process's."""
    found = []
    for directory, directories, files in os.walk(root):
        below = os.path.relpath(directory, root)
        for name in directories + files:
            path = name if below == "." else f"{below}/{name}"
            if owner(path, prefix):
                found.append(path)
    return found


def is_between(found, before, after):
    """Whether bytes are what a write leaves that did not end: of a length between, each old, new or zero."""
    if not min(len(before), len(after)) <= len(found) <= max(len(before), len(after)):
        return False
    old, new = before.ljust(len(found), b"\0"), after.ljust(len(found), b"\0")
    return all(byte in (old[at], new[at], 0) for at, byte in enumerate(found) if byte != new[at] or byte != old[at])


def differences(root, seen, model, partial=None):
    """Lines that say where the file system (its names: `seen`) and the model differ. `partial`: a path, and its contents before and after."""
    loose, wrong, inodes = (partial or (None, b"", b"")), [], {}
    optional = {loose[0]} if loose[0] else set()
    for path in sorted(set(model.names) - set(seen) - optional):
        wrong.append(f"{path}: a {model.node(path).kind} was made and is not there")
    for path in sorted(set(seen) - set(model.names) - optional):
        wrong.append(f"{path}: is there, and was never made or was removed")
    for path in sorted(set(seen) & set(model.names)):
        found, links, inode = look(root, path)
        wanted = model.node(path)
        if found.kind != wanted.kind:
            wrong.append(f"{path}: a {found.kind}, and not a {wanted.kind}")
            continue
        if found.content != wanted.content:
            is_loose = loose[0] is not None and model.names.get(loose[0]) == model.names[path]
            if not (is_loose and is_between(found.content, loose[1], loose[2])):
                first = next((at for at, (a, b) in enumerate(zip(found.content, wanted.content)) if a != b), "the end")
                wrong.append(f"{path}: {len(found.content)} bytes and not the {len(wanted.content)} that were written; first other at {first}")
        if wanted.kind in ("file", "directory", "fifo") and found.mode != wanted.mode:
            wrong.append(f"{path}: mode {found.mode:o} and not {wanted.mode:o}")
        if found.xattrs != wanted.xattrs:
            wrong.append(f"{path}: xattrs {sorted(found.xattrs)} and not {sorted(wanted.xattrs)}, or other values")
        if wanted.mtime is not None and path != loose[0] and found.mtime != wanted.mtime:
            wrong.append(f"{path}: mtime {found.mtime} and not {wanted.mtime}")
        if wanted.kind == "file" and not optional and links != model.links(path):
            wrong.append(f"{path}: {links} links and not {model.links(path)}")
        if inodes.setdefault(model.names[path], inode) != inode:
            wrong.append(f"{path}: another inode than its other names")
    return wrong


def part(before, after, operation):
    """For an operation in steps: the path, and its contents before and after it."""
    if operation[0] not in IN_STEPS:
        return None
    path = operation[1]
    old = before.node(path).content if path in before.names else b""
    return path, old, after.node(path).content if path in after.names else old


def verify(root, prefix, model, pending=None):
    """The model as it is now, with what became of the operation `pending`. Raises where the file system differs."""
    seen = names(root, prefix)
    wrong = differences(root, seen, model)
    if not wrong:
        return model
    if pending is None:
        raise AssertionError("\n".join(wrong[:DIFFERENCES_SHOWN]))
    after = model.copy()
    after.apply(pending)
    if not differences(root, seen, after):
        return after
    loose = part(model, after, pending)
    if loose is None:
        shown = [*wrong[:DIFFERENCES_SHOWN], "if it had been done:", *differences(root, seen, after)[:DIFFERENCES_SHOWN]]
        raise AssertionError(f"neither without nor with {pending[:3]!r:.300}:\n" + "\n".join(shown))
    for state in (after, model):
        wrong = differences(root, seen, state, loose)
        if not wrong:
            return settle(root, seen, state, loose[0])
    raise AssertionError(f"not what {pending[:2]!r} may leave in part:\n" + "\n".join(wrong[:DIFFERENCES_SHOWN]))


def settle(root, seen, model, path):
    """The model with this path as it was found."""
    if path not in seen:
        if path in model.names:
            model.drop(path)
        return model
    found, _, _ = look(root, path)
    found.mtime = None
    if path in model.names:
        model.node(path).content, model.node(path).mtime = found.content, None
    else:
        model.add(path, found)
    return model
