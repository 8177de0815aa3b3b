"""RegionLoss: YOLO's second version."""

import numpy as np

from ..core import Shape, register
from ..kernels import gpu
from ..kernels.gpu.yolo_grid import YoloGrid
from ..kernels.gpu.yolo_rule import YoloRule
from .families.axis_softmax import AxisSoftmax
from .families.center_boxes import overlap, overlap_of_sizes
from .families.yolo_loss import YoloLoss, predicted_boxes


@register("RegionLoss")
class RegionLoss(YoloLoss):
    """loss = sum of squared deltas / N, of boxes at anchors and their classes.

    bottom[0]  predictions (N, num (5 + num_class), H, W): for each of num boxes of a cell x and
               y in the cell and objectness before a sigmoid, w and h as logarithms of what they
               are to the anchor, and scores of the classes before a softmax
    bottom[1]  truths (N, 5 T): rows of class, x, y, w, h, relative to the image; the first row
               with w 0 ends them; or (1, 1, T, 8), as AnnotatedData gives them
    top[0]     loss, shape ()

    The gradient is the deltas / N, times loss_weight, not a derivative of the loss. They are
    differences from what should be, those of x, y and objectness times the sigmoid's derivative:

    noobject_scale  objectness of a box that overlaps no truth by more than thresh, from 0
    coord_scale     place and size of the box at the truth's cell whose anchor (bias_match), or
                    else whose predicted size, overlaps the truth's size most; without rescore
                    times 2 - w h
    object_scale    its objectness, from its overlap with the truth, or from 1 without rescore
    class_scale     its classes, from 1 for the truth's and 0 for the others

    side, jitter, softmax, absolute, random, softmax_tree and class_map change nothing.

    Prototxt: region_loss_param { num_class: 20  num: 5  coords: 4  biases (2 per box, in cells)
                                  thresh: 0.2  bias_match: 1  rescore: 1  object_scale: 1
                                  noobject_scale: 0.5  coord_scale: 5  class_scale: 1 }
    Source: Redmon and Farhadi, "YOLO9000", CVPR 2017; MobileNet-YOLO's RegionLossLayer.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.region_loss_param
        self.num, self.num_class = param.num, param.num_class
        if param.coords != 4:
            raise self.error(f"region_loss_param.coords: {param.coords} must be 4: x, y, w, h")
        self._anchors = self.read_anchors(param, "region_loss_param")
        if len(self._anchors) != self.num:
            raise self.error(
                f"region_loss_param.biases: has {len(param.biases)} numbers; needs two for each "
                f"of num ({self.num}) boxes"
            )

    def activate(self, p: np.ndarray) -> None:
        for scores in (p[:, :, :2], p[:, :, 4]):
            scores[...] = 1 / (1 + np.exp(-scores))
        classes = np.ascontiguousarray(p[:, :, 5:])
        n, num, count, h, w = classes.shape
        AxisSoftmax(p.dtype, (n * num, count, h * w)).forward(classes, classes)
        p[:, :, 5:] = classes

    def deltas(self, p: np.ndarray, truths: list[np.ndarray]) -> tuple[np.ndarray, float]:
        param = self.param.region_loss_param
        boxes, deltas = predicted_boxes(p, self._anchors), np.zeros_like(p)
        objectness = p[:, :, 4]
        deltas[:, :, 4] = param.noobject_scale * objectness * _slope(objectness)
        for item, rows in enumerate(truths):
            if len(rows):
                best = overlap(boxes[item][..., None, :], rows[:, 1:]).max(axis=-1)
                deltas[item, :, 4][best > param.thresh] = 0
        for item, rows in enumerate(truths):
            for truth in rows:
                self._draw_to(truth, p[item], boxes[item], deltas[item])
        return deltas, float((deltas**2).sum())

    def gpu_grid(self, context: gpu.Context) -> YoloGrid:
        return gpu.YoloGrid(context, self._anchors, self.num_class)

    def gpu_rule(self, context: gpu.Context) -> YoloRule:
        param = self.param.region_loss_param
        return gpu.YoloRule(
            "region_loss.cu",
            macros={"BY_ANCHOR": int(param.bias_match > 0), "RESCORES": int(param.rescore > 0)},
            numbers=(
                *(param.thresh, param.noobject_scale, param.object_scale),
                *(param.coord_scale, param.class_scale),
            ),
        )

    def _draw_to(self, truth, p, boxes, deltas) -> None:
        """Write the deltas of the box that is to answer for a truth."""
        param, size = self.param.region_loss_param, p.shape[-2:]
        row, column = cell = self.cell_of(truth, size)
        scale = np.array(size[::-1], p.dtype)  # (width, height) in cells
        sizes = self._anchors / scale if param.bias_match else boxes[:, *cell, 2:]
        box = int(overlap_of_sizes(sizes, truth[3:]).argmax())
        found, delta = p[box, :, *cell], deltas[box, :, *cell]
        shared = overlap(boxes[box, *cell], truth[1:])
        weight = param.coord_scale
        if not param.rescore:
            weight *= 2 - truth[3] * truth[4]
        place = truth[1:3] * scale - (column, row)
        delta[:2] = weight * (found[:2] - place) * _slope(found[:2])
        delta[2:4] = weight * (found[2:4] - np.log(truth[3:] * scale / self._anchors[box]))
        aim = shared if param.rescore else 1
        delta[4] = param.object_scale * (found[4] - aim) * _slope(found[4])
        delta[5:] = param.class_scale * found[5:]
        delta[5 + int(truth[0])] -= param.class_scale


def _slope(y):
    """The derivative of a sigmoid that gave y."""
    return y * (1 - y)
