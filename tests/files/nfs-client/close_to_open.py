#!/usr/bin/env python3
"""In two guests: what one closed is what the other opens. Arguments: which of the two (0, 1), the barrier's port, rounds; and `exact`,
where the mount has options with which new names and attributes are seen at once, too.

Always holds: each open comes after the other side's close, by the barrier; nothing else makes anything visible.
"""
import hashlib
import os
import socket
import sys


def main():
    who, port, rounds, exact = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), "exact" in sys.argv[4:]
    connection = socket.create_connection(("10.0.2.2", port))
    answers = connection.makefile("rb")

    def meet(name):
        connection.sendall(name.encode() + b"\n")
        if answers.readline() != b"go\n":
            raise SystemExit("the host went away")

    def content(number, what):
        return hashlib.sha256(f"{number} {what}".encode()).digest() * (1 + number * 997 % 5000)

    def read(name):
        with open(name, "rb") as file:
            return file.read()
    if who == 0:
        for name in ("file", "replaced"):
            with open(name, "wb") as file:
                file.write(b"first")
    meet("begin")
    # Both have them in their caches.
    read("file"), read("replaced")
    meet("warm")
    for number in range(rounds):
        writer = number % 2 == who
        if exact and (os.path.exists(f"n{number}") or f"n{number}" in os.listdir(".")):
            raise SystemExit(f"round {number}: n{number} is there before it was made")
        meet(f"looked {number}")
        if writer:
            if exact:
                with open(f"n{number}", "wb") as file:
                    file.write(content(number, "new"))
            with open("file", "r+b") as file:
                file.write(content(number, "whole"))
                file.truncate()
            with open("new", "wb") as file:
                file.write(content(number, "replaced"))
            os.rename("new", "replaced")
        meet(f"written {number}")
        if exact and not writer:
            wanted = len(content(number, "new"))
            if f"n{number}" not in os.listdir(".") or os.stat(f"n{number}").st_size != wanted:
                raise SystemExit(f"round {number}: n{number} is not seen at once, or not with its {wanted} bytes")
        if not writer:
            for name, wanted in (("file", content(number, "whole")), ("replaced", content(number, "replaced"))):
                found = read(name)
                if found != wanted:
                    raise SystemExit(f"round {number}: {name}, which the other guest closed, has {len(found)} bytes and not its {len(wanted)}")
            with open("file", "ab") as file:
                file.write(b"appended")
        meet(f"appended {number}")
        if writer and read("file") != content(number, "whole") + b"appended":
            raise SystemExit(f"round {number}: what the other guest appended and closed is not there")
        meet(f"seen {number}")
    print(f"guest {who}: {rounds} rounds")


if __name__ == "__main__":
    main()
