"""Results files: `tests/results/<suite>.json`, with what is needed to judge their figures later.

Always holds: a file is there whole or as it was; it names our commit and whether the tree had changes, the machine and the date.
"""
import datetime
import json
import os
import pathlib
import platform
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
DIRECTORY = ROOT / "tests" / "results"


def _git(*words):
    done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def commit():
    found = _git("rev-parse", "HEAD") or "unknown"
    # Results and the README that shows them are written after the run that made them.
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!tests/results", ":!README.md")
    return found + ("+changes" if changed else "")


def _first(path, name):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.split(":", 1)[1].strip()
    return None


def _os_name():
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip('"')
    return platform.system()


def _file_system(directory):
    """The type of the mount that holds the directory."""
    directory, found, length = os.path.realpath(directory), None, -1
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind = line.split(" ")[:3]
        if len(place) > length and (directory + "/").startswith(place.rstrip("/") + "/"):
            found, length = kind, len(place)
    return found


def machine(directory):
    """The machine, its load now and the file system of the directory that is measured."""
    return {"cpu": _first("/proc/cpuinfo", "model name"), "cores": len(os.sched_getaffinity(0)),
            "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), "kernel": platform.release(),
            "os": _os_name(), "file_system": _file_system(directory), "load_average_at_start": round(os.getloadavg()[0], 2)}


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def write(path, document):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    draft.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    draft.replace(path)
