"""The goals of `make bench`, judged from one run's rows.

Always holds: peers are those of the same run. A goal without the peer that it needs is not judged, and says so.
"""
from measure.goals import Goal

KIB4, MIB64 = 4 << 10, 64 << 20


def goals(document):
    rows = {(row["server"], row["operation"], row["size_bytes"], row["clients"]): row for row in document["rows"]}
    peers = [server for server in document["servers"] if server["name"] != "trefoil"]
    durable = [server["name"] for server in peers if server["durable"]]
    writers = [server["name"] for server in peers if not server["static"]]

    def value(server, operation, size, clients, field):
        row = rows.get((server, operation, size, clients))
        return row[field] if row and row["count"] else None

    def ours(operation, size, clients, field):
        return value("trefoil", operation, size, clients, field)

    def best(servers, operation, size, clients, field):
        found = [(value(server, operation, size, clients, field), server) for server in servers]
        found = [pair for pair in found if pair[0] is not None]
        return max(found) if found else (None, None)
    made = []

    def at_most(name, unit, bound, found, note=""):
        made.append(Goal(name, unit, bound, found, True, note))

    def at_least(name, unit, bound, found, note=""):
        made.append(Goal(name, unit, bound, found, False, note))
    cpu, rate, stream = "server_cpu_microseconds_per_operation", "operations_per_second", "mebibytes_per_second"
    for clients in (16, 64):
        peer, who = best(durable, "put", KIB4, clients, rate)
        at_least(f"PUT 4 KiB, {clients} clients: 8× the best durable peer", "ops/s", peer and 8 * peer,
                 ours("put", KIB4, clients, rate), f"{who}: {peer:,.0f}/s" if peer else "no durable peer in this run")
    for clients in (16, 64):
        at_most(f"PUT 4 KiB, {clients} clients: server CPU", "µs", 80, ours("put", KIB4, clients, cpu))
    at_most("GET 4 KiB, 16 clients: server CPU", "µs", 40, ours("get", KIB4, 16, cpu))
    at_most("GET 4 KiB, 1 client: no stall, p99.9", "ms", 40, ours("get", KIB4, 1, "p999_milliseconds"))
    at_most("HEAD, 16 clients: server CPU", "µs", 25, ours("head", KIB4, 16, cpu))
    at_most("LIST of 1,000, 16 clients: server CPU", "µs", 1200, ours("list", KIB4, 16, cpu))
    for operation in ("get", "head", "put"):
        at_most(f"{operation.upper()} 4 KiB, 16 clients: the load generator's own CPU", "µs", 20,
                ours(operation, KIB4, 16, "client_cpu_microseconds_per_operation"))
    wall = document["md5_mebibytes_per_second"]
    at_least("PUT 64 MiB, 1 stream: 80 % of MD5 on a core", "MiB/s", wall and 0.8 * wall, ours("put", MIB64, 1, stream),
             f"MD5: {wall:,.0f} MiB/s" if wall else "no openssl here")
    peer, who = best(writers, "put", MIB64, 4, stream)
    at_least("PUT 64 MiB, 4 streams: 1.5× the best peer", "MiB/s", peer and 1.5 * peer, ours("put", MIB64, 4, stream),
             f"{who}: {peer:,.0f} MiB/s" if peer else "no peer in this run")
    for clients in (1, 4):
        ceiling = value("nginx", "get", MIB64, clients, stream)
        at_least(f"GET 64 MiB, {clients} stream{'s' if clients > 1 else ''}: 85 % of nginx", "MiB/s",
                 ceiling and 0.85 * ceiling, ours("get", MIB64, clients, stream),
                 f"nginx: {ceiling:,.0f} MiB/s" if ceiling else "no nginx in this run")
    at_most("GET 64 MiB, 4 streams: server CPU", "µs", 35_000, ours("get", MIB64, 4, cpu))
    return made


def broken(document):
    """Conditions that no run may break: sentences."""
    found = []
    for row in document["rows"]:
        what = f"{row['server']}: {row['operation']} of {row['size_bytes']} bytes, {row['clients']} clients"
        wrong = row["errors"].get("WrongBytes", 0)
        if wrong:
            found.append(f"{what}: {wrong} bodies were not what was put")
        elif row["server"] == "trefoil" and row["error_count"]:
            found.append(f"{what}: {row['errors']}")
        elif row["server"] == "trefoil" and not row["count"]:
            found.append(f"{what}: nothing was done")
    return found
