"""Text files that list data: their lines, numbered."""

import os
from collections.abc import Iterator

from ..proto.input_file import read_file


def read_lines(path: str | os.PathLike) -> Iterator[tuple[int, str]]:
    """(number, line) for every line that is not blank, stripped; the first line is 1."""
    # File names may be in any encoding: what is no UTF-8 is kept as it is.
    for number, line in enumerate(os.fsdecode(read_file(path)).split("\n"), 1):
        if line.strip():
            yield number, line.strip()
