"""SmoothL1LossOHEM: SmoothL1Loss that also tells the loss of each region."""

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from .families.smooth_l1 import SmoothL1LossLayer


@register("SmoothL1LossOHEM")
class SmoothL1LossOHEM(SmoothL1LossLayer):
    """loss = sum f(w (a - b)) / normalizer, f(d) = d^2 / 2 where |d| < 1, else |d| - 1 / 2.

    bottom[0]  a (N, C, ...)
    bottom[1]  b, as many numbers as a; both have a gradient
    bottom[2]  optional: w, as many numbers as a; its gradient is 0
    top[0]     loss, shape ()
    top[1]     optional: the loss of each place (N, 1, ...), not divided; no gradient comes back
               through it

    The normalizer is, but at least 1: FULL and VALID the number of places, BATCH_SIZE N, NONE 1,
    PRE_FIXED pre_fixed_normalizer. The older `normalize` says VALID or, if false, BATCH_SIZE.

    Prototxt: loss_param { normalization: VALID  pre_fixed_normalizer: 1 }
    Source: Dai et al., "R-FCN", NIPS 2016, and its Caffe.
    """

    bottom_count = range(2, 4)
    top_count = range(1, 3)

    def check_wiring(self, bottoms: int, tops: int) -> None:
        super().check_wiring(bottoms, tops)
        self._tells_each = tops == 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        (loss,) = super().infer_shapes(bottom_shapes)
        a = bottom_shapes[0]
        if len(a) < 2:
            raise self.error(f"bottom[0] must be (N, C, ...), got shape {a}")
        return [loss, (a[0], 1, *a[2:])] if self._tells_each else [loss]

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        terms = self.terms(bottom)
        top[0].data[...] = terms.sum() / self._divisor(bottom)
        if self._tells_each:
            np.sum(terms, axis=1, keepdims=True, out=top[1].data)

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        self.write_term_gradients(factor / self._divisor(bottom), bottom)

    def _divisor(self, bottom: Blobs) -> Array:
        items, channels = bottom[0].shape[:2]
        places = bottom[0].count // max(items * channels, 1)
        return self.normalizer(self.normalization(), items, places, items * places)

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        return self.gpu_terms(context, bottom, float(self._divisor(bottom)))
