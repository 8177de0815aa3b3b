"""Flags as gflags reads them: -solver x, --solver=x, -gray, --nogray, -flagfile FILE."""

import argparse
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from ..proto import ConfigError

_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")
_MEANING = {int: "a whole number", float: "a number"}


class FlagParser(argparse.ArgumentParser):
    """An ArgumentParser for command lines written for gflags; mistakes raise ConfigError.

    add_flag declares a flag, add_argument a positional argument. One dash or two, "=" or a
    space, flags before or after the positional arguments: all are the same. The value of a flag
    may start with anything, and "--" ends the flags.
    """

    def __init__(self, program: str, description: str | None):
        super().__init__(
            program, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        self._valued = {"flagfile"}
        self._booleans = {"help", "h"}
        self.add_argument("--flagfile", metavar="FILE", help="read more flags, one a line")

    def add_flag(
        self,
        name: str,
        default: Any,
        help: str,
        kind: type | None = None,
        choices: Sequence[str] | None = None,
    ) -> None:
        """Declare a flag of type `kind` or, without, of the default's type."""
        kind = kind or type(default)
        if kind is bool:
            self._booleans.add(name)
            self.add_argument(f"--{name}", action="store_true", default=default, help=help)
            negation = {"dest": name, "action": "store_false", "default": default}
            self.add_argument(f"--no{name}", help=argparse.SUPPRESS, **negation)
            return
        self._valued.add(name)
        if default not in (None, ""):
            help = f"{help} (default {default})"
        read = _reader(kind)
        self.add_argument(f"--{name}", default=default, type=read, help=help, choices=choices)

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """The value of every flag and positional argument."""
        flags: list[str] = []
        positional: list[str] = []
        self._sort(words, flags, positional, ())
        return self.parse_args([*flags, "--", *positional] if positional else flags)

    def error(self, message: str) -> NoReturn:
        """Turn argparse's complaints into ConfigErrors."""
        raise self._complaint(message)

    def _sort(
        self, words: Sequence[str], flags: list[str], positional: list[str], files: tuple[Path, ...]
    ) -> None:
        """Append words to flags, spelled as argparse likes them best, and to positional."""
        remaining = iter(words)
        for word in remaining:
            if word == "--":
                positional.extend(remaining)
            elif not word.startswith("-") or word == "-":
                positional.append(word)
            else:
                name, value = self._flag(word, remaining)
                if name == "flagfile" and value:
                    self._sort(_lines(Path(value), files), flags, positional, (*files, Path(value)))
                else:
                    flags.append(f"--{name}" if value is None else f"--{name}={value}")

    def _flag(self, word: str, remaining: Iterator[str]) -> tuple[str, str | None]:
        """Name and value of one flag; a boolean has no value, but may be its negation."""
        written, equals, value = word.removeprefix("-").removeprefix("-").partition("=")
        name = written.replace("-", "_")
        if name in self._valued:
            if not equals:
                value = next(remaining, None)
            if value is None:
                raise self._complaint(f"flag -{name} needs a value")
            return name, value
        if name in self._booleans:
            truth = _truth(value) if equals else True
            if truth is None:
                raise self._complaint(f"flag -{name}: {value!r} is neither true nor false")
            return name if truth else f"no{name}", None
        if name.startswith("no") and name[2:] in self._booleans and not equals:
            return name, None
        close = get_close_matches(name, self._valued | self._booleans, n=1)
        nearest = f"; did you mean -{close[0]}?" if close else ""
        raise self._complaint(f"unknown flag -{written}{nearest}")

    def _complaint(self, message: str) -> ConfigError:
        return ConfigError(f"{message} (`{self.prog} -help` explains)")


def _reader(kind: type) -> Any:
    """Turns a word into a value of that type; argparse adds the name of the flag to the error."""

    def read(text: str) -> Any:
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not {_MEANING[kind]}") from None

    return read


def _truth(text: str) -> bool | None:
    lowered = text.lower()
    return True if lowered in _TRUE else False if lowered in _FALSE else None


def _lines(path: Path, reading: tuple[Path, ...]) -> list[str]:
    """The flags in a file: one a line, "#" starts a comment line."""
    if path in reading:
        raise ConfigError(f"-flagfile: '{path}' reads itself")
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"-flagfile: cannot read '{path}': {problem}") from None
    return [line for line in lines if line and not line.startswith("#")]
