"""Prototxt into messages: protobuf's text format as C++ reads it, with errors that help."""

from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from .errors import ConfigError
from .scalars import ScalarError, scalar_reader
from .tokens import END, NAME, STRING, SYMBOL, Source, Token

Descriptor = Any  # of a message; its type differs between protobuf's implementations

_CLOSING = {"{": "}", "<": ">"}
_FILES = {"NetParameter": "net", "SolverParameter": "solver"}  # one is easily given for the other


def parse_text(
    text: str,
    message: Any,
    source: str = "<text>",
    passed_over: list[ConfigError] | None = None,
) -> None:
    """Fill an empty message from prototxt.

    Raises ConfigError, file:line:column first, for unknown fields and enum values (with the
    nearest known one), values of the wrong type, fields given twice, unbalanced braces and
    missing required fields. With passed_over, unknown fields are passed over, and what was to
    say of them goes there.
    """
    reader = _Reader(Source(text, source), passed_over)
    reader.read_fields(message, _Opening(None, message.DESCRIPTOR, "", "", 0))
    missing = message.FindInitializationErrors()
    if missing:
        raise ConfigError(f"{source}: required, but not given: {', '.join(missing)}")


class _Field(NamedTuple):
    """What the reader has to know about a field, looked up once per process."""

    name: str
    is_repeated: bool
    message_type: Descriptor | None
    read: Any


class _Opening(NamedTuple):
    """A brace that is not closed yet."""

    parent: "_Opening | None"
    descriptor: Descriptor
    name: str
    brace: str
    position: int


@cache
def _fields(descriptor: Descriptor) -> dict[str, _Field]:
    table = {}
    for field in descriptor.fields:
        is_message = field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE
        read = None if is_message else scalar_reader(field)
        table[field.name] = _Field(field.name, field.is_repeated, field.message_type, read)
    return table


class _Reader:
    """Recursive descent over the tokens; the message descriptors are the grammar."""

    def __init__(self, source: Source, passed_over: list[ConfigError] | None = None):
        self.source = source
        self.passed_over = passed_over
        self.tokens = iter(source.tokens())
        self.next: Token = next(self.tokens)

    def take(self) -> Token:
        """The next token, which is passed over."""
        token = self.next
        if token.kind != END:
            self.next = next(self.tokens)
        return token

    def take_if(self, symbols: str) -> Token | None:
        """The next token if it is one of these symbols."""
        return self.take() if self.next.kind == SYMBOL and self.next.text in symbols else None

    def read_fields(self, message: Message, opening: _Opening) -> None:
        """Read fields into message up to the brace that closes it."""
        fields = _fields(opening.descriptor)
        first_seen: dict[str, int] = {}
        while True:
            token = self.take()
            if token.kind != NAME:
                return self.close(token, opening)
            field = fields.get(token.text)
            if field is None:
                problem = self.unknown_field(token, opening, is_first=not message.ListFields())
                self.pass_over(problem)
                continue
            if not field.is_repeated:
                if field.name in first_seen:
                    field = self.further(token, fields, first_seen[field.name])
                else:
                    first_seen[field.name] = token.position
            self.read_field(message, field, token, opening)
            self.take_if(",;")

    def pass_over(self, problem: ConfigError) -> None:
        """Note the problem and skip the value of its field, or raise it if that is not wanted."""
        if self.passed_over is None:
            raise problem
        self.passed_over.append(problem)
        self.take_if(":")
        depth = 0
        while self.next.kind != END:
            token = self.take()
            if token.kind == SYMBOL and token.text in "{<[":
                depth += 1
            elif token.kind == SYMBOL and token.text in "}>]":
                depth -= 1
            is_sign = token.kind == SYMBOL and token.text == "-"
            goes_on = token.kind == STRING and self.next.kind == STRING
            if depth == 0 and not is_sign and not goes_on:
                break
        self.take_if(",;")

    def read_field(self, message: Message, field: _Field, name: Token, opening: _Opening) -> None:
        """Read what follows a field's name: a value, a message, or a list of either."""
        colon = self.take_if(":")
        if colon is None and field.message_type is None:
            raise self.source.error(
                self.next.position, f"':' expected after {name.text}, found {_shown(self.next)}"
            )
        if not (field.is_repeated and self.take_if("[")):
            return self.read_one(message, field, name, opening)
        if self.take_if("]"):
            return None
        while True:
            self.read_one(message, field, name, opening)
            if self.take_if("]"):
                return None
            if not self.take_if(","):
                raise self.source.error(
                    self.next.position, f"',' or ']' expected in the list of {name.text}"
                )

    def read_one(self, message: Any, field: _Field, name: Token, opening: _Opening) -> None:
        """Read one value or one message into a field."""
        if field.message_type is None:
            value = self.read_scalar(field)
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
            return
        brace = self.take_if("{<")
        if brace is None:
            raise self.source.error(
                self.next.position, f"'{{' expected after {name.text}, found {_shown(self.next)}"
            )
        inner = getattr(message, field.name)
        if field.is_repeated:
            inner = inner.add()
        else:
            inner.SetInParent()  # an empty pair of braces is presence, too
        below = _Opening(opening, field.message_type, name.text, brace.text, name.position)
        self.read_fields(inner, below)

    def read_scalar(self, field: _Field) -> Any:
        """Read a number, a name or one or more strings, as the type of the field asks."""
        sign = self.take_if("-")
        token = self.take()
        try:
            value = field.read(token, sign is not None)
            while token.kind == STRING and self.next.kind == STRING:
                value += field.read(self.take(), False)
        except ScalarError as problem:
            found = ("-" if sign else "") + token.text
            found = found if token.kind == STRING else repr(found)
            found = "the end of the file" if token.kind == END else found
            raise self.source.error(
                token.position, f"{field.name} expects {problem}; got {found}{problem.hint}"
            ) from None
        return value

    def close(self, token: Token, opening: _Opening) -> None:
        """Check that a token which is no field name closes what is open."""
        if token.kind == SYMBOL and token.text == _CLOSING.get(opening.brace):
            return
        if token.kind == END:
            if opening.parent is None:
                return
            line, column = self.source.place(opening.position)
            raise self.source.error(
                token.position,
                f"the file ends inside {opening.name}, opened at line {line}, column {column}: "
                f"{_CLOSING[opening.brace]!r} is missing",
            )
        raise self.source.error(token.position, self.no_field_name(token, opening))

    def no_field_name(self, token: Token, opening: _Opening) -> str:
        """Why a token cannot stand where a field should begin."""
        rest = self.source.text[token.position : token.position + 16].lower()
        if rest.startswith(("<<<<<<<", "=======", ">>>>>>>")):
            return "an unresolved merge conflict: keep one side and delete the markers"
        if rest.startswith(("<!doctype", "<html", "<?xml")):
            return "a web page, not a prototxt: download the raw file"
        if token.text in ("}", ">") and opening.parent is None:
            return f"{token.text!r} closes nothing: delete it, or add the brace that it closes"
        return f"a field of {opening.descriptor.name} expected, found {_shown(token)}"

    def further(self, token: Token, fields: dict[str, _Field], first: int) -> _Field:
        """The field for what a fork repeats and Caffe does not; ConfigError where there is none."""
        if f"further_{token.text}" in fields:
            return fields[f"further_{token.text}"]
        lines = f"{self.source.place(first)[0]} and {self.source.place(token.position)[0]}"
        raise self.source.error(
            token.position, f"{token.text} is given twice, on lines {lines}; it may be given once"
        )

    def unknown_field(self, token: Token, opening: _Opening, is_first: bool) -> ConfigError:
        """An unknown field, with the nearest known one or the place where it belongs."""
        problem = f"{opening.descriptor.name} has no field {token.text!r}"
        outer = opening.parent
        while outer is not None:
            if token.text in _fields(outer.descriptor):
                line, column = self.source.place(opening.position)
                return self.source.error(
                    token.position,
                    f"{problem}, {outer.descriptor.name} has: is "
                    f"{_CLOSING[opening.brace]!r} missing for the {opening.name} opened at line "
                    f"{line}, column {column}?",
                )
            outer = outer.parent
        if opening.parent is None and is_first:
            for other, kind in _FILES.items():
                if token.text in _fields(opening.descriptor.file.message_types_by_name[other]):
                    problem = f"{problem}, {other} has: is this the file of a {kind}?"
                    return self.source.error(token.position, problem)
        return self.source.error(token.position, problem + _hint(token.text, opening.descriptor))


def _hint(name: str, descriptor: Descriptor) -> str:
    """Where an unknown field may belong; empty if nothing is like it."""
    fields = _fields(descriptor)
    near = get_close_matches(name, fields, n=1, cutoff=0.75)
    inside = [f.name for f in fields.values() if f.message_type and name in _fields(f.message_type)]
    if not near and not inside:
        near = get_close_matches(name, fields, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    if not inside:
        return ""
    return f"; it belongs inside {', '.join(inside[:3])}" + (", ..." if len(inside) > 3 else "")


def _shown(token: Token) -> str:
    return "the end of the file" if token.kind == END else repr(token.text)
