"""Yolov3: the loss of YOLO's third version."""

import numpy as np

from ..core import Shape, register
from ..kernels import gpu
from ..kernels.gpu.yolo_grid import YoloGrid
from ..kernels.gpu.yolo_rule import YoloRule
from ..proto.caffe_pb2 import Yolov3Parameter
from .families.center_boxes import PLAIN, overlap, overlap_of_sizes, overlap_slope
from .families.yolo_loss import YoloLoss, predicted_boxes


@register("Yolov3")
class Yolov3(YoloLoss):
    """loss = sum of squared deltas / N, of boxes at anchors and their classes.

    bottom[0]  predictions (N, num (5 + num_class), H, W): for each of num boxes of a cell x and
               y in the cell, objectness and the scores of the classes before a sigmoid, w and h
               as logarithms of what they are to the anchor
    bottom[1]  truths (N, 5 T): rows of class, x, y, w, h, relative to the image; the first row
               with w 0 ends them; or (1, 1, T, 8), as AnnotatedData gives them
    top[0]     loss, shape ()

    biases are all anchors, in pixels of an image anchors_scale times as large as the grid, and
    mask says which of them the boxes of this grid have. The gradient is the deltas / N, times
    loss_weight, not a derivative of the loss; they are differences:

    objectness  from 0 where a box overlaps no truth by more than thresh
    the box     at the truth's cell and its best anchor, if that is in mask, and at every other
                in mask that overlaps the truth's size by more than iou_thresh: objectness from 1;
                x, y, w, h times coord_scale (2 - w h); the classes times class_scale from 1 and
                0, or 1 - label_smooth_eps / 2 and label_smooth_eps / 2; with use_focal_loss
                times the focal loss's factor, without smoothing

    iou_loss says how overlap is measured. But for MSE x, y, w, h go up the slope of the overlap,
    times iou_normalizer and within max_delta, and (accumulate) add to what other truths want; and
    the loss has iou_normalizer times the mean of 1 - overlap in the place of their squares.
    use_logic_gradient: x, y, objectness and classes times the sigmoid's derivative, and that of
    a truth's objectness times object_scale. side and noobject_scale change nothing.

    Prototxt: yolov3_param { num_class: 20  num: 5  biases (2 per anchor)  mask (one per box)
                             anchors_scale: 32  thresh: 0.2  iou_thresh: 0.5  coord_scale: 5
                             class_scale: 1  object_scale: 1  label_smooth_eps: 0.1
                             iou_loss: MSE (IOU, GIOU, DIOU, CIOU)  iou_normalizer: 0.25
                             max_delta: 10  accumulate: true  use_focal_loss: false
                             use_logic_gradient: false }
    Source: Redmon and Farhadi, "YOLOv3", 2018; MobileNet-YOLO's Yolov3Layer.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.yolov3_param
        self.num, self.num_class = param.num, param.num_class
        self._anchors = self.read_anchors(param, "yolov3_param")
        self._mask = list(param.mask)
        if len(self._mask) != self.num:
            raise self.error(
                f"yolov3_param.mask: has {len(self._mask)} numbers; needs one anchor for each of "
                f"num ({self.num}) boxes"
            )
        for anchor in self._mask:
            if anchor >= len(self._anchors):
                raise self.error(
                    f"yolov3_param.mask: {anchor} is none of the {len(self._anchors)} anchors in "
                    "biases, counted from 0"
                )
        self._measures_plainly = param.iou_loss == Yolov3Parameter.MSE

    def activate(self, p: np.ndarray) -> None:
        for scores in (p[:, :, :2], p[:, :, 4:]):
            scores[...] = 1 / (1 + np.exp(-scores))

    def deltas(self, p: np.ndarray, truths: list[np.ndarray]) -> tuple[np.ndarray, float]:
        param, size = self.param.yolov3_param, p.shape[-2:]
        image = (size[0] * param.anchors_scale, size[1] * param.anchors_scale)
        boxes = predicted_boxes(p, self._anchors[self._mask], image)
        self._sizes = self._anchors / np.array(image[::-1], p.dtype)
        deltas, misses = np.zeros_like(p), []
        deltas[:, :, 4] = p[:, :, 4]
        for item, rows in enumerate(truths):
            if len(rows):
                best = overlap(boxes[item][..., None, :], rows[:, 1:], param.iou_loss).max(axis=-1)
                deltas[item, :, 4][best > param.thresh] = 0
        for item, rows in enumerate(truths):
            for truth in rows:
                row, column = cell = self.cell_of(truth, size)
                for box in self._answering(truth):
                    at = (box, slice(None), row, column)
                    shared = self._draw_box(
                        *(truth, box, cell, size, boxes[item, box, row, column]),
                        *(p[item][at], deltas[item][at]),
                    )
                    misses.append(1 - shared)
                    self._draw_scores(int(truth[0]), p[item][at], deltas[item][at])
        squares = deltas if self._measures_plainly else deltas[:, :, 4:]
        loss = float((squares**2).sum())
        if misses and not self._measures_plainly:
            loss += param.iou_normalizer * float(np.mean(misses))
        if param.use_logic_gradient:
            for part in (slice(0, 2), slice(4, None)):
                deltas[:, :, part] *= p[:, :, part] * (1 - p[:, :, part])
        return deltas, loss

    def gpu_grid(self, context: gpu.Context) -> YoloGrid:
        scale = self.param.yolov3_param.anchors_scale
        return gpu.YoloGrid(context, self._anchors[self._mask], self.num_class, scale)

    def gpu_rule(self, context: gpu.Context) -> YoloRule:
        param, mask, anchors = self.param.yolov3_param, self._mask, range(len(self._anchors))
        boxes_of = [mask.index(anchor) if anchor in mask else -1 for anchor in anchors]
        return gpu.YoloRule(
            "yolov3.cu",
            macros={
                "IOU_LOSS": param.iou_loss,
                "FOCAL": int(param.use_focal_loss),
                "LOGIC": int(param.use_logic_gradient),
                "ACCUMULATES": int(param.accumulate),
            },
            numbers=(
                *(param.thresh, param.iou_thresh, param.coord_scale, param.class_scale),
                *(param.object_scale, param.label_smooth_eps, param.iou_normalizer),
                param.max_delta,
            ),
            anchors=(
                context.constants(self._anchors.astype(np.float32)),
                context.constants(np.array(boxes_of, np.int32)),
                len(boxes_of),
            ),
            # The best anchor's box may be found once more.
            answers=1 + self.num if param.iou_thresh < 1 else 1,
            miss_weight=0 if self._measures_plainly else param.iou_normalizer,
        )

    def _answering(self, truth: np.ndarray) -> list[int]:
        """The boxes of a cell that are to answer for a truth, by number; one may do so twice."""
        param = self.param.yolov3_param
        shared = overlap_of_sizes(self._sizes, truth[3:], param.iou_loss)
        best = int(shared.argmax()) if shared.max() > 0 else -1
        boxes = []
        if best in self._mask:
            # From here on MobileNet-YOLO takes the box's number for its anchor's.
            best = self._mask.index(best)
            boxes.append(best)
        if param.iou_thresh < 1:
            boxes += [
                self._mask.index(anchor)
                for anchor in range(len(self._anchors))
                if anchor in self._mask and anchor != best and shared[anchor] > param.iou_thresh
            ]
        return boxes

    def _draw_box(self, truth, box, cell, size, predicted, p, deltas) -> float:
        """Write the deltas of x, y, w, h; give how much the box overlaps the truth."""
        param = self.param.yolov3_param
        if self._measures_plainly:
            (row, column), (h, w) = cell, size
            weight = param.coord_scale * (2 - truth[3] * truth[4])
            place = truth[1:3] * np.array((w, h), p.dtype) - np.array((column, row), p.dtype)
            aim = np.log(truth[3:] / self._sizes[self._mask[box]])
            deltas[:2] = weight * (p[:2] - place)
            deltas[2:4] = weight * (p[2:4] - aim)
            return float(overlap(predicted, truth[1:]))
        slope = overlap_slope(predicted, truth[1:], param.iou_loss)
        slope[2:] *= np.exp(p[2:4])
        slope = np.nan_to_num(slope * param.iou_normalizer, posinf=0, neginf=0)
        if not param.accumulate:
            deltas[:4] = 0
        deltas[:4] -= np.clip(slope, -param.max_delta, param.max_delta)
        # A loss by plain overlap is told as one by distance.
        kind = Yolov3Parameter.DIOU if param.iou_loss in PLAIN else param.iou_loss
        return float(overlap(predicted, truth[1:], kind))

    def _draw_scores(self, label: int, p: np.ndarray, deltas: np.ndarray) -> None:
        """Write the deltas of objectness and of the classes."""
        param = self.param.yolov3_param
        deltas[4] = p[4] - 1
        if param.use_logic_gradient:
            deltas[4] *= param.object_scale
        classes, smooth = p[5:], param.label_smooth_eps
        aims = np.full_like(classes, smooth / 2)
        aims[label] = 1 - smooth / 2
        if deltas[5 + label]:  # another truth was here
            deltas[5 + label] = param.class_scale * (classes[label] - aims[label])
        elif param.use_focal_loss:
            aims = np.zeros_like(classes)
            aims[label] = 1
            right = classes[label] + 1e-15
            factor = -0.5 * (1 - right) * (2 * right * np.log(right) + right - 1)
            deltas[5:] = param.class_scale * factor * (classes - aims)
        else:
            deltas[5:] = param.class_scale * (classes - aims)
