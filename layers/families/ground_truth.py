"""GroundTruth: the boxes of the objects in the images of a batch, read from a label blob."""

from dataclasses import dataclass

import numpy as np

from ...core import Blob, Layer
from ...kernels import gpu
from ...kernels.gpu.faults import Explain
from ...kernels.gpu.object_list import ObjectList

ROW = 8  # item in batch, label, instance, xmin, ymin, xmax, ymax, difficult


@dataclass
class Objects:
    """The objects of one image: boxes (n, 4), labels (n) and whether they are difficult (n)."""

    boxes: np.ndarray
    labels: np.ndarray
    difficult: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def of_class(self, label: int) -> "Objects":
        """Those of one class."""
        return self.where(self.labels == label)

    def where(self, chosen: np.ndarray) -> "Objects":
        """Those that are chosen, a bool each."""
        return Objects(self.boxes[chosen], self.labels[chosen], self.difficult[chosen])


class GroundTruth:
    """Reads and checks the rows of a label blob (1, 1, n, 8), as AnnotatedData gives them.

    Rows whose item is -1 are none. With two classes, every label of an object becomes 1, as
    RefineDet's first stage wants it.
    """

    def __init__(self, layer: Layer, num_classes: int, background: int):
        self._layer = layer
        self._classes = num_classes
        self._background = background

    def read(self, rows: np.ndarray) -> dict[int, Objects]:
        """The objects by image, for the images that have any."""
        rows = rows.reshape(-1, ROW)
        rows = rows[rows[:, 0] != -1]
        with np.errstate(invalid="ignore"):  # what is no number is told below
            items, labels = rows[:, 0].astype(int), rows[:, 1].astype(int)
        if self._classes == 2:
            labels = np.minimum(labels, 1)
        self._check(rows, labels)
        objects = Objects(rows[:, 3:7], labels, rows[:, 7] != 0)
        return {int(item): objects.where(items == item) for item in np.unique(items)}

    def gpu_objects(
        self, context: gpu.Context, rows: Blob, items: int, difficult: bool, explain: Explain
    ) -> ObjectList:
        """What reads the rows of a blob on a GPU, difficult objects if they are wanted.

        explain makes an error of how many rows there are after the first that cannot be.
        """
        rule = self._classes, self._background, difficult, explain
        return ObjectList(context, rows.count // ROW, items, *rule)

    def _check(self, rows: np.ndarray, labels: np.ndarray) -> None:
        wrong = (labels < 0) | (labels >= self._classes) | (labels == self._background)
        strange = ~np.isfinite(rows)
        for row in np.flatnonzero(wrong | strange.any(axis=1))[:1]:
            item, label = rows[row, :2]
            if strange[row].any():
                what = f"a box of item {item:g} is {rows[row, 3:7].tolist()}; it must be finite"
            elif label == self._background:
                what = f"a box of item {item:g} has label {label:g}, the background's"
            else:
                what = (
                    f"a box of item {item:g} has label {label:g}, outside [0, {self._classes}); "
                    "is num_classes, which counts the background, too small?"
                )
            raise self._layer.error(what, item=int(item) if np.isfinite(item) else None)
