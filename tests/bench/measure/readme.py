"""A suite's place in the README: between `<!-- suite:begin -->` and `<!-- suite:end -->`."""
from .goals import HEADS, from_json
from .show import markdown


def head(document):
    """When, what and where: a sentence."""
    machine = document["machine"]
    return (f"`make {document['suite']}` on {document['date'][:10]}, commit `{document['commit'][:12]}`: {machine['cores']} cores of "
            f"{machine['cpu']}, {machine['memory_bytes'] / (1 << 30):.0f} GiB, {machine['os']}, kernel {machine['kernel']}, "
            f"{machine['file_system']}; load before the run {machine['load_average_at_start']}.")


def goals(document):
    """What a suite shows that has nothing but goals."""
    return head(document) + "\n\n" + markdown(HEADS, [goal.row() for goal in map(from_json, document["goals"])])


def replace(text, suite, figures):
    """The README's text with the figures in their place; without the marks nothing is guessed."""
    begin_mark, end_mark = f"<!-- {suite}:begin -->", f"<!-- {suite}:end -->"
    begin, end = text.find(begin_mark), text.find(end_mark)
    if begin < 0 or end < begin:
        raise SystemExit(f"README.md has no {begin_mark} and {end_mark}")
    return text[:begin + len(begin_mark)] + "\n" + figures + "\n" + text[end:]
