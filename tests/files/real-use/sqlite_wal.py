#!/usr/bin/env python3
"""SQLite in WAL mode in the current directory: two writers and a reader as processes; then the file is whole and no row is lost.

Argument: rows.
"""
import multiprocessing
import sqlite3
import sys

FILE = "wal.db"
WAIT_SECONDS = 60


def connect():
    connection = sqlite3.connect(FILE, timeout=WAIT_SECONDS, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def write(writer, rows):
    connection = connect()
    for first in range(0, rows, 50):
        connection.execute("BEGIN IMMEDIATE")
        for row in range(first, min(first + 50, rows)):
            connection.execute("INSERT INTO t VALUES (?, ?, ?)", (writer, row, f"{writer}-{row}" * 20))
        connection.execute("UPDATE sums SET total = total + ? WHERE writer = ?", (min(50, rows - first), writer))
        connection.execute("COMMIT")
    connection.close()


def read(until):
    """Each look is one snapshot: the sums are those of the rows."""
    connection = connect()
    while not until.is_set():
        connection.execute("BEGIN")
        count, = connection.execute("SELECT count(*) FROM t").fetchone()
        total, = connection.execute("SELECT sum(total) FROM sums").fetchone()
        connection.execute("COMMIT")
        if count != total:
            raise SystemExit(f"{count} rows, and the sums say {total}")
    connection.close()


def main():
    rows = int(sys.argv[1])
    connection = connect()
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise SystemExit("no WAL here: shared memory does not work on this file system")
    connection.execute("CREATE TABLE t (writer INTEGER, row INTEGER, text TEXT, PRIMARY KEY (writer, row))")
    connection.execute("CREATE TABLE sums (writer INTEGER PRIMARY KEY, total INTEGER)")
    connection.executemany("INSERT INTO sums VALUES (?, 0)", [(0,), (1,)])
    until = multiprocessing.Event()
    writers = [multiprocessing.Process(target=write, args=(writer, rows // 2)) for writer in range(2)]
    reader = multiprocessing.Process(target=read, args=(until,))
    for process in [*writers, reader]:
        process.start()
    for process in writers:
        process.join()
    until.set()
    reader.join()
    if any(process.exitcode for process in [*writers, reader]):
        raise SystemExit("a process failed")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        raise SystemExit("the file is damaged")
    count, = connection.execute("SELECT count(*) FROM t").fetchone()
    if count != rows // 2 * 2:
        raise SystemExit(f"{count} rows, and {rows // 2 * 2} were committed")


if __name__ == "__main__":
    main()
