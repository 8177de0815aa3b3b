"""InfogainLoss: cross-entropy in which each confusion has its own price."""

from math import prod
from typing import Any

import numpy as np

from ..core import Array, Blob, Blobs, Shape, register
from ..proto import ConfigError, read_mean
from .families.softmax_loss import SoftmaxLossLayer

_LEAST_PROBABILITY = 1e-20


@register("InfogainLoss")
class InfogainLoss(SoftmaxLossLayer):
    """loss = - sum_n sum_k H[label_n, k] log p_nk / normalizer, p = softmax of the scores.

    bottom[0]  scores (N, C, ...); the classes are on axis
    bottom[1]  labels (N, ...), whole numbers in [0, C), one for each place beside that axis
    bottom[2]  optional: H, C * C numbers, in place of source; no gradient
    top[0]     loss, shape ()
    top[1]     optional: p, the shape of the scores; no gradient comes back through it

    With H the identity this is SoftmaxWithLoss; ignore_label and the normalizer are as there.

    Prototxt: infogain_loss_param { source: "H.binaryproto" (unless bottom[2])  axis: 1 }
              loss_param { ignore_label: (none)  normalization: VALID }
    Source: Caffe's InfogainLossLayer, which has the softmax inside since Caffe 1.0.
    """

    bottom_count = range(2, 4)
    axis_field = "infogain_loss_param.axis"

    def setup(self, bottom_shapes: list[Shape]) -> None:
        if self.param.loss_param.HasField("normalize"):
            raise self.error(
                "loss_param.normalize is not known here; say normalization: VALID for true, "
                "BATCH_SIZE for false"
            )
        self._h_from_file = None if len(bottom_shapes) == 3 else self._read_h()

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self._check_h(bottom_shapes)
        return super().infer_shapes(bottom_shapes)

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        self._logs = Blob(self.folded, self.dtype)

    def loss(self, bottom: Blobs) -> Array:
        p, logs = self.classify(bottom), self._logs.data
        np.maximum(p, _LEAST_PROBABILITY, out=logs)
        np.log(logs, out=logs)
        self._prices = self._look_up_prices(bottom)
        terms = np.einsum("oci,oci->oi", logs, self._prices)
        if self.labels.ignored is not None:
            terms[self.labels.ignored] = 0
        return -terms.sum() / self.divisor()

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        dx = bottom[0].diff.reshape(self.folded)
        row_sums = self._prices.sum(axis=1, keepdims=True)
        np.multiply(self.probabilities, row_sums, out=dx)
        dx -= self._prices
        dx *= factor / self.divisor()
        self.zero_ignored(dx)

    def gpu_formulas(self) -> dict[str, Any]:
        return {
            "term": "-h * logf(x < LEAST ? LEAST : x)",
            "gradient": "slope * x - h",
            "least": _LEAST_PROBABILITY,
            "all_classes": True,
            "h": self._h_from_file,
        }

    def _look_up_prices(self, bottom: Blobs) -> Array:
        """The row of H for each label, folded like the scores."""
        outer, classes, inner = self.folded
        h = bottom[2].data if self._h_from_file is None else self._h_from_file
        rows = h.reshape(classes, classes)[self.labels.classes]
        return rows.reshape(outer, inner, classes).swapaxes(1, 2)

    def _read_h(self) -> Array:
        source = self.param.infogain_loss_param.source
        if not source:
            raise self.error(
                "infogain_loss_param.source, the file with the matrix H, is required "
                "unless H is bottom[2]"
            )
        try:
            return np.asarray(read_mean(source), self.dtype)
        except ConfigError as problem:
            raise self.error(f"infogain_loss_param.source: {problem}") from None

    def _check_h(self, bottom_shapes: list[Shape]) -> None:
        scores = bottom_shapes[0]
        classes = scores[self.class_axis(scores)]
        if self._h_from_file is not None:
            where, shape = self.param.infogain_loss_param.source, self._h_from_file.shape
        else:
            where, shape = "bottom[2]", bottom_shapes[2]
        if prod(shape) != classes * classes:
            raise self.error(
                f"H, from {where}, has shape {shape}; the {classes} classes of bottom[0] need "
                f"{classes} x {classes}"
            )
