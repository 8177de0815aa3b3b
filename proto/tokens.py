"""Prototxt cut into tokens, each with its place in the text."""

import re
from typing import NamedTuple

from .errors import ConfigError

NAME, NUMBER, STRING, SYMBOL, END = "name", "number", "string", "symbol", "end"

# Exactly one alternative matches at every place, so no character is skipped and nothing is tried
# twice. A sign is a symbol of its own: "- 1" is a number in C++'s reader, too.
_TOKEN = re.compile(
    r"""(?:[ \t\r\n\v\f]+|\#[^\n]*)*
    (?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      |(?P<number>0[xX][0-9A-Fa-f]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[fF]?)
      |(?P<string>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*')
      |(?P<symbol>[^ \t\r\n\v\f])
      |(?P<end>\Z))""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """One word of a prototxt; kind is NAME, NUMBER, STRING (with its quotes), SYMBOL or END."""

    kind: str
    text: str
    position: int


class Source:
    """A text and what to call it in messages."""

    def __init__(self, text: str, name: str):
        self.text = text.removeprefix("\ufeff")
        self.name = name

    def tokens(self) -> list[Token]:
        """Every token of the text; the last is END."""
        found = []
        for match in _TOKEN.finditer(self.text):
            kind = match.lastgroup or END
            found.append(Token(kind, match[kind], match.start(kind)))
            if kind == END:
                break
        return found

    def place(self, position: int) -> tuple[int, int]:
        """Line and column of a position, both counted from 1."""
        line_start = self.text.rfind("\n", 0, position) + 1
        return self.text.count("\n", 0, position) + 1, position - line_start + 1

    def error(self, position: int, problem: str) -> ConfigError:
        """The exception to raise about what stands at a position: file:line:column: problem."""
        line, column = self.place(position)
        return ConfigError(f"{self.name}:{line}:{column}: {problem}")
