"""XDR (RFC 4506), as much as NFSv3 needs.

Always holds: reading past the end raises Truncated; opaque data is padded to four bytes.
"""
import struct


class Truncated(Exception):
    """The message ended within a value."""


class Writer:
    def __init__(self):
        self.parts = []

    def u32(self, *values):
        self.parts.extend(struct.pack(">I", value) for value in values)
        return self

    def u64(self, *values):
        self.parts.extend(struct.pack(">Q", value) for value in values)
        return self

    def fixed(self, data):
        """Opaque data of a length that both sides know."""
        self.parts.append(bytes(data) + b"\0" * (-len(data) % 4))
        return self

    def opaque(self, data):
        return self.u32(len(data)).fixed(data)

    def boolean(self, value):
        return self.u32(1 if value else 0)

    def bytes(self):
        return b"".join(self.parts)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def fixed(self, length):
        padded = length + -length % 4
        if self.at + padded > len(self.data):
            raise Truncated(f"{length} bytes wanted at {self.at} of {len(self.data)}")
        found = self.data[self.at:self.at + length]
        self.at += padded
        return found

    def u32(self):
        return struct.unpack(">I", self.fixed(4))[0]

    def u64(self):
        return struct.unpack(">Q", self.fixed(8))[0]

    def opaque(self):
        return self.fixed(self.u32())

    def boolean(self):
        return self.u32() != 0

    def rest(self):
        return len(self.data) - self.at
