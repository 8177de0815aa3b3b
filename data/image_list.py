"""Image lists: a line `path label` per image, as ImageData and convert_imageset read them."""

import os
from typing import NamedTuple

from ..proto import ConfigError
from .text_file import read_lines


class ListedImage(NamedTuple):
    """A line of an image list."""

    path: str
    label: int


def read_image_list(path: str | os.PathLike) -> list[ListedImage]:
    """The images in a list; paths may contain spaces, since the last one separates the label.

    Blank lines are passed over. Raises ConfigError, file:line first, for a line without a label.
    """
    images = []
    for number, line in read_lines(path):
        name, _, label = line.rpartition(" ")
        try:
            images.append(ListedImage(name.rstrip(), int(label)))
        except ValueError:
            raise ConfigError(
                f"{path}:{number}: expected a path, a space and an integer label, found {line!r}"
            ) from None
        if not name:
            raise ConfigError(
                f"{path}:{number}: has a path or a label only, {line!r}; "
                "expected a path, a space and an integer label"
            )
    if not images:
        raise ConfigError(f"{path}: the list is empty; expected lines of a path and a label")
    return images
