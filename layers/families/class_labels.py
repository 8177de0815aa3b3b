"""ClassLabels: the right class of each item, checked and ready to pick scores with."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import Array, Blob, Layer, Shape
from ...kernels import cpu
from ...proto import ConfigError


class ClassLabels:
    """Labels for scores folded to (outer, classes, inner), one for each outer and inner place.

    read() makes of the last labels

    classes  int64 (outer * inner): the class of each place; 0 where ignored
    places   int64 (outer * inner): where the score of that class is in the flat scores
    ignored  bool (outer, inner), or None if there is no ignore_label
    count    how many labels are not ignored

    A label is cut to a whole number as C does it: 2.9 is class 2.
    """

    classes: Array
    places: Array
    ignored: Array | None = None

    def __init__(self, layer: Layer, folded: tuple[int, int, int], ignore_label: int | None = None):
        self._layer = layer
        self._outer, self._size, self._inner = folded
        self._ignore_label = ignore_label
        outer, inner = np.ogrid[: self._outer, : self._inner]
        self._first_places = (outer * self._size * self._inner + inner).ravel()
        self.count = self._outer * self._inner
        self._kernel: Any = cpu.prepare_labels(folded, ignore_label)
        if self._kernel:
            self.classes, self.places = self._kernel.classes, self._kernel.places
            self.ignored = None if ignore_label is None else self._kernel.ignored

    def read(self, labels: Array) -> None:
        """Take over the labels of a batch; ConfigError if one is no class."""
        if self._kernel:
            wrong, self.count = self._kernel.read(labels)
            if wrong >= 0:
                raise self._error(labels, wrong)
            return
        whole = np.trunc(labels)
        wrong = ~((whole >= 0) & (whole < self._size))
        if self._ignore_label is not None:
            ignored = whole == self._ignore_label
            wrong &= ~ignored
            whole[ignored] = 0
            self.ignored = ignored.reshape(self._outer, self._inner)
            self.count = ignored.size - np.count_nonzero(ignored)
        if wrong.any():
            raise self._error(labels, int(wrong.argmax()))
        self.classes = whole.ravel().astype("int64")
        self.places = self.classes * self._inner
        self.places += self._first_places

    def _error(self, labels: Array, wrong: int) -> ConfigError:
        return _label_error(self._layer, labels, wrong, self._size)


@dataclass(frozen=True)
class WrongLabel:
    """Makes an error of what a kernel on a GPU says of labels: see kernels/gpu/labels.py."""

    layer: Layer
    labels: Blob
    classes: int

    def __call__(self, last: int) -> ConfigError:
        """The first wrong label has `last` labels after it."""
        labels = self.labels.data
        wrong = labels.size - 1 - last
        value = float(labels.ravel()[wrong])
        if value.is_integer() and 0 <= value < self.classes:  # the device was asked later
            return self.layer.error(
                f"a label of a batch since the loss was last read is outside [0, {self.classes}), "
                "the classes that bottom[0] has scores for; display: 1 in the solver tells which"
            )
        return _label_error(self.layer, labels, wrong, self.classes)


def _label_error(layer: Layer, labels: Array, wrong: int, classes: int) -> ConfigError:
    shape = labels.shape or (1,)
    item, *position = (int(i) for i in np.unravel_index(wrong, shape))
    where = f"item {item}" + (f" at {position}" if labels.size > shape[0] else "")
    return layer.error(
        f"label {float(labels.ravel()[wrong]):g} of {where} is outside [0, {classes}), the "
        "classes that bottom[0] has scores for; is num_output of the layer that makes them "
        "too small?",
        item=item,
    )


def check_label_count(layer: Layer, labels: Shape, scores: Shape, axis: int) -> None:
    """Raise ConfigError unless there is one label for each place of the scores beside axis."""
    wanted = (*scores[:axis], *scores[axis + 1 :])
    if np.prod(labels, dtype=int) != np.prod(wanted, dtype=int):
        raise layer.error(
            f"labels of shape {labels} do not fit scores of shape {scores} with the classes on "
            f"axis {axis}: there must be one label per prediction, so shape {wanted}"
        )
