"""Names in a mount and the keys that they show.

A name that begins with `%~` is an escape: `%~sNAME` a file that a directory of the same name shadows, `%~e` the directory with the empty
name, `%~d` and `%~D` those called `.` and `..`, `%~nNAME` a name with NUL (NUL and `%` percent-encoded), `%~lNODE` one of more than 255
bytes, `%~rNAME` a real name that begins with `%~` or looks like one of `.nfs…`.

Always holds: a path has one key, but for the long names, of which only the length is known: they are LONG in both.
"""
import re

LONG = b"\0long\0"
NAME_MAX = 255
MARK = b"%~"


class Unknown(Exception):
    """No escape that is agreed on."""


def segment(name):
    """The key's segment that a name in a mount shows; bytes."""
    if not name.startswith(MARK):
        return name
    kind, rest = name[2:3], name[3:]
    silly = re.fullmatch(rb"\.nfs[0-9A-Fa-f]{8,}", rest)
    # What needs an escape itself has one by number where it is shadowed.
    if kind == b"s" and rest and not (silly or rest.startswith(MARK) or rest in (b".", b"..")):
        return rest
    if kind == b"r" and (silly or rest.startswith(MARK)):
        return rest
    if kind == b"n" and re.search(rb"%00", rest):
        return re.sub(rb"%(00|25)", lambda found: bytes([int(found.group(1), 16)]), rest)
    if kind == b"l" and re.fullmatch(rb"[0-9a-f]+", rest):
        return LONG
    plain = {b"e": b"", b"d": b".", b"D": b".."}
    if kind in plain and not rest:
        return plain[kind]
    raise Unknown(f"{name!r} is no escape")


def key(path):
    """The key of a path below the mount, bytes, without a slash at its end."""
    return b"/".join(segment(name) for name in path.split(b"/"))


def shortened(found):
    """A key with its long segments put as LONG, as `key` has them."""
    return b"/".join(LONG if len(part) > NAME_MAX else part for part in found.split(b"/"))
