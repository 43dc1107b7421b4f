"""The goals of `make bench-files`, judged from one run's rows.

Always holds: floor and peers are those of the same run; a goal without the peer that it needs is not judged, and says so. Of what was
done in rounds the median counts. A figure that was set as an absolute one is that of a machine whose floor makes `FLOOR_THEN` files a
CPU-second; on a slower machine, or in a slower hour, as much less is asked for (core/decisions/2026-11-28-goals-by-the-floor.md).
"""
import statistics

from measure.goals import Goal
from measure.show import number
from work import median

CREATE_MIN, SYNCED_MIN, S3FS_TIMES = 10_000, 5_000, 20
# Files that the floor made a CPU-second on the machine that those two were set on.
FLOOR_THEN = 24_000
LOOK_SHARE, READ_SHARE, WRITE_SHARE = 0.8, 0.9, 0.7
DISK_TIMES, GANESHA_TIMES, GETATTR_MIN = 3, 1.2, 60_000
SYNCED = "create, fsync, 16 processes"


def files(rows):
    def ours(work, field="per_cpu_second"):
        return median(rows, "trefoil", work, field)

    def floor(work, field="per_cpu_second"):
        return median(rows, "floor", work, field)
    speed = min(1, floor("create") / FLOOR_THEN)

    def scaled(least):
        return f"{number(least)} where the floor makes {number(FLOOR_THEN)}"
    made = [Goal("create, write 4 KiB, close", "files per CPU-s", CREATE_MIN * speed, ours("create"), False,
                 f"{scaled(CREATE_MIN)}; here it makes {number(floor('create'))}"),
            Goal("the same with fsync, 16 processes", "files per CPU-s", SYNCED_MIN * speed, ours(SYNCED), False,
                 f"{scaled(SYNCED_MIN)}; of these, syncing nothing, it makes {number(floor(SYNCED))} here")]
    slow = [row for row in rows if row["place"] == "s3fs" and row["work"] == "create"]
    # What a file costs until it is in the store: with s3fs also the store's part.
    rate = slow and slow[0]["count"] / (slow[0]["cpu_seconds"] + slow[0]["behind_cpu_seconds"])
    made.append(Goal(f"create, write 4 KiB, close: {S3FS_TIMES}× s3fs", "files per CPU-s", S3FS_TIMES * rate if rate else None,
                     ours("create"), False, f"s3fs with the store: {number(rate)}" if rate else "no s3fs in this run"))
    for work, name in (("stat", "stat of {:,} files: 80 % of the floor"), ("list", "ls -l of {:,} files: 80 % of the floor")):
        below = floor(work)
        name = name.format(next(row["count"] for row in rows if row["work"] == work))
        made.append(Goal(name, "names per CPU-s", LOOK_SHARE * below, ours(work), False, f"the floor: {number(below)}"))
    for work, share in (("read", READ_SHARE), ("write", WRITE_SHARE)):
        below = floor(work, "per_second")
        made.append(Goal(f"sequential {work}: {share * 100:.0f} % of the floor", "MiB/s", share * below, ours(work, "per_second"), False,
                         f"the floor: {number(below)}"))
    return made


def everyday(rows):
    made = []
    for work in ("git clone", "tar x"):
        below = median(rows, "disk", work, "seconds")
        made.append(Goal(f"{work}: {DISK_TIMES}× the disk's own file system", "s", DISK_TIMES * below, median(rows, "trefoil", work, "seconds"),
                         True, f"on the disk: {number(below)} s"))
    return made


def per_mebibyte(rows, server, work):
    """Milliseconds of the server's CPU: the rounds' median."""
    found = [row[work]["server_cpu_seconds"] * 1e3 / row["mebibytes"] for row in rows if row["server"] == server]
    return statistics.median(found) if found else None


def getattr_rates(found):
    """Per CPU-second of the server: at first, and after many."""
    first = found["window"] / found["first"]["server_cpu_seconds"]
    after = found["window"] / statistics.median(window["server_cpu_seconds"] for window in found["after"])
    return first, after


def nfs(io_rows, getattr_rows):
    made = []
    for work in ("read", "write"):
        peer = per_mebibyte(io_rows, "nfs-ganesha", work)
        made.append(Goal(f"NFS {work.upper()} of 1 MiB: {GANESHA_TIMES}× nfs-ganesha", "ms of server CPU per MiB", peer and GANESHA_TIMES * peer,
                         per_mebibyte(io_rows, "trefoil", work), True,
                         f"nfs-ganesha, NFSv4.1: {number(peer)}" if peer else "no nfs-ganesha in this run"))
    found = {row["server"]: getattr_rates(row) for row in getattr_rows}
    first, after = found["trefoil"]
    made.append(Goal("GETATTR after a million", "per CPU-s", GETATTR_MIN, after, False,
                     f"nfsserve after 40,000: {number(found['nfsserve'][1])}" if "nfsserve" in found else ""))
    made.append(Goal("GETATTR after a million: as fast as the first 5,000", "per CPU-s", first, after, False,
                     f"nfsserve's first: {number(found['nfsserve'][0])}" if "nfsserve" in found else ""))
    return made
