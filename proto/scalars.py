"""Prototxt scalars: what one token may stand for, given the type of its field."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from .tokens import NAME, NUMBER, STRING, SYMBOL, Token


class ScalarError(ValueError):
    """What a field expected, and what may have been meant; the reader of the text adds the rest."""

    def __init__(self, wanted: str, hint: str = ""):
        super().__init__(wanted)
        self.hint = hint


_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))"
)
_SIMPLE_ESCAPES = dict(zip("abfnrtv\\'\"?", "\a\b\f\n\r\t\v\\'\"?", strict=True))
_BOOLEANS = {
    **dict.fromkeys(("true", "True", "t", "1"), True),
    **dict.fromkeys(("false", "False", "f", "0"), False),
}
_INTEGER_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


@cache
def scalar_reader(field: FieldDescriptor) -> Callable[[Token, bool], Any]:
    """The function (token, is negative) -> value for a field; it raises ScalarError."""
    kind = field.cpp_type
    if kind in _INTEGER_RANGES:
        lowest, highest = _INTEGER_RANGES[kind]
        return lambda token, negative: _integer(token, negative, lowest, highest)
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return lambda token, negative: _enum_value(token, negative, field.enum_type)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return _boolean
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return _bytes if field.type == FieldDescriptor.TYPE_BYTES else _string
    return _float


def unescape(token: Token) -> bytes:
    """The bytes a quoted string stands for, with C's escapes."""
    body = token.text[1:-1]
    if "\\" not in body:
        return body.encode("utf-8", "surrogateescape")
    parts, end = [], 0
    for match in _ESCAPE.finditer(body):
        parts += [body[end : match.start()].encode("utf-8", "surrogateescape"), _escaped(match)]
        end = match.end()
    parts.append(body[end:].encode("utf-8", "surrogateescape"))
    return b"".join(parts)


def _escaped(match: re.Match) -> bytes:
    octal, hexadecimal, *unicode, simple = match.groups()
    if octal or hexadecimal:
        code = int(octal, 8) if octal else int(hexadecimal, 16)
        if code > 255:
            raise ScalarError(f"a string whose escapes are bytes ({match[0]} is above \\377)")
        return bytes([code])
    if simple is None:
        code = int(unicode[0] or unicode[1], 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise ScalarError(f"a string whose escapes are characters ({match[0]} is none)")
        return chr(code).encode()
    if simple not in _SIMPLE_ESCAPES:
        raise ScalarError(f"a string with C's escapes ({match[0]} is none; a backslash is \\\\)")
    return _SIMPLE_ESCAPES[simple].encode()


def _integer(token: Token, negative: bool, lowest: int, highest: int) -> int:
    wanted = "a non-negative integer" if lowest == 0 else "an integer"
    if token.kind != NUMBER or (negative and lowest == 0):
        raise ScalarError(wanted)
    text = token.text
    try:
        value = int(text, 16 if text[:2] in ("0x", "0X") else 8 if text[0] == "0" else 10)
    except ValueError:
        raise ScalarError(wanted) from None
    value = -value if negative else value
    if not lowest <= value <= highest:
        raise ScalarError(f"an integer from {lowest} to {highest}")
    return value


def _float(token: Token, negative: bool) -> float:
    text = token.text
    if token.kind == NAME and text.lower() not in ("inf", "infinity", "nan"):
        raise ScalarError("a number")
    try:
        value = float(text.rstrip("fF") if token.kind == NUMBER else text)
    except ValueError:
        raise ScalarError("a number") from None
    return -value if negative else value


def _boolean(token: Token, negative: bool) -> bool:
    if negative or token.kind == STRING or token.text not in _BOOLEANS:
        raise ScalarError("true or false")
    return _BOOLEANS[token.text]


def _enum_value(token: Token, negative: bool, enum: Any) -> int:
    if token.kind == NAME and not negative:
        value = enum.values_by_name.get(token.text)
    elif token.kind == NUMBER:
        number = _integer(token, negative, -(2**31), 2**31 - 1)
        value = enum.values_by_number.get(number)
    else:
        value = None
    if value is None:
        raise _not_in(enum, token)
    return value.number


def _not_in(enum: Any, token: Token) -> ScalarError:
    names = list(enum.values_by_name)
    near = get_close_matches(token.text.strip("\"'").upper(), names, n=1, cutoff=0.5)
    wanted = "one of " + ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    unquoted = ", without quotes" if token.kind == STRING else ""
    return ScalarError(wanted + unquoted, f"; did you mean {near[0]}?" if near else "")


def _bytes(token: Token, negative: bool) -> bytes:
    if token.kind != STRING or negative:
        unclosed = token.kind == SYMBOL and token.text in "\"'"
        raise ScalarError(
            "a string, and the quote does not close on its line"
            if unclosed
            else "a string in quotes"
        )
    return unescape(token)


def _string(token: Token, negative: bool) -> str:
    try:
        return _bytes(token, negative).decode()
    except UnicodeDecodeError:
        raise ScalarError("a string of UTF-8 text (save the file as UTF-8)") from None
