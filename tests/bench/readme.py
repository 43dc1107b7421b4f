#!/usr/bin/env python3
"""Renders tests/results/{bench,scale,memory}.json into README.md. `--check` changes nothing and fails where the README shows
other figures than the files.
"""
import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import report  # noqa: E402
from measure import readme, results  # noqa: E402

README = results.ROOT / "README.md"
SUITES = {"bench": report.readme, "scale": readme.goals, "memory": readme.goals}


def render(check):
    before = text = README.read_text()
    for suite, figures in SUITES.items():
        path = results.DIRECTORY / f"{suite}.json"
        shown = figures(json.loads(path.read_text())) if path.exists() else f"Not measured yet: `make {suite}`."
        text = readme.replace(text, suite, shown)
    if text != before:
        if check:
            raise SystemExit("README.md does not show the figures in tests/results; run tests/bench/readme.py")
        README.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; fail where the README differs")
    render(parser.parse_args().check)


if __name__ == "__main__":
    main()
