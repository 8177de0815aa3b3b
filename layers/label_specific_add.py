"""LabelSpecificAdd: a margin for the score of the right class."""

from math import prod
from typing import Any

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from ..proto.caffe_pb2 import TRAIN
from .families.lookup import LookupLayer, WrongIndex


@register("LabelSpecificAdd")
class LabelSpecificAdd(LookupLayer):
    """y = x, with bias added to the score of each item's label where that is above -bias.

    bottom[0]  x (N, ...), K numbers an item: scores
    bottom[1]  labels (N), whole numbers in [0, K)
    top        y, shape of x; may be bottom[0] itself (in place)

    Nothing is added in phase TEST. A bias_base other than 0 makes the bias change:
    bias = bias_base + (1 + bias_gamma i)^bias_power - 1, kept between bias_min and bias_max, i
    counting the forwards from iteration on. The gradient passes unchanged.

    Prototxt: label_specific_add_param { bias: 0  bias_base: 0  bias_gamma: 0  bias_power: 1
                                         bias_min: 0  bias_max: 0  iteration: 0 }
              transform_test is accepted and, as in the fork, has no effect.
    Source: Wang et al., "Additive Margin Softmax for Face Verification", 2018; caffe-windows.
    """

    bottom_count = 2

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._iteration = self.param.label_specific_add_param.iteration
        self._gpu_bias: Array = None

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        x, labels = bottom_shapes
        if not x or prod(labels) != x[0]:
            raise self.error(
                f"bottom[1] must be one label for each item of bottom[0], of shape {x}, got shape "
                f"{labels}"
            )
        return [x]

    def allows_force_backward(self, index: int) -> bool:
        return index == 0

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        # Once: whoever is asked counts a pass.
        if self._gpu_bias is None and self.param.phase == TRAIN:
            self._gpu_bias = context.changing.add("float32", self._bias)
        scores = prod(bottom[0].shape[1:])
        explain = WrongIndex(self, bottom[1], scores, "bottom[1], the labels,")
        return gpu.LabelSpecificAdd(context, self._gpu_bias, explain)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        y = top[0].data
        if top[0] is not bottom[0]:
            y[...] = bottom[0].data
        if self.param.phase != TRAIN or not y.size:
            return
        scores, bias = y.reshape(len(y), -1), self._bias()
        labels = self.row_numbers(bottom[1], scores.shape[1], "bottom[1], the labels,").ravel()
        places = np.arange(len(scores)), labels
        right: Array = scores[places]
        scores[places] = np.where(right > -bias, right + bias, right)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if self.propagate_down[1]:
            raise self.error(
                "cannot give bottom[1], the labels, a gradient; stop there with propagate_down: "
                "one true or false per bottom"
            )
        if self.propagate_down[0] and top[0] is not bottom[0]:
            bottom[0].diff[...] = top[0].diff

    def backward_reads(self) -> tuple[bool, bool]:
        return False, False

    def state(self) -> dict[str, Any]:
        return {"iteration": self._iteration}

    def restore(self, state: dict[str, Any]) -> None:
        self._iteration = state["iteration"]

    def _bias(self) -> float:
        """What this forward adds."""
        param = self.param.label_specific_add_param
        if not param.bias_base:
            return param.bias
        growth = (1 + param.bias_gamma * self._iteration) ** param.bias_power - 1
        self._iteration += 1
        return min(max(param.bias_base + growth, param.bias_min), param.bias_max)
