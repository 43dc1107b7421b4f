"""Ceph's gateway over one monitor, one manager and one BlueStore OSD on a file: one copy, no authentication inside, always durable.

The CPU and memory of all four daemons are the server's: an operation is done by all of them.
"""
import os
import shutil
import subprocess
import uuid

from measure import process, wire

DAEMONS = ["ceph-mon", "ceph-mgr", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "monmaptool"]
# The file is sparse; the bench writes far less.
BLOCK_BYTES = 40 << 30
CONFIG = """\
[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{mon2}/0,v1:127.0.0.1:{mon1}/0]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc
ms_mon_cluster_mode = crc
ms_mon_service_mode = crc
ms_cluster_mode = crc
ms_service_mode = crc
ms_client_mode = crc
run_dir = {directory}
admin_socket = {directory}/$cluster-$name.asok
log_file = {directory}/$name.log
crash_dir = {directory}/crash
mon_data = {directory}/mon
mgr_data = {directory}/mgr
osd_data = {directory}/osd
rgw_data = {directory}/rgw
pid_file =
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_data_avail_crit = 1
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 32
osd_pool_default_pgp_num = 32
osd_pool_default_pg_autoscale_mode = off
mon_max_pg_per_osd = 1000
osd_crush_chooseleaf_type = 0
osd_objectstore = bluestore
bluestore_block_size = {block_bytes}
bluestore_block_create = true
rgw_frontends = beast endpoint={address} tcp_nodelay=1
"""


class RadosGateway:
    name = "radosgw"
    durability = "always synced (BlueStore)"
    durable = True
    static = False
    access_key, secret_key = "RGWBENCHKEY000000001", "rgw-bench-secret-0123456789abcdef0123456"

    def __init__(self):
        self.processes = []

    def missing(self):
        absent = [name for name in DAEMONS if shutil.which(name) is None]
        return f"{', '.join(absent)} not installed (tests/bench/peers.sh)" if absent else None

    def version(self):
        words = subprocess.run(["radosgw", "--version"], capture_output=True, text=True).stdout.split()
        return f"radosgw {words[2]}" if len(words) > 2 else "radosgw of unknown version"

    def start(self, directory):
        self.address = f"127.0.0.1:{process.free_port()}"
        config = directory / "ceph.conf"
        fsid, mon2, mon1 = uuid.uuid4(), process.free_port(), process.free_port()
        config.write_text(CONFIG.format(fsid=fsid, directory=directory, mon2=mon2, mon1=mon1, address=self.address,
                                        block_bytes=BLOCK_BYTES))
        for name in ("mon", "mgr", "osd", "rgw", "crash"):
            (directory / name).mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CEPH_")}
        environment["CEPH_CONF"] = str(config)

        def run(*words, timeout=120):
            done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=timeout, env=environment)
            if done.returncode != 0:
                raise RuntimeError(f"{words[0]} failed: {done.stderr[-1500:]}")
            return done.stdout

        def daemon(name, *words):
            log = directory / f"{name}.out"
            started = process.start([name, "-f", *words], log, env=environment)
            self.processes.append(started)
            return started, log
        monmap = directory / "monmap"
        run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v2:127.0.0.1:{mon2},v1:127.0.0.1:{mon1}]", monmap)
        run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        mon, log = daemon("ceph-mon", "-i", "a")

        def quorum():
            done = subprocess.run(["ceph", "--connect-timeout", "3", "quorum_status"], capture_output=True, env=environment)
            return done.returncode == 0
        process.wait_until("ceph-mon", quorum, mon, log)
        daemon("ceph-mgr", "-i", "x")
        disk = uuid.uuid4()
        number = run("ceph", "osd", "new", disk).strip()
        run("ceph-osd", "-i", number, "--mkfs", "--osd-uuid", disk)
        osd, log = daemon("ceph-osd", "-i", number)
        process.wait_until("ceph-osd", lambda: " 1 up" in run("ceph", "osd", "stat"), osd, log)
        gateway, log = daemon("radosgw", "-n", "client.rgw.bench")
        run("radosgw-admin", "user", "create", "--uid=bench", "--display-name=bench", f"--access-key={self.access_key}",
            f"--secret-key={self.secret_key}", "--max-buckets=1000", timeout=300)
        process.wait_until("radosgw", lambda: wire.answers(self), gateway, log, seconds=180)

    def pids(self):
        return [started.pid for started in self.processes]

    def stop(self):
        # The gateway first, the monitor last.
        for started in reversed(self.processes):
            process.stop(started)
        self.processes = []
