"""nginx with sendfile over static files: what the machine and its loopback allow a server that verifies, signs and looks up nothing.

It has no PUT: the files are laid down under the names that the load generator reads.
"""
import os
import re
import shutil
import subprocess

from measure import process, wire

CONFIG = """\
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
worker_processes {workers};
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {directory}/tmp-body;
    proxy_temp_path {directory}/tmp-proxy;
    fastcgi_temp_path {directory}/tmp-fastcgi;
    uwsgi_temp_path {directory}/tmp-uwsgi;
    scgi_temp_path {directory}/tmp-scgi;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_timeout 300;
    keepalive_requests 1000000000;
    open_file_cache max=20000 inactive=300s;
    server {{
        listen {address};
        root {directory}/data;
        # The load generator asks for the bucket first.
        location ~ ^/[^/]*/?$ {{ return 200; }}
    }}
}}
"""


class Nginx:
    name = "nginx"
    durability = "static files, read only"
    durable = False
    static = True
    access_key, secret_key = "unused", "unused-secret"

    def __init__(self):
        self.process = None

    def binary(self):
        return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")

    def missing(self):
        return None if self.binary() else "not installed (tests/bench/peers.sh)"

    def version(self):
        text = subprocess.run([self.binary(), "-v"], capture_output=True, text=True).stderr
        found = re.search(r"nginx/(\S+)", text)
        return f"nginx {found.group(1)}" if found else "nginx of unknown version"

    def start(self, directory):
        self.address = f"127.0.0.1:{process.free_port()}"
        self.data = directory / "data"
        self.data.mkdir()
        config, log = directory / "nginx.conf", directory / "nginx.log"
        config.write_text(CONFIG.format(directory=directory, address=self.address, workers=len(os.sched_getaffinity(0)),
                                        user="user root;" if os.getuid() == 0 else ""))
        self.process = process.start([self.binary(), "-p", directory, "-c", config], log)
        process.wait_until("nginx", lambda: wire.answers(self), self.process, log)

    def lay_down(self, bucket, size, count):
        """Files under the names of the load generator's objects."""
        directory = self.data / bucket / "bench" / str(size)
        directory.mkdir(parents=True)
        content = os.urandom(min(size, 1 << 20))
        for number in range(count):
            with open(directory / f"{number:010}", "wb") as file:
                for offset in range(0, size, len(content)):
                    file.write(content[:size - offset])

    def pids(self):
        return [self.process.pid, *process.children(self.process.pid)]

    def stop(self):
        if self.process:
            process.stop(self.process)
