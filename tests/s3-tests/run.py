#!/usr/bin/env python3
"""Runs ceph/s3-tests (test_s3.py and test_headers.py) against Trefoil and compares every outcome with what is expected.

Always holds: the clone is not written to; an outcome that expected-failures.txt does not foresee, in either direction, fails the run;
every outcome of a whole run is written to tests/results/s3-tests.json, and of another none. Exit 0: as expected. 1: not. 2: no suite
was given.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "bench"))

import readme  # noqa: E402
from measure import results  # noqa: E402

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "trefoil" / "s3-tests"
FILES = ["s3tests/functional/test_s3.py", "s3tests/functional/test_headers.py"]
SUITE_COMMIT = "8f0ae7b404a3a2fcf7038bf1e6bf29544fe9b6a3"
TESTS = 883
PASSES_MIN = 440
ALONE = "test_list_buckets_paginated"


def say(text):
    print(text, flush=True)


def venv():
    """The interpreter of an environment with the pinned packages, outside the clone; made where it is missing or out of date."""
    wanted = (HERE / "requirements.txt").read_text()
    directory = CACHE / "venv"
    stamp = directory / "requirements.txt"
    python = directory / "bin" / "python"
    if not (python.exists() and stamp.exists() and stamp.read_text() == wanted):
        say(f"making {directory}")
        shutil.rmtree(directory, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    return python


def suite_commit(suite):
    """What the checkout is, with a mark where it was changed; for a copy without git, what the variable S3TESTS_COMMIT says."""
    if not (suite / ".git").exists():
        commit = os.environ.get("S3TESTS_COMMIT")
        if not commit:
            raise SystemExit(f"{suite} has no .git, so its commit is not known: set S3TESTS_COMMIT")
    else:
        def git(*words):
            return subprocess.run(["git", "-C", suite, *words], check=True, capture_output=True, text=True).stdout.strip()
        commit = git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain") else "")
    if commit != SUITE_COMMIT:
        say(f"warning: the suite is {commit}; expected-failures.txt is of {SUITE_COMMIT}")
    return commit


class Server:
    """A server of our own on a temporary directory, with the accounts that the suite wants."""

    ACCOUNTS = ["main", "alt", "tenant", "iam", "iamroot", "iamaltroot"]

    def __init__(self, binary):
        self.binary = binary
        self.scratch = tempfile.TemporaryDirectory(prefix="trefoil-s3-tests-")
        self.data = pathlib.Path(self.scratch.name) / "data"
        environment = dict(os.environ, TREFOIL_ACCESS_KEY_ID="TREFOILROOTKEY000001",
                           TREFOIL_SECRET_ACCESS_KEY=secrets.token_hex(20), TREFOIL_S3_SIGV2="true")
        self.log = open(pathlib.Path(self.scratch.name) / "log", "w+")
        self.process = subprocess.Popen(
            [binary, "serve", "--data-dir", self.data, "--s3-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
            env=environment, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        match = re.match(r"ready s3=(\S+):(\d+) ", line)
        if not match:
            self.log.seek(0)
            raise SystemExit(f"the server is not ready: {line!r}\n{self.log.read()}")
        self.host, self.port = match.group(1), int(match.group(2))

    def command(self, *arguments):
        done = subprocess.run([self.binary, *arguments, "--data-dir", self.data, "--json"], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{arguments}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def accounts(self):
        found = {}
        for name in self.ACCOUNTS:
            email, display = f"{name}@example.com", f"The {name} tester"
            user = self.command("user", "create", name, "--display-name", display, "--email", email)
            key = self.command("key", "create", name)
            found[name] = {"user_id": user["id"], "display_name": display, "email": email,
                           "access_key": key["access_key_id"], "secret_key": key["secret_access_key"]}
        return found

    def running(self):
        return self.process.poll() is None

    def stop(self):
        if self.running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        self.scratch.cleanup()


def configuration(host, port, accounts, location):
    def section(name, account, fields, more=""):
        lines = "".join(f"{field} = {account[field]}\n" for field in fields)
        return f"[{name}]\n{lines}{more}\n"
    full = ["display_name", "user_id", "email", "access_key", "secret_key"]
    return (
        f"[DEFAULT]\nhost = {host}\nport = {port}\nis_secure = False\nssl_verify = False\n\n"
        "[fixtures]\nbucket prefix = t-{random}-\niam name prefix = s3-tests-\niam path prefix = /s3-tests/\n\n"
        + section("s3 main", accounts["main"], full, f"api_name = {location}\n")
        + section("s3 alt", accounts["alt"], full)
        + section("s3 tenant", accounts["tenant"], full, "tenant = testx\n")
        + section("iam", accounts["iam"], full)
        + section("iam root", accounts["iamroot"], ["user_id", "email", "access_key", "secret_key"])
        + section("iam alt root", accounts["iamaltroot"], ["user_id", "email", "access_key", "secret_key"])
    )


def expected_failures():
    found = {}
    for number, line in enumerate((HERE / "expected-failures.txt").read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        test, tab, reason = line.partition("\t")
        if not tab or not reason.strip() or test in found:
            raise SystemExit(f"expected-failures.txt:{number}: not a test, a tab and a reason, or there twice")
        found[test] = reason
    return found


def outcomes(report):
    """Test id to (outcome, first line of what went wrong), from JUnit XML."""
    found = {}
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        module = case.get("classname").rsplit(".", 1)[-1]
        test = f"{module}.py::{case.get('name')}"
        outcome, why = "passed", ""
        for child in case:
            if child.tag in ("failure", "error"):
                # An error in the teardown of a test that passed is a failure of that test all the same.
                outcome, why = "failed", (child.get("message") or "").splitlines()[0][:300] if child.get("message") else ""
            elif child.tag == "skipped" and outcome == "passed":
                outcome, why = "skipped", child.get("message") or ""
        if test not in found or found[test][0] == "passed":
            found[test] = (outcome, why)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", nargs="?", help="a checkout of ceph/s3-tests; else the variable S3TESTS")
    parser.add_argument("--binary", default=os.environ.get("TREFOIL_BIN"), help="the server; else a release build")
    parser.add_argument("--only", default="", help="tests whose name holds this text (pytest -k); no comparison, no results file")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--location", default="files", help="a location's name for the test of GetBucketLocation")
    parser.add_argument("--readme", action="store_true", help="after a whole run, show its figures in README.md")
    options = parser.parse_args()
    suite = options.suite or os.environ.get("S3TESTS", "")
    if not suite or not (pathlib.Path(suite) / FILES[0]).exists():
        say("Name a checkout of https://github.com/ceph/s3-tests: make s3-tests S3TESTS=DIR")
        return 2
    suite = pathlib.Path(suite).resolve()
    commit = suite_commit(suite)
    expected = expected_failures()
    python = venv()
    if not options.binary:
        raise SystemExit("Name the server's binary: --binary or TREFOIL_BIN")

    server = Server(options.binary)
    begun = time.monotonic()
    try:
        scratch = pathlib.Path(server.scratch.name)
        conf, report = scratch / "s3tests.conf", scratch / "report.xml"
        conf.write_text(configuration(server.host, server.port, server.accounts(), options.location))
        # No proxy may stand between, and a configuration of the user's own must not speak.
        environment = {name: value for name, value in os.environ.items()
                       if not name.lower().endswith("_proxy") and not name.startswith("AWS_")}
        environment.update(S3TEST_CONF=str(conf), PYTHONDONTWRITEBYTECODE="1", AWS_CONFIG_FILE="/dev/null",
                           AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_EC2_METADATA_DISABLED="true")
        pytest = [python, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--timeout", "60", "--junitxml", report]
        found = {}
        if options.only:
            runs = [["--tb=short", "-n", str(options.workers), *FILES, "-k", options.only]]
        else:
            # What counts all buckets of the account has it to itself, before the workers begin.
            alone = f"{FILES[0]}::{ALONE}"
            runs = [["--tb=line", alone], ["--tb=line", "-n", str(options.workers), *FILES, "--deselect", alone]]
        for arguments in runs:
            report.unlink(missing_ok=True)
            subprocess.run(pytest + arguments, cwd=suite, env=environment)
            if not report.exists():
                raise SystemExit("pytest left no report")
            found.update(outcomes(report))
        died = not server.running()
        if options.only or died:
            server.log.seek(0)
            sys.stderr.write(server.log.read()[-4000:])
    finally:
        server.stop()
    took = time.monotonic() - begun

    counts = collections.Counter(outcome for outcome, _ in found.values())
    if options.only:
        say(f"{dict(counts)}")
        return 0
    unexpected = []
    for test, (outcome, why) in sorted(found.items()):
        if test in expected and outcome == "passed":
            unexpected.append(f"PASSED  {test}  though: {expected[test]}")
        elif test not in expected and outcome != "passed":
            unexpected.append(f"{outcome.upper()}  {test}  {why}")
    unexpected += [f"GONE    {test}" for test in expected if test not in found]
    if died:
        unexpected.append("DIED    the server ended during the run")
    if len(found) != TESTS:
        unexpected.append(f"COUNT   {len(found)} tests were run, not {TESTS}")
    if counts["passed"] < PASSES_MIN:
        unexpected.append(f"FEW     {counts['passed']} tests passed; at least {PASSES_MIN} must")

    if died or len(found) != TESTS:
        say("not a whole run: the results file stays as it was")
    else:
        results.write(results.DIRECTORY / "s3-tests.json", {
            "suite": "https://github.com/ceph/s3-tests", "suite_commit": commit, "date": results.now(),
            "trefoil_commit": results.commit(), "seconds": round(took), "counts": dict(sorted(counts.items())),
            "outcomes": {test: outcome for test, (outcome, _) in sorted(found.items())},
        })
        if options.readme:
            readme.render(check=False)
    for line in unexpected:
        say(line)
    say(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped of {len(found)} in {took:.0f} s; "
        f"{len(expected)} were expected not to pass; {len(unexpected)} unexpected")
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main())
