#!/usr/bin/env python3
"""`make pjdfstest PJDFSTEST=DIR`: the C suite of pjdfstest, from a built checkout, on a FUSE mount. There is no list of exceptions.

Always holds: passes only if every test passed and there were as many as the suite has; a run writes tests/results/pjdfstest.json.
Exit 2: no suite was given.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from doors import store, tools  # noqa: E402
from doors.report import save  # noqa: E402

TESTS = 8827
SECONDS_MAX = 3600
SUMMARY = re.compile(r"^Files=(\d+), Tests=(\d+),", re.MULTILINE)
FAILED_FILE = re.compile(r"^(\S+\.t)\s+\(Wstat: (\d+).*Tests: (\d+) Failed: (\d+)\)", re.MULTILINE)
FAILED_TESTS = re.compile(r"^  Failed tests?:\s+(.*(?:\n                .*)*)", re.MULTILINE)


def commit(suite):
    done = subprocess.run(["git", "-C", suite, "rev-parse", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else os.environ.get("PJDFSTEST_COMMIT", "unknown")


def parse(output):
    """Files, tests, and file → what `prove` says of its failures."""
    summary = SUMMARY.search(output)
    if not summary:
        raise SystemExit(f"pjdfstest: prove did not come to its end:\n{output[-3000:]}")
    failures = {}
    for found in FAILED_FILE.finditer(output):
        # prove also names files of which tests passed that Linux is known to fail: `chown` of nobody to nobody leaves ctime alone here.
        if found.group(2) == "0" and found.group(4) == "0":
            continue
        which = FAILED_TESTS.match(output, found.end() + 1)
        failures[found.group(1)] = {"failed": int(found.group(4)), "which": re.sub(r"\s+", " ", which.group(1)) if which else None}
    return int(summary.group(1)), int(summary.group(2)), failures


def configured(suite, scratch):
    """A copy of the tests that takes the mount for ext4: by the file system's name the suite knows whether a rename is to change the file's
    ctime, as it does on ext4 and here, and it knows no name of ours."""
    copy = pathlib.Path(scratch) / "suite"
    shutil.copytree(suite / "tests", copy / "tests")
    shutil.copy2(suite / "pjdfstest", copy / "pjdfstest")
    for path in [copy, *copy.rglob("*")]:
        path.chmod(0o755)
    with open(copy / "tests" / "conf", "a", encoding="utf-8") as conf:
        conf.write('\nfs="EXT4"\n')
    return copy / "tests"


def main():
    suite = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] else "/nowhere").resolve()
    if not (suite / "tests" / "chmod" / "00.t").exists() or not os.access(suite / "pjdfstest", os.X_OK):
        print("make pjdfstest: give PJDFSTEST=DIR, a built checkout of https://github.com/pjd/pjdfstest (autoreconf -ifs && ./configure && "
              "make pjdfstest)", file=sys.stderr)
        sys.exit(2)
    begun = time.monotonic()
    with store.Store(options="suid,dev") as one:
        os.chmod(one.scratch, 0o755)
        tests_of = configured(suite, one.scratch)
        status, output = tools.run(["prove", "-rQ", tests_of], SECONDS_MAX, cwd=one.place)
        one.check()
    seconds = time.monotonic() - begun
    files, tests, failures = parse(output)
    failed = sum(failure["failed"] for failure in failures.values())
    good = status == 0 and not failures and tests == TESTS
    shown = {str(pathlib.Path(name).relative_to(tests_of)): failure for name, failure in failures.items()}
    if not store.STANDIN:
        save("pjdfstest", {"suite_commit": commit(suite), "files": files, "tests": tests, "passed": tests - failed, "failed": failed,
                           "seconds": round(seconds, 1), "failures": shown})
    for name, failure in shown.items():
        print(f"FAILED  {name}: {failure['failed']} of its tests: {failure['which']}")
    if not good and not failures:
        print(f"FAILED  prove: exit {status}, {tests} tests where {TESTS} are due\n{output[-2000:]}")
    print(f"pjdfstest: {tests - failed} passed, {max(failed, 0 if good else 1)} failed ({seconds:.0f} s)")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
