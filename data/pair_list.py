"""Pair lists: a line `image label-image` per item, as the layers with label maps read them."""

import os
from typing import NamedTuple

from ..proto import ConfigError
from .text_file import read_lines


class ListedPair(NamedTuple):
    """A line of a pair list."""

    path: str
    label_path: str


def read_pair_list(path: str | os.PathLike) -> list[ListedPair]:
    """The pairs in a list; blanks separate the two paths, which hold none.

    Blank lines are passed over. Raises ConfigError, file:line first, for any other line.
    """
    pairs = []
    for number, line in read_lines(path):
        names = line.split()
        if len(names) != 2:
            raise ConfigError(
                f"{path}:{number}: expected the paths of an image and of its label map, without "
                f"blanks inside, found {line!r}"
            )
        pairs.append(ListedPair(*names))
    if not pairs:
        raise ConfigError(f"{path}: the list is empty; expected lines of two paths")
    return pairs
