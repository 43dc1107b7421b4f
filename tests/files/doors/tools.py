"""Programs that the suites start: where install.sh leaves those that cargo builds, and how the guest is run.

Always holds: a program's output is kept whole; one that does not end is ended with its children.
"""
import os
import pathlib
import signal
import subprocess

from .store import EXPORT

HERE = pathlib.Path(__file__).resolve().parents[1]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "trefoil" / "files"
GUEST = HERE / "guest" / "run.sh"


def tool(name):
    return CACHE / name / "bin" / name


def run(command, timeout, log=None, **options):
    """Exit status and output (both streams). `log`: a file that has the output, too, as it is made."""
    command = [str(word) for word in command]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if log is None else open(log, "wb"),
                          stderr=subprocess.STDOUT, start_new_session=True, **options) as process:
        try:
            output, _ = process.communicate(timeout=timeout)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise AssertionError(f"{command[0]} has no end within {timeout} s") from None
            raise
    return process.returncode, (pathlib.Path(log).read_bytes() if log else output).decode(errors="replace")


def must(command, timeout, **options):
    """Its output; a status other than 0 is a failure that shows the end of it."""
    status, output = run(command, timeout, **options)
    if status != 0:
        raise AssertionError(f"{' '.join(str(word) for word in command)[:300]}: exit {status}\n{output[-3000:]}")
    return output


def guest(store, script, *arguments, timeout=600, options=None, job=None, port=None, memory=None):
    """The command that runs a script in a guest with the store's export mounted; `port`: of another server than the store's."""
    command = [GUEST, "--timeout", timeout, "--export", EXPORT, "--port", port or store.nfs_address.rpartition(":")[2]]
    command += ["--options", options] if options else []
    command += ["--job", job] if job else []
    command += ["--memory", memory] if memory else []
    return [str(word) for word in [*command, script, *arguments]]
