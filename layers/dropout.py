"""Dropout: silence a random part of the inputs while training."""

from typing import Any

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..core.rng import restore_rng, rng_state
from ..proto.caffe_pb2 import TRAIN
from .families.elementwise import ElementwiseLayer


@register("Dropout")
class Dropout(ElementwiseLayer):
    """y = x / (1 - dropout_ratio) or, with probability dropout_ratio, 0; in phase TEST y = x.

    bottom  x, any shape
    top     y, same shape; may be the bottom itself (in place)

    With scale_train false, TRAIN leaves the survivors as they are and TEST scales everything by
    1 - dropout_ratio. With sample_weights_test, TEST drops as TRAIN does.

    Prototxt: dropout_param { dropout_ratio: 0.5  scale_train: true  sample_weights_test: false }
    Source: Hinton et al., "Improving neural networks by preventing co-adaptation of feature
    detectors", 2012; scale_train: Fast R-CNN's Caffe; sample_weights_test: Bayesian SegNet's.
    """

    derivative_reads_x = False

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.dropout_param
        self.ratio = param.dropout_ratio
        if not 0 <= self.ratio < 1:
            raise self.error(
                f"dropout_param.dropout_ratio: {self.ratio:g} must be at least 0 and below 1"
            )
        kept = 1 - self.ratio
        self._drops = self.param.phase == TRAIN or param.sample_weights_test
        if self._drops:
            self._scale = 1 / kept if param.scale_train else 1.0
        else:
            self._scale = 1.0 if param.scale_train else kept

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        self._draws = np.zeros(bottom[0].shape, self.dtype) if self._drops else None
        self._factor: Any = self._scale

    def function(self, x: Array, y: Array) -> None:
        if self._draws is not None:
            self._factor = self._draw(self._draws)
        if self._drops or self._scale != 1 or x is not y:
            self.xp.multiply(x, self._factor, out=y)

    def derivative(self, x: Array, y: Array, space: Array) -> Array:
        return self._factor

    def state(self) -> dict[str, Any]:
        return {"rng": rng_state(self.rng)} if self._drops else {}

    def restore(self, state: dict[str, Any]) -> None:
        if self._drops:
            restore_rng(self.rng, state["rng"])

    def _draw(self, draws: np.ndarray) -> Array:
        """Fill draws with the factor of each x: 0, or the scale of what survives."""
        self.rng.random(dtype=draws.dtype, out=draws)
        np.greater_equal(draws, self.ratio, out=draws)
        draws *= self._scale
        return self.xp.asarray(draws)
