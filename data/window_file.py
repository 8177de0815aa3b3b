"""Window files, as R-CNN made them: boxes in images, how far they overlap an object, and which.

A block per image, a line each:

    # <number of the image>
    <path>
    <channels>
    <height>
    <width>
    <number of windows>
    <class> <overlap> <x1> <y1> <x2> <y2>       for every window; corners are inside it
"""

import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..proto import ConfigError
from .text_file import read_lines


class Window(NamedTuple):
    """A box in an image, in pixels, and how much of an object of class `label` it covers."""

    image: str
    label: int
    overlap: float
    x1: int
    y1: int
    x2: int
    y2: int


class WindowFile(NamedTuple):
    """What stands in a window file."""

    images: list[str]
    windows: list[Window]


def read_window_file(path: str | os.PathLike, root: str = "") -> WindowFile:
    """Read a window file; root is written before the path of each image.

    Raises ConfigError, file:line first, where something else stands than should.
    """
    lines = _Lines(path)
    file = WindowFile([], [])
    while lines.expect_more():
        lines.take("'# <number>'", _image_number)
        image = root + lines.take("the path of an image", str)
        if lines.take("the number of channels", int) != 3:
            raise lines.error("channels must be 3: windows are cut out of colour images")
        lines.take("the height of the image", int)
        lines.take("the width of the image", int)
        file.images.append(image)
        for _ in range(lines.take("the number of windows", int)):
            window = lines.take("'class overlap x1 y1 x2 y2'", _window_numbers)
            file.windows.append(Window(image, *window))
    if not file.images:
        raise ConfigError(f"{path}: the window file is empty")
    return file


class _Lines:
    """The lines of a file, one after the other, each read as what should stand there."""

    def __init__(self, path: str | os.PathLike):
        self._path = path
        self._rest: Iterator[tuple[int, str]] = read_lines(path)
        self._ahead = next(self._rest, None)
        self._number = 0

    def expect_more(self) -> bool:
        return self._ahead is not None

    def take(self, meaning: str, read: Callable[[str], Any]) -> Any:
        if self._ahead is None:
            raise self.error(f"the file ends here; expected {meaning}")
        self._number, text = self._ahead
        self._ahead = next(self._rest, None)
        try:
            return read(text)
        except ValueError:
            raise self.error(f"expected {meaning}, found {text!r}") from None

    def error(self, problem: str) -> ConfigError:
        return ConfigError(f"{self._path}:{self._number}: {problem}")


def _image_number(text: str) -> int:
    mark, number = text.split()
    if mark != "#":
        raise ValueError(text)
    return int(number)


def _window_numbers(text: str) -> tuple[int, float, int, int, int, int]:
    label, overlap, x1, y1, x2, y2 = text.split()
    return int(label), float(overlap), int(x1), int(y1), int(x2), int(y2)
