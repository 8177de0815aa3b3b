"""Dropout: silence a random part of the inputs while training."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Array, Blobs, Calls, Shape, register
from ..kernels import cpu, gpu
from ..proto.caffe_pb2 import TRAIN
from .families.elementwise import ElementwiseLayer
from .families.lottery import Lottery, draw, threshold


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

    # What is dropped is a function of a seed, the number of the pass and a number's place in x:
    # backward computes it anew, and neither threads nor libraries nor a resume change it.
    derivative_reads_x = False
    drops_channels = False

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.dropout_param
        self._start("dropout_param", param.scale_train, param.sample_weights_test)

    def _start(self, field: str, scale_train: bool = True, drops_in_test: bool = False) -> None:
        """Take over the ratio in a field of the prototxt."""
        self.ratio = getattr(self.param, field).dropout_ratio
        if not 0 <= self.ratio < 1:
            raise self.error(
                f"{field}.dropout_ratio: {self.ratio:g} must be at least 0 and below 1"
            )
        kept = 1 - self.ratio
        self._drops = self.param.phase == TRAIN or drops_in_test
        if self._drops:
            self._scale = 1 / kept if scale_train else 1.0
            self._seed = int(self.rng.integers(1 << 63))
            self._passes = 0
        else:
            self._scale = 1.0 if scale_train else kept
        self.gpu_formulas = ("x", "1.f") if self._scale == 1 else ("a * x", "a")
        self._gpu_key: Array = None

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        super().prepare_kernels(bottom, top)
        self._kernel: Any = None
        if self._drops:
            self._kernel = cpu.prepare_dropout(bottom[0].shape, self.ratio, self._scale)
        self._lottery = Lottery(bottom[0].shape, self.ratio)

    def gpu_numbers(self) -> Sequence[float]:
        return [self._scale]

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        if not self._drops:
            return super().gpu_kernel(context, bottom, top)
        # Once: whoever is asked counts a pass.
        if self._gpu_key is None:
            self._gpu_key = context.changing.add("uint64", self._next_key)
        numbers = threshold(self.ratio), self._scale, self.drops_channels
        return gpu.Dropout(context, self._gpu_key, *numbers)

    def _next_key(self) -> int:
        self._passes += 1
        return draw(self._seed, self._passes)

    def function(self, x: Array, y: Array) -> None:
        if self._drops:
            self._passes += 1
            self._drop(x, y)
        elif self._scale != 1 or x is not y:
            np.multiply(x, self._scale, out=y)

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        if not self._drops and self._scale == 1 and bottom[0] is top[0]:
            return Calls([])
        return super().bind_forward(bottom, top, constant=constant)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not self.propagate_down[0]:
            return
        if self._drops:
            self._drop(top[0].diff, bottom[0].diff)
        else:
            np.multiply(top[0].diff, self._scale, out=bottom[0].diff)

    def state(self) -> dict[str, Any]:
        return {"seed": self._seed, "passes": self._passes} if self._drops else {}

    def restore(self, state: dict[str, Any]) -> None:
        if self._drops:
            self._seed, self._passes = state["seed"], state["passes"]

    def _drop(self, x: Array, y: Array) -> None:
        """Scale x to y, and silence what this pass drops."""
        key = draw(self._seed, self._passes)
        if self._kernel and self._kernel.drop(x, y, key):
            return
        np.multiply(x, self._scale, out=y)
        np.copyto(y, 0, where=self._lottery.losers(key))
