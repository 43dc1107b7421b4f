"""Trefoil, as it is by default."""
from measure import trefoil


class Trefoil:
    name = "trefoil"
    durability = "synced: bytes, name and index, before the answer"
    durable = True
    static = False
    access_key, secret_key = trefoil.ACCESS_KEY, trefoil.SECRET_KEY

    def __init__(self, path):
        self.path = path
        self.server = None

    def missing(self):
        return None if self.path.exists() else f"{self.path} is not built"

    def version(self):
        return trefoil.version(self.path)

    def start(self, directory):
        self.server = trefoil.Server(self.path, directory).start()
        self.address = self.server.address

    def pids(self):
        return self.server.pids()

    def stop(self):
        if self.server:
            self.server.stop()
