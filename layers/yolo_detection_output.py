"""YoloDetectionOutput: the detections of YOLO's second version."""

import numpy as np

from ..core import Shape, register
from .families.yolo_detections import Candidates, YoloDetections
from .families.yolo_loss import predicted_boxes


@register("YoloDetectionOutput")
class YoloDetectionOutput(YoloDetections):
    """y = the boxes whose objectness times their best class's probability reaches a threshold.

    bottom[i]  predictions (N, num_box (5 + num_classes), H, W) of one or two grids, as RegionLoss
               learns them
    top        detections (1, 1, n, 7): image, class + 1, confidence, left, top, right, bottom,
               relative to the image; by image and falling confidence

    Of each image a box goes that overlaps one of higher confidence, of whatever class, by
    nms_threshold or more. Where no image has any, there is a row for each: its number and six
    times -1. Forward sets the size of the top. side and label_map_file change nothing. Has no
    backward pass.

    Prototxt: yolo_detection_output_param { num_classes: 20  num_box: 5  coords: 4
              biases (2 per box, in cells)  confidence_threshold: 0.01  nms_threshold: 0.45 }
    Source: Redmon and Farhadi, "YOLO9000", CVPR 2017; MobileNet-YOLO's layer, which takes all
            images of a batch for the first.
    """

    bottom_count = range(1, 3)
    softmax = True

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.yolo_detection_output_param
        name = "yolo_detection_output_param"
        self.num, self.num_classes = param.num_box, param.num_classes
        self.confidence_threshold = param.confidence_threshold
        self.nms_threshold = param.nms_threshold
        if param.coords != 4:
            raise self.error(f"{name}.coords: {param.coords} must be 4: x, y, w, h")
        if len(param.biases) != 2 * self.num:
            raise self.error(
                f"{name}.biases: has {len(param.biases)} numbers; needs two for each of num_box "
                f"({self.num}) boxes"
            )
        anchors = np.array(param.biases, self.dtype).reshape(-1, 2)
        self.anchors, self.scales = [anchors] * len(bottom_shapes), [1] * len(bottom_shapes)

    def candidates(self, grid: int, p: np.ndarray) -> Candidates:
        p = p.copy()
        for scores in (p[:, :, :2], p[:, :, 4]):
            scores[...] = 1 / (1 + np.exp(-scores))
        boxes = predicted_boxes(p, self.anchors[grid])
        classes = np.exp(p[:, :, 5:] - p[:, :, 5:].max(axis=2, keepdims=True))
        labels = classes.argmax(axis=2)
        confidences = p[:, :, 4] * classes.max(axis=2) / classes.sum(axis=2)
        # By image, cell and box: of equal confidences, the first counts as higher.
        is_sure = confidences.transpose(0, 2, 3, 1) >= self.confidence_threshold
        item, row, column, box = np.nonzero(is_sure)
        at = (item, box, row, column)
        return Candidates(item, labels[at], confidences[at], boxes[at])
