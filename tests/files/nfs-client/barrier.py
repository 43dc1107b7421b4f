"""A meeting point on the host for scripts in several guests, apart from the file system that is tested.

Always holds: who says a name waits until as many as were agreed on have said it.
"""
import socketserver
import threading


class Barrier:
    """Listens on 127.0.0.1; a guest reaches it at 10.0.2.2."""

    def __init__(self, parties):
        self.parties, self.names, self.lock = parties, {}, threading.Condition()
        barrier = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while line := self.rfile.readline(200):
                    barrier.meet(line.strip())
                    self.wfile.write(b"go\n")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def meet(self, name):
        with self.lock:
            self.names[name] = self.names.get(name, 0) + 1
            self.lock.notify_all()
            self.lock.wait_for(lambda: self.names[name] >= self.parties)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
