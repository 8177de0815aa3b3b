"""HingeLoss: one-against-all margins, as of a support vector machine."""

import numpy as np

from ..core import Array, Blob, Blobs, Shape, register
from ..kernels import gpu
from ..proto.caffe_pb2 import HingeLossParameter
from .families.class_labels import ClassLabels, WrongLabel, check_label_count
from .families.fold import fold, per_item
from .families.loss import LossLayer


@register("HingeLoss")
class HingeLoss(LossLayer):
    """loss = sum_nk max(0, 1 - s_nk x_nk) ^ p / N, s = 1 where k is the label of n, else -1.

    bottom[0]  x (N, C), or (N, ...) with C numbers an item: scores
    bottom[1]  labels (N), whole numbers in [0, C)
    top[0]     loss, shape ()

    p is 1 for norm L1 and 2 for norm L2.

    Prototxt: hinge_loss_param { norm: L1 }
    Source: Caffe's HingeLossLayer.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._squares = self.param.hinge_loss_param.norm == HingeLossParameter.L2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self.check_items(bottom_shapes)
        scores, labels = bottom_shapes
        check_label_count(self, labels, per_item(scores), axis=1)
        return [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        shape = per_item(bottom[0].shape)
        self._labels = ClassLabels(self, fold(shape, 1))
        self._violations = Blob(shape, self.dtype)

    def loss(self, bottom: Blobs) -> Array:
        violations = self._violations.data
        self._labels.read(bottom[1].data)
        violations[...] = bottom[0].data.reshape(violations.shape)
        violations.reshape(-1)[self._labels.places] *= -1
        violations += 1
        np.maximum(violations, 0, out=violations)
        total = np.vdot(violations, violations) if self._squares else violations.sum()
        return total / len(violations)

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        violations = self._violations.data
        dx = bottom[0].diff.reshape(violations.shape)
        scale = factor / len(dx)
        if self._squares:
            np.multiply(violations, 2 * scale, out=dx)
        else:
            np.sign(violations, out=dx)
            dx *= scale
        dx.reshape(-1)[self._labels.places] *= -1

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        items, classes = per_item(bottom[0].shape)
        margin = "(1.f + (is_label ? -x : x))"
        slope = f"2.f * {margin}" if self._squares else "1.f"
        return gpu.ClassLoss(
            context,
            (items, classes),
            None,
            (None, WrongLabel(self, bottom[1], classes)),
            float(items),
            term=f"{margin} < 0 ? 0.f : {margin}" + (f" * {margin}" if self._squares else ""),
            gradient=f"{margin} > 0 ? (is_label ? -1.f : 1.f) * {slope} : 0.f",
            all_classes=True,
            takes_softmax=False,
        )
