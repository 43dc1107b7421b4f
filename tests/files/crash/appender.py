"""One who writes records behind each other into a file of the mount, syncs now and then, and does not close it.

Always holds: after a crash the file is as far as it was written, at some moment since the last sync that was answered: what is lost is its
end, and nothing before that.
"""
import os
import threading
import time

from doors import store

RECORDS_MAX = 20_000
SYNC_EVERY = 700


def record(number):
    """Of 8 to some 3,000 bytes, and like no other."""
    return f"{number:07d}:".encode() * (1 + number * 7919 % 400)


class Appender(threading.Thread):
    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.stop = path, False
        self.written, self.synced, self.failure = 0, 0, None

    def run(self):
        descriptor = None
        try:
            descriptor = os.open(self.path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644)
            for number in range(RECORDS_MAX):
                body = record(number)
                # Said before: the write that a crash meets may be there.
                self.written += len(body)
                # Where the server dies between two pages of it, it is short.
                if os.write(descriptor, body) != len(body):
                    return
                if number % SYNC_EVERY == SYNC_EVERY - 1:
                    length = self.written
                    os.fsync(descriptor)
                    self.synced = length
                if self.stop:
                    return
            while not self.stop:
                time.sleep(0.01)
        except OSError as error:
            # The server's death.
            self.failure = error
        finally:
            if descriptor is not None:
                try:
                    os.close(descriptor)
                except OSError as error:
                    self.failure = self.failure or error

    def verify(self):
        """How many bytes are there."""
        with open(self.path, "rb") as file:
            found = file.read()
        if not self.synced <= len(found) <= self.written:
            raise store.Fault(f"{self.path.name}: {len(found)} bytes are there; {self.synced} were synced, {self.written} written")
        at, number = 0, 0
        while at < len(found):
            expected = record(number)[:len(found) - at]
            if found[at:at + len(expected)] != expected:
                raise store.Fault(f"{self.path.name}: record {number}, at {at} of {len(found)} bytes, is another")
            at, number = at + len(expected), number + 1
        os.unlink(self.path)
        return len(found)
