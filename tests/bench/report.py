"""A run's figures for people: tables in the terminal, Markdown in the README.

Always holds: what is shown is computed from the results document alone, so that the README can be compared with the file.
"""
from measure.show import markdown, mib, number, size, table
from measure.goals import HEADS, from_json
from measure.readme import goal_table, head as readme_head

OPERATIONS = ["put", "get", "head", "list", "delete"]


def all_rows(document):
    heads = ["server", "size", "clients", "operation", "ops/s", "MiB/s", "server µs/op", "client µs/op", "p50 ms", "p99 ms",
             "p99.9 ms", "errors", "RSS MiB"]
    rows = [[row["server"], size(row["size_bytes"]), row["clients"], row["operation"], number(row["operations_per_second"]),
             number(row["mebibytes_per_second"]) if row["operation"] in ("put", "get") else "",
             number(row["server_cpu_microseconds_per_operation"]), number(row["client_cpu_microseconds_per_operation"]),
             number(row["p50_milliseconds"]), number(row["p99_milliseconds"]), number(row["p999_milliseconds"]),
             row["error_count"] or "", mib(row["server_resident_bytes"])] for row in document["rows"]]
    return table(heads, rows)


def goal_rows(document):
    return [goal.row() for goal in map(from_json, document["goals"])]


def goals(document):
    return table(HEADS, goal_rows(document))


def memory(document):
    return [[server["name"], mib(server["idle_resident_bytes"]), mib(server["resident_bytes_after"]),
             mib(server["peak_resident_bytes"])] for server in document["servers"]]


def readme(document):
    """What stands between the marks in the README."""
    servers = [server["name"] for server in document["servers"]]
    found = {(row["server"], row["operation"], row["size_bytes"], row["clients"]): row for row in document["rows"]}
    lines = [
        readme_head(document) + " Client and server share the machine: the server's CPU per operation is the figure to compare. "
        "MD5 on one core, measured in the same run: "
        f"{number(document['md5_mebibytes_per_second'])} MiB/s.", "",
        markdown(["server", "version", "an acknowledged PUT is"],
                 [[s["name"], s["version"], s["durability"]] for s in document["servers"]]), ""]
    absent = document["absent"]
    if absent:
        lines += ["Not in this run: " + "; ".join(f"{s['name']} ({s['why']})" for s in absent) + ".", ""]
    lines += [goal_table(document), ""]

    def cell(row):
        if row is None or not row["count"]:
            return "-"
        big = row["operation"] in ("put", "get") and row["size_bytes"] >= 1 << 20
        rate = f"{number(row['mebibytes_per_second'])} MiB/s" if big else f"{number(row['operations_per_second'])}/s"
        cpu = row["server_cpu_microseconds_per_operation"]
        cost = "-" if cpu is None else f"{number(cpu / 1000)} ms" if cpu >= 10_000 else f"{number(cpu)} µs"
        errors = f", {row['error_count']} errors" if row["error_count"] else ""
        return f"{rate} · {cost} · {number(row['p50_milliseconds'])}/{number(row['p99_milliseconds'])}/" \
               f"{number(row['p999_milliseconds'])} ms{errors}"
    lines += ["Rate · server CPU an operation · latency p50/p99/p99.9:", ""]
    cases = sorted({(row["size_bytes"], OPERATIONS.index(row["operation"]), row["clients"]) for row in document["rows"]})
    table_rows = []
    for bytes_, operation, clients in cases:
        name = OPERATIONS[operation]
        row = [found.get((server, name, bytes_, clients)) for server in servers]
        keys = next((r["keys_in_page"] for r in row if r and "keys_in_page" in r), None)
        what = f"LIST, {keys:,} keys" if keys else f"{name.upper()} {size(bytes_)}"
        # The same listing again, over fewer and larger objects, tells nothing more.
        if keys is None or keys == 1000:
            table_rows.append([f"{what}, {clients} client{'s' if clients > 1 else ''}", *map(cell, row)])
    lines += [markdown(["", *servers], table_rows), "", markdown(["MiB resident", "idle", "after the run", "at most"], memory(document))]
    return "\n".join(lines)
