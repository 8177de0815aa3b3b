"""InfogainLoss: cross-entropy in which each confusion has its own price."""

from math import prod

from ..core import Array, Blob, Blobs, Shape, register
from ..proto import ConfigError, read_mean
from .families.axis_softmax import AxisSoftmax
from .families.class_labels import ClassLabels, check_label_count
from .families.fold import fold
from .families.loss import LossLayer

_LEAST_PROBABILITY = 1e-20


@register("InfogainLoss")
class InfogainLoss(LossLayer):
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
    top_count = range(1, 3)

    def check_wiring(self, bottoms: int, tops: int) -> None:
        super().check_wiring(bottoms, tops)
        self._gives_probabilities = tops == 2

    def setup(self, bottom_shapes: list[Shape]) -> None:
        if self.param.loss_param.HasField("normalize"):
            raise self.error(
                "loss_param.normalize is not known here; say normalization: VALID for true, "
                "BATCH_SIZE for false"
            )
        self._normalization = self.normalization()
        self._h_from_file = None if len(bottom_shapes) == 3 else self._read_h()

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        scores, labels = bottom_shapes[:2]
        self.check_items([scores, labels])
        axis = self._axis(scores)
        check_label_count(self, labels, scores, axis)
        self._check_h(bottom_shapes, scores[axis])
        return [(), scores] if self._gives_probabilities else [()]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        scores = bottom[0].shape
        self._folded = fold(scores, self._axis(scores))
        self._softmax = AxisSoftmax(self.xp, self.dtype, self._folded)
        self._labels = ClassLabels(self, self._folded, self.ignore_label())
        self._probabilities = Blob(scores, self.dtype, self.xp)
        self._scratch = Blob(self._folded, self.dtype, self.xp)
        if self._gives_probabilities:
            top[1].share_data(self._probabilities)

    def loss(self, bottom: Blobs) -> Array:
        xp, p, logs = self.xp, self._probabilities.data, self._scratch.data
        self._labels.read(bottom[1].data)
        self._softmax.forward(bottom[0].data, p)
        xp.maximum(p.reshape(self._folded), _LEAST_PROBABILITY, out=logs)
        xp.log(logs, out=logs)
        self._prices = self._look_up_prices(bottom)
        terms = xp.einsum("oci,oci->oi", logs, self._prices)
        if self._labels.ignored is not None:
            terms[self._labels.ignored] = 0
        return -terms.sum() / self._normalizer()

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        p, dx = self._probabilities.data.reshape(self._folded), bottom[0].diff.reshape(self._folded)
        self.xp.multiply(p, self._prices.sum(axis=1, keepdims=True), out=dx)
        dx -= self._prices
        dx *= factor / self._normalizer()
        if self._labels.ignored is not None:
            self.xp.copyto(dx, 0, where=self._labels.ignored[:, None])

    def _look_up_prices(self, bottom: Blobs) -> Array:
        """The row of H for each label, folded like the scores."""
        outer, classes, inner = self._folded
        h = bottom[2].data if self._h_from_file is None else self._h_from_file
        rows = h.reshape(classes, classes)[self._labels.classes]
        return rows.reshape(outer, inner, classes).swapaxes(1, 2)

    def _normalizer(self) -> Array:
        outer, _, inner = self._folded
        return self.normalizer(self._normalization, outer, inner, self._labels.count)

    def _axis(self, scores: Shape) -> int:
        axis = self.param.infogain_loss_param.axis
        return self.canonical_axis(axis, len(scores), "infogain_loss_param.axis")

    def _read_h(self) -> Array:
        source = self.param.infogain_loss_param.source
        if not source:
            raise self.error(
                "infogain_loss_param.source, the file with the matrix H, is required "
                "unless H is bottom[2]"
            )
        try:
            return self.xp.asarray(read_mean(source), self.dtype)
        except ConfigError as problem:
            raise self.error(f"infogain_loss_param.source: {problem}") from None

    def _check_h(self, bottom_shapes: list[Shape], classes: int) -> None:
        if self._h_from_file is not None:
            where, shape = self.param.infogain_loss_param.source, self._h_from_file.shape
        else:
            where, shape = "bottom[2]", bottom_shapes[2]
        if prod(shape) != classes * classes:
            raise self.error(
                f"H, from {where}, has shape {shape}; the {classes} classes of bottom[0] need "
                f"{classes} x {classes}"
            )
