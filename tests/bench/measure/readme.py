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


def replace(text, suite, figures):
    """The README's text with the figures in their place; without the marks nothing is guessed."""
    begin_mark, end_mark = f"<!-- {suite}:begin -->", f"<!-- {suite}:end -->"
    begin, end = text.find(begin_mark), text.find(end_mark)
    if begin < 0 or end < begin:
        raise SystemExit(f"README.md has no {begin_mark} and {end_mark}")
    return text[:begin + len(begin_mark)] + "\n" + figures + "\n" + text[end:]
