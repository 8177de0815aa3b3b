"""Protobuf's wire format, field by field: for files whose numbers mean different things in forks.

Generated code drops or misreads what it has no field for, and copies every float; here only the
fields asked for are looked at, in place.
Source: protobuf.dev, "Encoding".
"""

from typing import NamedTuple

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """Bytes that are no message; position is where that shows."""

    def __init__(self, position: int, problem: str):
        super().__init__(problem)
        self.position = position
        self.problem = problem


class Truncated(WireError):
    """A field that goes on beyond the end of what holds it; start is where its value begins."""

    def __init__(self, start: int, end: int, missing: int):
        super().__init__(end, f"{missing} more bytes were announced")
        self.start = start


class Field(NamedTuple):
    """One field: its tag stands at position, its value in [start, end)."""

    number: int
    kind: int
    position: int
    start: int
    end: int


def next_field(data: bytes | memoryview, position: int, end: int) -> Field:
    """The field at a position of the message that stops at end; raises WireError."""
    tag, start = read_varint(data, position, end)
    number, kind = tag >> 3, tag & 7
    if number == 0:
        raise WireError(position, "a field has number 0")
    if kind == LENGTH:
        size, start = read_varint(data, start, end)
        stop = start + size
    elif kind == VARINT:
        _, stop = read_varint(data, start, end)
    elif kind in (FIXED32, FIXED64):
        stop = start + (4 if kind == FIXED32 else 8)
    else:
        raise WireError(position, f"field {number} is of unknown kind {kind}")
    if stop > end:
        raise Truncated(start, end, stop - end)
    return Field(number, kind, position, start, stop)


def fields(data: bytes | memoryview, start: int, end: int):
    """Every field of the message in data[start:end]."""
    while start < end:
        field = next_field(data, start, end)
        yield field
        start = field.end


def read_varint(data: bytes | memoryview, position: int, end: int) -> tuple[int, int]:
    """An unsigned integer and the position behind it."""
    value = shift = 0
    while position < end:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & 0xFFFFFFFFFFFFFFFF, position
        shift += 7
        if shift >= 70:
            raise WireError(position, "an integer is longer than 10 bytes")
    raise Truncated(position, end, 1)


def signed(value: int) -> int:
    """An int64 from the unsigned number that stands for it."""
    return value - (1 << 64) if value >> 63 else value


def varint(value: int) -> bytes:
    """The bytes of an integer from -2^63 to 2^64 - 1."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def header(number: int, size: int) -> bytes:
    """What stands before the value of a message, string or packed field of so many bytes."""
    return varint(number << 3 | LENGTH) + varint(size)


def split_before(message: bytes, number: int) -> tuple[bytes, bytes]:
    """A serialized message cut where fields of this number belong: those below, those above."""
    for field in fields(message, 0, len(message)):
        if field.number > number:
            return message[: field.position], message[field.position :]
    return message, b""
