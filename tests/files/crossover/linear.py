"""Whether a recorded history of one register is linearizable.

An operation has a client, a kind (`write`, `read`, `delete`), a value, when it was called and when it returned (None: nobody knows
whether it was done). Values that are written are unique; None is the absent register.

Always holds: the answer is exact: every order that the times allow is tried, though no state twice (Lowe, "Testing for linearizability",
2017: just-in-time linearization). A read is done as soon as it can be, for that forbids nothing later.
"""
import collections

Operation = collections.namedtuple("Operation", "client kind value called returned door")
STATES_MAX = 200_000
SHOWN = 12


class TooMany(Exception):
    """The history can't be decided within STATES_MAX."""


def step(state, operation):
    """The register's value behind the operation, or no value at all where it can't be here."""
    if operation.kind == "read":
        return (state,) if state == operation.value else ()
    return (operation.value,) if operation.kind == "write" else (None,)


def check(history, initial=None):
    """None, or the operation at whose return no order is left, with those around it."""
    events = []
    for number, operation in enumerate(history):
        events.append((operation.called, 1, number))
        if operation.returned is not None:
            events.append((operation.returned, 0, number))
    # At the same instant a call counts as the earlier: more orders are allowed, never fewer.
    events.sort(key=lambda event: (event[0], -event[1], event[2]))
    pending, states = set(), {(initial, frozenset())}

    def settled(value, done):
        """With all pending reads of this value."""
        return value, done.union(other for other in pending - done if history[other].kind == "read" and history[other].value == value)

    for _, is_call, number in events:
        if is_call:
            pending.add(number)
            states = {settled(*state) for state in states}
            continue
        found, seen, stack = set(), set(states), list(states)
        while stack:
            value, done = stack.pop()
            if number in done:
                found.add((value, done - {number}))
                continue
            for other in pending - done:
                for after in step(value, history[other]):
                    state = settled(after, done | {other})
                    if state not in seen:
                        if len(seen) > STATES_MAX:
                            raise TooMany(f"more than {STATES_MAX} states at once")
                        seen.add(state)
                        stack.append(state)
        if not found:
            return explain(history, number, states)
        states = found
        pending.discard(number)
    return None


def explain(history, number, states):
    """The operation, what the register could be, and what ran about then."""
    failed = history[number]
    about = [one for one in history if one.called <= failed.returned and (one.returned is None or one.returned >= failed.called - 0.02)]
    lines = [f"{failed.client} by {failed.door}: {failed.kind} {failed.value!r} has no place; before it the register was one of "
             f"{sorted({str(value) for value, _ in states})[:6]}"]
    for one in sorted(about, key=lambda one: one.called)[-SHOWN:]:
        ended = "?" if one.returned is None else f"{(one.returned - failed.called) * 1e3:8.3f}"
        lines.append(f"{(one.called - failed.called) * 1e3:8.3f} … {ended} ms  {one.client:>3} {one.door:12} {one.kind} {one.value!r}")
    return "\n".join(lines)


def _history(*rows):
    return [Operation(client, kind, value, called, returned, "model") for client, kind, value, called, returned in rows]


def prove_checker():
    """The checker itself: it passes what may be, and finds what may not."""
    good = [_history(("a", "write", 1, 0, 1), ("b", "read", 1, 2, 3)),
            # A read beside a write sees either.
            _history(("a", "write", 1, 0, 9), ("b", "read", None, 1, 2), ("c", "read", 1, 3, 4)),
            # A write of which nobody knows may be done later, or never.
            _history(("a", "write", 1, 0, None), ("b", "read", None, 5, 6), ("b", "read", 1, 7, 8)),
            _history(("a", "write", 1, 0, 1), ("b", "delete", None, 2, 5), ("c", "read", 1, 3, 4), ("c", "read", None, 6, 7)),
            # A delete takes effect once, though it might have done so before.
            _history(("a", "delete", None, 0, 10), ("b", "write", 1, 1, 2), ("c", "read", None, 3, 4)),
            _history(("a", "write", 1, 0, 10), ("b", "write", 2, 0, 10), ("c", "read", 2, 1, 2), ("c", "read", 1, 3, 4))]
    bad = [_history(("a", "write", 1, 0, 1), ("b", "read", None, 2, 3)),
           # Seen, and then not any more.
           _history(("a", "write", 1, 0, 9), ("b", "read", 1, 1, 2), ("c", "read", None, 3, 4)),
           _history(("a", "write", 1, 0, 1), ("a", "write", 2, 2, 3), ("b", "read", 1, 4, 5)),
           _history(("a", "write", 1, 0, 1), ("b", "read", 7, 2, 3)),
           _history(("a", "write", 1, 0, 10), ("b", "write", 2, 0, 10), ("c", "read", 2, 1, 2), ("c", "read", 1, 3, 4), ("d", "read", 2, 5, 6)),
           _history(("a", "write", 1, 0, 1), ("b", "delete", None, 2, 3), ("c", "read", 1, 4, 5))]
    for history in good:
        assert check(history) is None, f"the checker refuses what may be: {check(history)}"
    for history in bad:
        assert check(history) is not None, f"the checker passes what may not be: {history}"
