#!/usr/bin/env python3
"""Renders the results of the suites, tests/results/<suite>.json, into README.md. `--check` changes nothing and fails where a file
is missing, the README shows other figures than the files, or a missed goal has no heading in tests/results/remedies.md.
"""
import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import report  # noqa: E402
from measure import files, readme, results  # noqa: E402
from measure.goals import from_json  # noqa: E402

README = results.ROOT / "README.md"
REMEDIES = results.DIRECTORY / "remedies.md"
SUITES = {"bench": report.readme, "scale": readme.goals, "memory": readme.goals, "s3-tests": readme.s3_tests,
          "clients": readme.clients, "crash": readme.crash, "posix": readme.posix, "pjdfstest": readme.pjdfstest,
          "integrity": readme.checks, "crossover": readme.checks, "crash-files": readme.crash_files, "nfs-client": readme.checks,
          "real-use": readme.real_use, "bench-files": files.readme}


def missed(document):
    """Names of the goals that a run did not meet."""
    return [goal.name for goal in map(from_json, document.get("goals", [])) if goal.misses()]


def without_remedy(documents):
    """Missed goals without a heading of their own, or with nothing below it: what a profile showed, and what was tried."""
    sections = {}
    for line in REMEDIES.read_text().splitlines() if REMEDIES.exists() else []:
        if line.startswith("## "):
            sections[name := line[3:].strip()] = []
        elif sections:
            sections[name].append(line)
    return [name for document in documents for name in missed(document) if not "".join(sections.get(name, []))]


def render(check):
    before = text = README.read_text()
    documents, absent = {}, []
    for suite, figures in SUITES.items():
        path = results.DIRECTORY / f"{suite}.json"
        if path.exists():
            documents[suite] = json.loads(path.read_text())
            text = readme.replace(text, suite, figures(documents[suite]))
        else:
            absent.append(f"tests/results/{path.name} is missing: make {suite}")
            text = readme.replace(text, suite, f"Not measured yet: `make {suite}`.")
    if check:
        problems = absent + [f"tests/results/remedies.md has no words on: {name}" for name in without_remedy(documents.values())]
        if text != before:
            problems.append("README.md does not show the figures in tests/results; run tests/bench/readme.py")
        if problems:
            raise SystemExit("\n".join(problems))
    elif text != before:
        README.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; fail where something is missing or differs")
    render(parser.parse_args().check)


if __name__ == "__main__":
    main()
