"""CenterLoss: pulls features to the centre of their class, for faces."""

from math import prod

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from .families.lookup import LookupLayer, WrongIndex
from .families.loss import LossLayer

_LABELS = "bottom[1], the labels,"


@register("CenterLoss")
class CenterLoss(LossLayer, LookupLayer):
    """loss = sum |x_n - c_label|^2 / (2 N), and the centres follow the features.

    bottom[0]  x (N, ...), K numbers from axis on
    bottom[1]  labels (N), whole numbers in [0, num_output)
    top[0]     loss, shape (); it counts only if a loss_weight is given
    weights    c (num_output, K)

    The gradient of a centre is the fork's, which does not depend on loss_weight: the sum of
    c - x over the features of its class, divided by one more than their number.

    Prototxt: center_loss_param { num_output: (required)  center_filler { value: 0 }  axis: 1 }
    Source: Wen et al., "A Discriminative Feature Learning Approach for Deep Face Recognition",
            ECCV 2016, and its Caffe.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.center_loss_param
        if not param.num_output:
            raise self.error("center_loss_param.num_output is required and must be at least 1")
        if param.distance_type != "L2":
            raise self.error(
                f'center_loss_param.distance_type: {param.distance_type!r} is not "L2", the only '
                "distance there is"
            )
        inputs = prod(bottom_shapes[0][self._axis(bottom_shapes[0]) :])
        self._centers = self.add_weight((param.num_output, inputs), param.center_filler)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        x, labels = bottom_shapes
        axis = self._axis(x)
        if prod(x[axis:]) != self._centers.shape[1]:
            raise self.error(
                f"centers were made for {self._centers.shape[1]} numbers; a bottom of shape {x} "
                f"has {prod(x[axis:])} from axis {axis} on"
            )
        if prod(labels) != prod(x[:axis]):
            raise self.error(
                f"bottom[1] must be one label for each of {prod(x[:axis])} items, got shape "
                f"{labels}"
            )
        return [()]

    def default_loss_weight(self, index: int) -> float:
        return 0.0

    def loss(self, bottom: Blobs) -> Array:
        centers = self._centers.data
        self._classes = self.row_numbers(bottom[1], len(centers), _LABELS).ravel()
        x = bottom[0].data.reshape(len(self._classes), centers.shape[1])
        self._difference = x - centers[self._classes]
        return np.vdot(self._difference, self._difference) / (2 * max(len(x), 1))

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        super().backward_cpu(top, bottom)
        if self.param_propagate_down[0]:
            centers = self._centers
            pull = np.zeros_like(centers.data)
            np.add.at(pull, self._classes, -self._difference)
            counts = np.bincount(self._classes, minlength=len(pull)).astype(pull.dtype)
            centers.diff[...] += pull / (1 + counts[:, None])

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        difference = self._difference.reshape(bottom[0].shape)
        scale = factor / max(len(self._classes), 1)
        np.multiply(difference, scale, out=bottom[0].diff)

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        explain = WrongIndex(self, bottom[1], self._centers.shape[0], _LABELS)
        return gpu.CenterLoss(context, self._centers, self._axis(bottom[0].shape), explain)

    def _axis(self, x: Shape) -> int:
        return self.canonical_axis(
            self.param.center_loss_param.axis, len(x), "center_loss_param.axis"
        )
