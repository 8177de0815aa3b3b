"""How little time a training step can take, by what its layers compute and move."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from .operations import Shapes, operations

OF_WEIGHTS = 8  # times each is read or written, its gradient and history included
WEIGHT_SIZE = 4  # bytes, whatever size the blobs' numbers have
FREE = ("ReLU", "Dropout")  # in place, the layer before can do their work
WITHOUT_DATA = ("Concat", "Eltwise")  # whose gradients need none of their bottoms


@dataclass(frozen=True)
class Work:
    """What one layer does in a training step."""

    flop: float
    numbers: int  # of blobs, each counted when it is read or written
    weights: int

    def times(self, pictures: float) -> "Work":
        """The same for so many times as many pictures."""
        return Work(self.flop * pictures, round(self.numbers * pictures), self.weights)


def works_of(
    description: dict[str, Any], weights: dict[str, np.ndarray], tops: Shapes
) -> list[Work]:
    """The work of each layer, taking what operations() takes.

    Forward, a layer reads its bottoms and writes its top; backward it reads the gradient of its top
    and, mostly, its bottoms, and writes the gradients of those that are no inputs of the net.
    """
    sizes = {name: prod(shape) for name, shape in description["inputs"].items()}
    works = []
    for layer in description["layers"]:
        name, top = layer["name"], prod(tops[layer["name"]])
        sizes[layer["top"]] = top
        read = sum(sizes[value] for value in layer["bottoms"])
        learned = sum(sizes[v] for v in layer["bottoms"] if v not in description["inputs"])
        again = 0 if layer["type"] in WITHOUT_DATA else read
        moved = read + top + top + again + learned
        works.append(
            Work(
                operations(description | {"layers": [layer]}, weights, tops, training=True),
                0 if layer["type"] in FREE and layer["in_place"] else moved,
                sum(w.size for key, w in weights.items() if key.rpartition(":")[0] == name),
            )
        )
    return works


def least_seconds(works: list[Work], rate: float, bandwidth: float, size: int) -> float:
    """Seconds that a device needs which computes and moves at once, layer by layer.

    rate        operations per second
    bandwidth   bytes per second, read and written
    size        bytes of each number of the blobs
    """
    return sum(
        max(
            work.flop / rate,
            (work.numbers * size + work.weights * OF_WEIGHTS * WEIGHT_SIZE) / bandwidth,
        )
        for work in works
    )
