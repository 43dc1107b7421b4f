"""What processes cost, from the kernel; starting and stopping them, and where they run.

Always holds: only processes that were started here are stopped, by their id; a process that has gone is an error, not zero.
"""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 60


def cpu_seconds(pids):
    """User and system time of these processes so far, all threads. The kernel counts in ticks of 10 ms."""
    ticks = 0
    for pid in pids:
        # The name in field 2 may contain anything, parentheses and spaces too.
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND


def _threads(pids):
    return [int(task.name) for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]


@contextlib.contextmanager
def on_one_core(pids):
    """These processes, and what is started meanwhile, run on one core.

    Two processes that answer each other wake each other's core at each step. In a virtual machine that is an exit to the host: it was seen to
    cost five times the work of a small request, and costs as much as the host pleases, hour by hour."""
    before = os.sched_getaffinity(0)
    core = {max(before)}
    pinned = {}

    def pin(thread, cores):
        # A thread may end at any time.
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(thread, cores)
    try:
        os.sched_setaffinity(0, core)
        for thread in _threads(pids):
            with contextlib.suppress(ProcessLookupError):
                pinned[thread] = os.sched_getaffinity(thread)
            pin(thread, core)
        yield
    finally:
        os.sched_setaffinity(0, before)
        for thread in _threads(pids):
            # Those that were begun meanwhile, too.
            pin(thread, pinned.get(thread, before))


def _status_bytes(pids, name):
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                total += int(line.split()[1]) * 1024
                break
        else:
            raise RuntimeError(f"/proc/{pid}/status has no {name}")
    return total


def resident_bytes(pids):
    """Resident memory now."""
    return _status_bytes(pids, "VmRSS")


def peak_resident_bytes(pids):
    """The most that was resident since the start or the last `forget_peak`; for several processes the sum of their peaks."""
    return _status_bytes(pids, "VmHWM")


def forget_peak(pid):
    """The peak begins anew (proc(5), clear_refs 5)."""
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5\n")


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        found.extend(int(child) for child in (task / "children").read_text().split())
    return found


def free_port():
    """A port that nobody listens on now. Another process may take it first; then the server does not start, and says so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, log, **options):
    """Starts a process with its output in the file `log`."""
    with open(log, "ab") as output:
        options.setdefault("stdout", output)
        return subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stderr=output, **options)


def stop(process):
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(what, condition, process, log, seconds=60):
    """Waits for the condition; ends with the log's last lines where the process has gone or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if condition():
            return
        time.sleep(0.05)
    tail = pathlib.Path(log).read_text(errors="replace").splitlines()[-15:]
    raise RuntimeError(f"{what} is not ready (exit status {process.poll()}):\n" + "\n".join(tail))


def settle(pids, seconds=10.0, idle=0.05):
    """Waits until the processes use less than `idle` of a core for half a second: flushes and compactions of before are done."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        before = cpu_seconds(pids)
        time.sleep(0.5)
        if cpu_seconds(pids) - before <= idle * 0.5:
            return
