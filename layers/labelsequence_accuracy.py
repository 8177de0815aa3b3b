"""LabelsequenceAccuracy: how often all labels of a sequence are right."""

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu
from .families.fold import per_item


@register("LabelsequenceAccuracy")
class LabelsequenceAccuracy(Layer):
    """accuracy = the share of sequences whose labels, read off the best classes, are all right.

    bottom[0]  scores (N, T, C): of C classes, one of them the blank
    bottom[1]  labels (N, L): blanks are skipped
    top        accuracy, shape ()

    Read are the best class of each step, without repetitions and blanks. Has no backward pass.

    Prototxt: labelsequence_accuracy_param { blank_label: 0 }
    Source: the LabelsequenceAccuracyLayer of warpctc-caffe.
    """

    bottom_count = 2

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        scores, labels = bottom_shapes
        if len(scores) < 3 or any(n != 1 for n in scores[3:]) or not scores[2]:
            raise self.error(f"bottom[0] must be scores (N, T, C), got shape {scores}")
        if labels[:1] != scores[:1]:
            raise self.error(
                f"bottom[1] must be labels (N, L), N being {scores[0]}, got shape {labels}"
            )
        return [()]

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        if any(self.propagate_down):
            return None  # backward_cpu says why it cannot
        blank = self.param.labelsequence_accuracy_param.blank_label
        return gpu.LabelsequenceAccuracy(context, bottom[0].shape, bottom[1].count, blank)

    def allows_force_backward(self, index: int) -> bool:
        return False

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        count, steps, classes = bottom[0].shape[:3]
        blank = self.param.labelsequence_accuracy_param.blank_label
        best = bottom[0].data.reshape(count, steps, classes).argmax(axis=2)
        counts = best != blank
        counts[:, 1:] &= best[:, 1:] != best[:, :-1]
        truth = bottom[1].data.reshape(per_item(bottom[1].shape))
        right = sum(
            row[keep].tolist() == true[true != blank].tolist()
            for row, keep, true in zip(best, counts, truth, strict=True)
        )
        top[0].data[...] = right / max(count, 1)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if any(self.propagate_down):
            raise self.error("cannot give its bottoms a gradient; remove its loss_weight")
