"""Messages into prototxt, letter for letter as Caffe prints them (C++ protobuf's DebugString)."""

import math
import struct
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_ESCAPES = (
    {code: f"\\{code:03o}" for code in range(256) if not 32 <= code < 127}
    | {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
    | {ord(c): f"\\{c}" for c in "\"'\\"}
)


def format_text(message: Message) -> str:
    """Prototxt of a message: fields by number, one per line, two spaces per level."""
    return "".join(_lines(message, ""))


def format_float(value: float) -> str:
    """Shortest of 6 or 9 significant digits that a float32 is read back from: 0.01, 0.00390625."""
    text = f"{value:.6g}"
    if math.isfinite(value) and struct.pack("f", float(text)) != struct.pack("f", value):
        text = f"{value:.9g}"
    return text


def _lines(message: Message, indent: str) -> Iterator[str]:
    for field, value in message.ListFields():
        for one in value if field.is_repeated else (value,):
            if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
                yield f"{indent}{field.name} {{\n"
                yield from _lines(one, indent + "  ")
                yield indent + "}\n"
            else:
                yield f"{indent}{field.name}: {_scalar(field, one)}\n"


def _scalar(field: FieldDescriptor, value: Any) -> str:
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_STRING:
        data = value.encode() if isinstance(value, str) else value
        return '"' + data.decode("latin-1").translate(_ESCAPES) + '"'
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return "true" if value else "false"
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        known = field.enum_type.values_by_number.get(value) if field.enum_type else None
        return known.name if known else str(value)
    if kind == FieldDescriptor.CPPTYPE_FLOAT:
        return format_float(value)
    if kind == FieldDescriptor.CPPTYPE_DOUBLE:
        text = f"{value:.15g}"
        return text if float(text) == value or value != value else f"{value:.17g}"
    return str(value)
