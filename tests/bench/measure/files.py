"""The file doors' figures for people: tables in the terminal, Markdown in the README.

Always holds: what is shown is computed from the results document alone, so that the README can be compared with the file.
"""
import statistics

from .readme import goal_table, head
from .show import markdown, number, table

PLACES = ["trefoil", "floor", "s3fs"]
LARGE = ("read", "write")


def _median(rows, field):
    return statistics.median(row[field] for row in rows)


def _per_mebibyte(rows, work):
    return statistics.median(row[work]["server_cpu_seconds"] * 1e3 / row["mebibytes"] for row in rows)


def _getattr(row):
    first = row["window"] / row["first"]["server_cpu_seconds"]
    return first, row["window"] / statistics.median(window["server_cpu_seconds"] for window in row["after"])


def all_rows(document):
    heads = ["place", "work", "per second", "per CPU-s", "CPU s: client", "server", "server, until idle", "behind it"]
    rows = [[row["place"], row["work"], number(row["per_second"]), number(row["per_cpu_second"]), number(row["client_cpu_seconds"]),
             number(row["server_cpu_seconds"]), number(row["settled_server_cpu_seconds"]), number(row["behind_cpu_seconds"])]
            for row in document["rows"]]
    shown = [table(heads, rows)] if rows else []
    if document["everyday"]:
        shown.append(table(["place", "work", "s"], [[row["place"], row["work"], number(row["seconds"])] for row in document["everyday"]]))
    if document["nfs"]:
        heads = ["server", "work", "MiB/s", "ms of server CPU per MiB", "ms of client CPU per MiB"]
        shown.append(table(heads, [[row["server"], work, number(row["mebibytes"] / row[work]["seconds"]),
                                    number(row[work]["server_cpu_seconds"] * 1e3 / row["mebibytes"]),
                                    number(row[work]["client_cpu_seconds"] * 1e3 / row["mebibytes"])]
                                   for row in document["nfs"] for work in ("write", "read")]))
    if document["getattr"]:
        heads = ["server", "calls", "GETATTR per CPU-s at first", "afterwards"]
        shown.append(table(heads, [[row["server"], f"{row['calls']:,}", *map(number, _getattr(row))] for row in document["getattr"]]))
    return "\n\n".join(shown)


def readme(document):
    """What stands between the marks in the README."""
    versions = "; ".join(f"{name} {version.removeprefix(name + ' ')}" for name, version in document["versions"].items())
    lines = [head(document) + f" Versions: {versions}. CPU is that of the program and of what serves it, together, until that is idle; "
             "the floor is a file system in memory, mounted the same way.", ""]
    if document["absent"]:
        lines += ["Not in this run: " + "; ".join(f"{one['name']} ({one['why']})" for one in document["absent"]) + ".", ""]
    lines += [goal_table(document), ""]
    table_rows = []
    for work in dict.fromkeys(row["work"] for row in document["rows"]):
        cells = []
        for place in PLACES:
            rows = [row for row in document["rows"] if row["work"] == work and row["place"] == place]
            unit = " MiB" if work in LARGE else ""
            cells.append(f"{number(_median(rows, 'per_second'))}{unit}/s · {number(_median(rows, 'per_cpu_second'))}{unit}" if rows else "-")
        table_rows.append([work, *cells])
    lines += ["On a FUSE mount, rate · per CPU-second:", "", markdown(["", *PLACES], table_rows), ""]
    servers = dict.fromkeys(row["server"] for row in document["nfs"])
    found = {row["server"]: _getattr(row) for row in document["getattr"]}
    table_rows = []
    for server in servers:
        rows = [row for row in document["nfs"] if row["server"] == server]
        looks = " → ".join(number(rate) for rate in found[server]) if server in found else "-"
        table_rows.append([server, *(f"{number(_per_mebibyte(rows, work))} ms" for work in ("read", "write")), looks])
    lines += ["NFS, the server's CPU (nfs-ganesha by NFSv4.1 and on the disk's file system; nfsserve in memory, syncing nothing):", "",
              markdown(["", "READ of 1 MiB", "WRITE of 1 MiB and COMMIT", "GETATTR per CPU-second, at first → after the calls"], table_rows)]
    return "\n".join(lines)
