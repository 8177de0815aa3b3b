"""LossLayer: what all losses share."""

from math import prod
from typing import Any

import numpy as np

from ...core import Array, Blobs, Layer, Shape
from ...kernels import gpu
from ...proto.caffe_pb2 import LossParameter


class LossLayer(Layer):
    """One number for a batch, which training makes small: weight 1 in the net's loss.

    bottom[0]  predictions (N, ...)
    bottom[1]  what they should have been (N, ...)
    top[0]     the loss, shape (); the net makes one up if the prototxt has none

    A subclass implements

        loss(bottom)                      give the loss, and keep what its gradient needs
        write_gradients(factor, bottom)   write the bottoms' diffs; factor is top[0]'s diff, where
                                          the net keeps loss_weight

    and names in differentiable the bottoms that have a gradient. For GPUs it gives a gpu_loss.
    """

    bottom_count = 2
    automatic_tops = True
    differentiable: tuple[int, ...] = (0,)

    def loss(self, bottom: Blobs) -> Array:
        """Give the loss, and keep what its gradient needs."""
        raise NotImplementedError

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        """Write factor times the gradient of the loss to the bottoms' diffs."""
        raise NotImplementedError

    def default_loss_weight(self, index: int) -> float:
        return 1.0 if index == 0 else 0.0

    def allows_force_backward(self, index: int) -> bool:
        return index in self.differentiable

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        return [()]

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        top[0].data[...] = self.loss(bottom)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        for i, wanted in enumerate(self.propagate_down):
            if wanted and i not in self.differentiable:
                raise self.error(
                    f"cannot give bottom[{i}] a gradient; if something learned stands above it, "
                    "stop there with propagate_down: one true or false per bottom"
                )
        if any(self.propagate_down):
            self.write_gradients(top[0].diff, bottom)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        for i, wanted in enumerate(self.propagate_down):
            if wanted and i not in self.differentiable:
                return None  # backward_cpu says why it cannot
        return self.gpu_loss(context, bottom)

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        """What runs the layer on a GPU, or None."""
        return None

    # What a subclass calls.

    def check_items(self, bottom_shapes: list[Shape]) -> None:
        """Raise ConfigError unless all bottoms hold the same number of items."""
        first = bottom_shapes[0]
        for i, shape in enumerate(bottom_shapes[1:], 1):
            if not first or first[:1] != shape[:1]:
                raise self.error(
                    f"bottom[0] and bottom[{i}] must have the same first dimension, "
                    f"got shapes {first} and {shape}"
                )

    def check_sizes(self, bottom_shapes: list[Shape]) -> None:
        """Raise ConfigError unless the first two bottoms hold as many numbers."""
        first, second = bottom_shapes[:2]
        if prod(first) != prod(second):
            raise self.error(
                f"bottom[0] and bottom[1] must be of one size, got shapes {first} and {second}"
            )

    def normalization(self, default: Any = LossParameter.VALID) -> Any:
        """The NormalizationMode that loss_param asks for, also in the old way: normalize."""
        param = self.param.loss_param
        if param.HasField("normalization"):
            return param.normalization
        if param.HasField("normalize"):
            return LossParameter.VALID if param.normalize else LossParameter.BATCH_SIZE
        return default

    def normalizer(self, mode: Any, items: int, places: int, valid: Any) -> Array:
        """What to divide a sum by: items of places predictions each, of which valid count.

        Never below 1: a batch in which every label is ignored has the loss 0, not nan.
        """
        divisor = {
            LossParameter.FULL: items * places,
            LossParameter.VALID: valid,
            LossParameter.BATCH_SIZE: items,
            LossParameter.NONE: 1,
            LossParameter.PRE_FIXED: self.param.loss_param.pre_fixed_normalizer,
        }[mode]
        # In the dtype of the net: a double would turn all it multiplies into doubles.
        return np.asarray(np.maximum(divisor, 1), self.dtype)

    def gpu_divisor(self, mode: Any, items: int, places: int) -> float | None:
        """The normalizer, as far as it does not depend on labels: None if it does."""
        if mode == LossParameter.VALID and self.ignore_label() is not None:
            return None
        return float(self.normalizer(mode, items, places, items * places))

    def ignore_label(self) -> int | None:
        """loss_param.ignore_label, if it is set."""
        param = self.param.loss_param
        return param.ignore_label if param.HasField("ignore_label") else None
