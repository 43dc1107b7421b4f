"""The storm as a whole: its processes, and what is checked after it.

Always holds: a process's failure is raised, with what it was doing; after `verify`, the state files hold what the file system has.
"""
import multiprocessing
import os
import pickle
import time

from . import observe, worker

END_SECONDS = 60


class Storm:
    def __init__(self, root, states, processes=8, seed=1):
        self.root, self.states, self.processes, self.seed = str(root), str(states), processes, seed
        os.makedirs(self.states, exist_ok=True)
        self.context = multiprocessing.get_context("fork")
        self.killed, self.running = None, []
        worker.prepare(self.root)

    def state(self, number):
        return os.path.join(self.states, f"worker-{number}")

    def _run(self, number, until, killed):
        os.umask(0)
        worker.Worker(self.root, number, self.seed, self.state(number), killed).run(until)

    def begin(self, seconds, may_be_killed=False):
        """Starts the processes. Who is going to kill the server calls `kills_now` right before."""
        self.killed = self.context.Value("d", 0.0) if may_be_killed else None
        until = time.monotonic() + seconds
        self.running = [self.context.Process(target=self._run, args=(number, until, self.killed)) for number in range(self.processes)]
        for process in self.running:
            process.start()

    def kills_now(self):
        self.killed.value = time.monotonic()

    def end(self):
        """Waits for them. How many operations were completed."""
        for process in self.running:
            process.join(END_SECONDS)
            if process.is_alive():
                process.kill()
                raise AssertionError(f"a process of the storm hangs: {END_SECONDS} s after it had to end")
        count, failures = 0, []
        for number in range(self.processes):
            with open(self.state(number), "rb") as file:
                saved = pickle.load(file)
            count += saved["count"]
            if saved["failure"]:
                failures.append(f"process {number}: {saved['failure']}")
        if failures:
            raise AssertionError("\n".join(failures))
        return count

    def run(self, seconds):
        self.begin(seconds)
        deadline = time.monotonic() + seconds + END_SECONDS
        for process in self.running:
            process.join(max(0, deadline - time.monotonic()))
        return self.end()

    def verify(self):
        """Each process's names are what its model says."""
        for number in range(self.processes):
            with open(self.state(number), "rb") as file:
                saved = pickle.load(file)
            try:
                saved["model"] = observe.verify(self.root, f"w{number}-", saved["model"], saved["pending"])
            except AssertionError as error:
                raise AssertionError(f"process {number}, after {saved['count']} operations: {error}") from None
            saved["pending"] = None
            with open(self.state(number), "wb") as file:
                pickle.dump(saved, file)
