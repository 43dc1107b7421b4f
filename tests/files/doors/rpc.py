"""ONC RPC over TCP (RFC 5531): one call after the other, with AUTH_SYS or without.

Always holds: a reply is that of the call, by its transaction id; anything but an accepted success is an error that says which.
"""
import itertools
import os
import socket
import struct
import time

from . import xdr

AUTH_NONE, AUTH_SYS = 0, 1
LAST_FRAGMENT = 0x80000000
RECORD_MAX = 8 << 20
REASONS = {1: "PROG_UNAVAIL", 2: "PROG_MISMATCH", 3: "PROC_UNAVAIL", 4: "GARBAGE_ARGS", 5: "SYSTEM_ERR"}


class Refused(Exception):
    """The server answered, and not with a success of the RPC layer."""


class Broken(Exception):
    """The connection ended."""


class Identity:
    """Who calls: a uid, a gid and up to 16 supplementary groups (RFC 5531, appendix A); `Identity(None)` is AUTH_NONE."""

    def __init__(self, uid=0, gid=0, groups=(), machine=b"suite"):
        self.uid, self.gid, self.groups, self.machine = uid, gid, tuple(groups), machine

    def credential(self):
        if self.uid is None:
            return xdr.Writer().u32(AUTH_NONE, 0).bytes()
        body = xdr.Writer().u32(int(time.time()) & 0xFFFFFFFF).opaque(self.machine).u32(self.uid, self.gid)
        body.u32(len(self.groups), *self.groups)
        return xdr.Writer().u32(AUTH_SYS).opaque(body.bytes()).bytes()


class Connection:
    """One TCP connection; not for several threads."""

    def __init__(self, address, timeout=60):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ids = itertools.count(int.from_bytes(os.urandom(3), "big"))

    def close(self):
        self.socket.close()

    def send_record(self, message):
        self.socket.sendall(struct.pack(">I", LAST_FRAGMENT | len(message)) + message)

    def _exactly(self, length):
        pieces = []
        while length:
            piece = self.socket.recv(min(length, 1 << 20))
            if not piece:
                raise Broken("the server closed the connection")
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def receive_record(self):
        pieces, last = [], False
        while not last:
            mark, = struct.unpack(">I", self._exactly(4))
            last = bool(mark & LAST_FRAGMENT)
            length = mark & ~LAST_FRAGMENT
            if length > RECORD_MAX:
                raise Broken(f"a record of {length} bytes")
            pieces.append(self._exactly(length))
        return b"".join(pieces)

    def message(self, program, version, procedure, arguments, identity, xid=None):
        """A call's bytes; `xid` where a retransmission is wanted."""
        xid = next(self.ids) & 0xFFFFFFFF if xid is None else xid
        head = xdr.Writer().u32(xid, 0, 2, program, version, procedure).bytes()
        return xid, head + identity.credential() + xdr.Writer().u32(AUTH_NONE, 0).bytes() + arguments

    def result(self, xid):
        """The results of the call of this id: what stands behind the RPC header of its reply."""
        while True:
            reply = xdr.Reader(self.receive_record())
            found, kind = reply.u32(), reply.u32()
            if kind != 1:
                raise Refused(f"a message of type {kind} where a reply was due")
            if found == xid:
                break
        if reply.u32() != 0:
            raise Refused(f"denied: {'RPC_MISMATCH' if reply.u32() == 0 else f'authentication, {reply.u32()}'}")
        reply.u32(), reply.opaque()
        status = reply.u32()
        if status != 0:
            raise Refused(REASONS.get(status, f"accepted with status {status}"))
        return reply

    def call(self, program, version, procedure, arguments=b"", identity=Identity()):
        xid, message = self.message(program, version, procedure, arguments, identity)
        self.send_record(message)
        return self.result(xid)
