"""Yolov3DetectionOutput: the detections of YOLO's third version."""

import numpy as np

from ..core import Shape, register
from .families.yolo_detections import Candidates, YoloDetections
from .families.yolo_loss import predicted_boxes


@register("Yolov3DetectionOutput")
class Yolov3DetectionOutput(YoloDetections):
    """y = the boxes whose objectness times a class's probability is above a threshold.

    bottom[i]  predictions (N, num_box (5 + num_classes), H, W) of grid i, as Yolov3 learns them
    top        detections (1, 1, n, 7): image, class + 1, confidence, left, top, right, bottom,
               relative to the image; by image and falling confidence

    A box counts once for each class above confidence_threshold. Of each image a box goes that
    overlaps one of higher confidence, of whatever class, by nms_threshold or more. Where no image
    has any, there is a row for each: its number and six times -1. Forward sets the size of the
    top. biases and mask are as in Yolov3; mask has num_box numbers for each grid, and
    anchors_scale one. Has no backward pass.

    Prototxt: yolov3_detection_output_param { num_classes: 20  num_box: 3  biases (2 per anchor)
              mask  anchors_scale  mask_group_num: 2 (the number of bottoms)
              confidence_threshold: 0.01  nms_threshold: 0.45 }
    Source: Redmon and Farhadi, "YOLOv3", 2018; MobileNet-YOLO's layer, which takes all images of
            a batch for the first.
    """

    softmax = False

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param, grids = self.param.yolov3_detection_output_param, len(bottom_shapes)
        name = "yolov3_detection_output_param"
        self.num, self.num_classes = param.num_box, param.num_classes
        self.confidence_threshold = param.confidence_threshold
        self.nms_threshold = param.nms_threshold
        if param.gaussian_box:
            raise self.error(
                f"{name}.gaussian_box: true is not supported: predictions with variances need "
                "eight numbers per box"
            )
        if param.mask_group_num != grids:
            raise self.error(
                f"{name}.mask_group_num: {param.mask_group_num} must be the number of bottoms, "
                f"{grids}"
            )
        for field, needed in (("mask", self.num * grids), ("anchors_scale", grids)):
            if len(getattr(param, field)) != needed:
                raise self.error(
                    f"{name}.{field}: has {len(getattr(param, field))} numbers; needs {needed}, "
                    f"for {grids} bottoms of num_box ({self.num}) boxes"
                )
        if len(param.biases) % 2 or max(param.mask, default=0) >= len(param.biases) // 2:
            raise self.error(
                f"{name}.biases: has {len(param.biases)} numbers; needs two for each anchor that "
                f"mask names, up to {max(param.mask, default=0)}"
            )
        anchors = np.array(param.biases, self.dtype).reshape(-1, 2)
        self.anchors = list(anchors[list(param.mask)].reshape(grids, self.num, 2))
        self.scales = param.anchors_scale

    def candidates(self, grid: int, p: np.ndarray) -> Candidates:
        scale, (h, w) = self.scales[grid], p.shape[-2:]
        p = p.copy()
        for scores in (p[:, :, :2], p[:, :, 4:]):
            scores[...] = 1 / (1 + np.exp(-scores))
        boxes = predicted_boxes(p, self.anchors[grid], (h * scale, w * scale))
        confidences = p[:, :, 5:] * p[:, :, 4:5]
        # By image, cell, box and class: of equal confidences, the first counts as higher.
        confidences = confidences.transpose(0, 3, 4, 1, 2)
        item, row, column, box, label = np.nonzero(confidences > self.confidence_threshold)
        return Candidates(
            item,
            label,
            confidences[item, row, column, box, label],
            boxes[item, box, row, column],
        )
