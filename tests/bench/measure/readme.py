"""A suite's place in the README: between `<!-- suite:begin -->` and `<!-- suite:end -->`.

Always holds: what is shown is made from the results file alone.
"""
import re

from .goals import HEADS, from_json
from .show import markdown


def head(document):
    """When, what and where: a sentence."""
    machine = document["machine"]
    return (f"`make {document['suite']}` on {document['date'][:10]}, commit `{document['commit'][:12]}`: {machine['cores']} cores of "
            f"{machine['cpu']}, {machine['memory_bytes'] / (1 << 30):.0f} GiB, {machine['os']}, kernel {machine['kernel']}, "
            f"{machine['file_system']}; load before the run {machine['load_average_at_start']}.")


def anchor(heading):
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def goal_table(document):
    """The goals; a missed one leads to what was found and tried."""
    rows = []
    for goal in map(from_json, document["goals"]):
        row = goal.row()
        if goal.misses():
            row[3] = f"[{row[3]}](tests/results/remedies.md#{anchor(goal.name)})"
        rows.append(row)
    return markdown(HEADS, rows)


def goals(document):
    """What a suite shows that has nothing but goals."""
    return head(document) + "\n\n" + goal_table(document)


# What others pass of the same 883 tests, counted once and not by our runner.
S3_TESTS_PEERS = "radosgw 16 475 (it has policies and object lock), RustFS 452, CloudServer 402, MinIO 356, Garage 258"


def s3_tests(document):
    """The public suite's count."""
    counts, outcomes = document["counts"], len(document["outcomes"])
    day = f" on {document['date'][:10]}" if "date" in document else ""
    return (f"`make s3-tests`{day}, commit `{document['trefoil_commit'][:12]}`, suite [{document['suite_commit'][:12]}]"
            f"({document['suite']}/tree/{document['suite_commit'].removesuffix('+changes')}): {counts['passed']} of {outcomes} tests "
            f"pass, {counts.get('failed', 0)} fail, {counts.get('skipped', 0)} are skipped by the suite; "
            "[expected-failures.txt](tests/s3-tests/expected-failures.txt) has a reason for each that does not pass. "
            f"Others, of the same tests: {S3_TESTS_PEERS}.")


def crash(document):
    """What the crashes left."""
    points, load = document["points"], document["load"]
    return (f"`make crash` on {document['date']}, commit `{document['commit'][:12]}`: {points['crashes']:,} deaths at "
            f"{len(points['points'])} named points, in {len(points['shapes'])} shapes of content; then {load['cycles']} times kill -9 "
            f"under load of {load['writers']} writers, with {load['acknowledged']:,} changes acknowledged. Lost, half or unclean "
            f"afterwards: {points['problems'] + load['problems']}.")


def clients(document):
    """What real clients did."""
    rows = [[c["client"], c["version"], c["passed"], c["failed"]] for c in document["clients"]]
    return (f"`make clients` on {document['date'][:10]}, commit `{document['commit'][:12]}`:\n\n"
            + markdown(["client", "version", "checks passed", "failed"], rows))


def when(document):
    """Of a suite that has no goals: what, when, of which commit."""
    return f"`make {document['suite']}` on {document['date'][:10]}, commit `{document['commit'][:12]}`"


def posix(document):
    """The public suite by cargo, on both doors."""
    doors = {"fuse": "on a FUSE mount", "nfs": "through Linux's NFSv3 client"}
    shown = [f"{doors[one['door']]} {one['passed']} of {one['passed'] + one['failed'] + one['skipped']} cases pass, {one['failed']} fail, "
             f"{one['skipped']} are skipped" for one in document["doors"]]
    return (f"{when(document)} ({document['tool']}): {'; '.join(shown)}. [expected-fuse.txt](tests/files/posix/expected-fuse.txt) and "
            "[expected-nfs.txt](tests/files/posix/expected-nfs.txt) have a reason for each that does not pass.")


def pjdfstest(document):
    """The C suite."""
    return (f"{when(document)}, suite `{document['suite_commit'][:12]}`: {document['passed']:,} of {document['tests']:,} tests in "
            f"{document['files']} files pass on a FUSE mount, {document['failed']} fail. Nothing is left out.")


def checks(document):
    """A suite of named checks."""
    return f"{when(document)}: {document['passed']} checks pass, {document['failed']} fail."


def crash_files(document):
    """What kill -9 left of the file doors' work."""
    runs = ", ".join(f"{run['kills']} times with `durability={run['durability']}` ({run['operations']:,} operations on the mount, "
                     f"{run['answers']:,} by S3 and NFS; back in {run['restart_seconds_max']:.1f} s at most)" for run in document["runs"])
    return (f"{when(document)}: kill -9 during a storm of {document['processes']} processes, {runs}; {len(document['order'])} traces of "
            f"what is synced before an answer. Lost, half, unclean or out of order: {document['problems']}.")


def real_use(document):
    """Everyday work beside the file system below."""
    rows = [[use["use"], f"{use['seconds']:.1f} s", f"{use['beside_seconds']:.1f} s", f"{use['ratio']:.2f}"] for use in document["uses"]]
    return (f"{when(document)}, {document['failed']} failed, on {document['machine']['cores']} cores, "
            f"{document['machine']['file_system']}:\n\n" + markdown(["use", "on the mount", "below it", "ratio"], rows))


def replace(text, suite, figures):
    """The README's text with the figures in their place; without the marks nothing is guessed."""
    begin_mark, end_mark = f"<!-- {suite}:begin -->", f"<!-- {suite}:end -->"
    begin, end = text.find(begin_mark), text.find(end_mark)
    if begin < 0 or end < begin:
        raise SystemExit(f"README.md has no {begin_mark} and {end_mark}")
    return text[:begin + len(begin_mark)] + "\n" + figures + "\n" + text[end:]
