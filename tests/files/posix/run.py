#!/usr/bin/env python3
"""`make posix`: pjdfstest (cargo's) on a FUSE mount, and through the Linux NFSv3 client in a guest.

Always holds: every case that does not pass is in expected-<door>.txt with its reason, and every line there is such a case: an outcome
that is not foreseen, in either direction, fails the run. A run of both doors writes tests/results/posix.json.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from doors import store, tools  # noqa: E402
from doors.report import save  # noqa: E402

CASES = 398
SKIPPED_MAX = 23
SECONDS = {"fuse": 600, "nfs": 1800}
LINE = re.compile(r"^(\S+::\S+|\S+)\s+(ok|skipped|FAILED)\s*$")
SUMMARY = re.compile(r"^Summary: (\d+) failed, (\d+) skipped, (\d+) passed, (\d+) expected failures, (\d+) total", re.MULTILINE)
WORDS = {"ok": "passed", "skipped": "skipped", "FAILED": "failed"}


def expected(door):
    """Case → (outcome, reason)."""
    found, path = {}, HERE / f"expected-{door}.txt"
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3 or fields[1] not in ("skipped", "failed") or not fields[2].strip() or fields[0] in found:
            raise SystemExit(f"{path.name}:{number}: not a case, skipped or failed, and a reason, or there twice")
        found[fields[0]] = (fields[1], fields[2])
    return found


def parse(output):
    """Case → outcome. The suite's own sum must be that of the lines."""
    outcomes, details, last = {}, {}, None
    for line in output.splitlines():
        found = LINE.match(line)
        if found:
            last = found.group(1)
            outcomes[last] = WORDS[found.group(2)]
        elif last and line.startswith("\t"):
            details.setdefault(last, []).append(line.strip())
    summary = SUMMARY.search(output)
    if not summary:
        raise store.Fault(f"pjdfstest did not come to its end:\n{output[-3000:]}")
    failed, skipped, passed, foreseen, total = map(int, summary.groups())
    counts = [sum(outcome == word for outcome in outcomes.values()) for word in ("failed", "skipped", "passed")]
    if counts != [failed, skipped, passed] or foreseen or total != len(outcomes):
        raise store.Fault(f"the lines say {counts} of {len(outcomes)}, and the summary {summary.group(0)!r}")
    return outcomes, details


def on_mount(one):
    """On the mount itself; another file system stands beside for the cases of EXDEV."""
    secondary = one.scratch / "secondary"
    secondary.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", secondary], check=True)
    # Others than root must reach it.
    os.chmod(one.scratch, 0o755)
    os.chmod(secondary, 0o755)
    command = [tools.tool("pjdfstest"), "-c", HERE / "pjdfstest.toml", "-p", one.place, "-s", secondary]
    try:
        return tools.run(command, SECONDS["fuse"])[1]
    finally:
        subprocess.run(["umount", secondary], check=True)


def in_guest(one):
    command = tools.guest(one, HERE / "guest.sh", tools.tool("pjdfstest"), HERE / "pjdfstest.toml", timeout=SECONDS["nfs"])
    return tools.run(command, SECONDS["nfs"] + 60)[1]


def run(door, keep):
    """The outcomes, what is wrong, and seconds."""
    begun = time.monotonic()
    wanted = expected(door)
    with store.Store(mount=door == "fuse", export=door == "nfs", keep=keep, export_options=store.AS_ROOT,
                     options="suid,dev") as one:
        outcomes, details = parse(on_mount(one) if door == "fuse" else in_guest(one))
        one.check()
    seconds = time.monotonic() - begun
    wrong = []
    for case, outcome in sorted(outcomes.items()):
        foreseen = wanted.get(case, ("passed", ""))[0]
        if outcome != foreseen:
            wrong.append(f"{case}: {outcome}, and {foreseen} was expected: {' '.join(details.get(case, []))[:300]}")
    wrong += [f"{case}: is expected to be {wanted[case][0]}, and is no case" for case in sorted(set(wanted) - set(outcomes))]
    skipped = sum(outcome == "skipped" for outcome in outcomes.values())
    if len(outcomes) != CASES:
        wrong.append(f"{len(outcomes)} cases, and not {CASES}")
    if skipped > SKIPPED_MAX:
        wrong.append(f"{skipped} skipped, and at most {SKIPPED_MAX} may be")
    counts = {word: sum(outcome == word for outcome in outcomes.values()) for word in ("passed", "failed", "skipped")}
    print(f"posix, {door}: " + ", ".join(f"{count} {word}" for word, count in counts.items())
          + f", {len(wrong)} not as expected ({seconds:.1f} s)", flush=True)
    for line in wrong:
        print(f"        {line}", flush=True)
    reasons = {case: reason for case, (_, reason) in wanted.items()}
    return {"door": door, **counts, "seconds": round(seconds, 1), "not_passed": {
        case: {"outcome": outcome, "reason": reasons.get(case)} for case, outcome in sorted(outcomes.items()) if outcome != "passed"}}, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("doors", nargs="*", choices=[[], "fuse", "nfs"], help="fuse, nfs [default: both]")
    parser.add_argument("--keep", action="store_true", help="keep the data directory")
    arguments = parser.parse_args()
    found = [run(door, arguments.keep) for door in arguments.doors or ["fuse", "nfs"]]
    wrong = [line for _, lines in found for line in lines]
    if not arguments.doors and not store.STANDIN:
        save("posix", {"tool": "pjdfstest 0.2.2", "doors": [document for document, _ in found]})
    passed = sum(document["passed"] for document, _ in found)
    print(f"posix: {passed} passed, {len(wrong)} failed", flush=True)
    sys.exit(1 if wrong or not passed else 0)


if __name__ == "__main__":
    main()
