"""What the suites say: a line a check, as `make clients` does, and tests/results/<suite>.json.

Always holds: a suite that had a failure, or no check at all, ends with status 1.
"""
import pathlib
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

import readme  # noqa: E402
from measure import results  # noqa: E402


def save(suite, document):
    """Writes tests/results/<suite>.json and shows it in README.md."""
    results.write(results.DIRECTORY / f"{suite}.json", {"suite": suite, "date": results.now(), "commit": results.commit(), **document})
    readme.render(check=False)


class Report:
    def __init__(self, suite):
        self.suite, self.outcomes, self.seconds = suite, {}, {}
        self.failed = 0

    def note(self, name, failure, seconds):
        if name in self.outcomes:
            raise ValueError(f"two checks are called {name!r}")
        self.outcomes[name] = "failed" if failure else "passed"
        self.seconds[name] = round(seconds, 2)
        mark = "FAILED " if failure else "ok     "
        print(f"{mark} {self.suite}: {name} ({seconds:.1f} s)", flush=True)
        if failure:
            self.failed += 1
            for line in str(failure).splitlines()[-40:]:
                print(f"        {line}", flush=True)

    def check(self, name, function, *arguments, **named):
        """Runs it; what it raises is the failure. Returns what it returns, or None."""
        begun = time.monotonic()
        try:
            found = function(*arguments, **named)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            where = "" if isinstance(error, AssertionError) and str(error) else traceback.format_exc(limit=-4)
            self.note(name, f"{where}{type(error).__name__}: {error}", time.monotonic() - begun)
            return None
        self.note(name, None, time.monotonic() - begun)
        return found

    def finish(self, write=False, **more):
        """The closing line; with `write`, the results file. The exit status."""
        passed = len(self.outcomes) - self.failed
        if write:
            save(self.suite, {"passed": passed, "failed": self.failed, **more, "outcomes": self.outcomes, "seconds": self.seconds})
        print(f"{self.suite}: {passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.outcomes else 0
