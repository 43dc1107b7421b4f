#!/usr/bin/env python3
"""In a guest: writes file after file with fsync, and one long file without, while the host kills the server and starts it again.
Arguments: seconds.

Always holds: a name goes to /guest/job/synced, which the host reads, once its fsync came back without an error; at the end all is read
again from the server and compared.
"""
import hashlib
import os
import random
import sys
import time

CHUNK = 100_000


def main():
    until, pick, synced = time.monotonic() + float(sys.argv[1]), random.Random(1), {}
    os.mkdir("synced")
    journal = os.open("/guest/job/synced", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    whole = hashlib.md5()
    with open("long", "wb", buffering=0) as long:
        number = 0
        while time.monotonic() < until:
            number += 1
            # Not synced before the end: the client keeps it, and writes again what a server lost.
            piece = pick.randbytes(CHUNK)
            long.write(piece)
            whole.update(piece)
            name, data = f"synced/{number}", pick.randbytes(pick.choice([10, 5000, 300_000]))
            with open(name, "wb", buffering=0) as file:
                file.write(data)
                os.fsync(file.fileno())
            synced[name] = hashlib.md5(data).hexdigest()
            os.write(journal, f"{name} {synced[name]}\n".encode())
        os.fsync(long.fileno())
    os.write(journal, f"long {whole.hexdigest()}\n".encode())
    synced["long"] = whole.hexdigest()
    with open("/proc/sys/vm/drop_caches", "w") as drop:
        drop.write("3\n")
    for name, digest in synced.items():
        with open(name, "rb") as file:
            if hashlib.md5(file.read()).hexdigest() != digest:
                raise SystemExit(f"{name} was synced, and has other bytes now")
    print(f"{len(synced)} files written, synced and read again")


if __name__ == "__main__":
    main()
