"""DetectionOutput: the objects that a detector found."""

import os
from functools import partial
from typing import Any

import numpy as np

from ..core import Blobs, Layer, Shape, log, register
from ..data.naming import naming
from ..kernels import cpu, gpu
from ..proto import ConfigError
from .families.box_coding import BoxCoding
from .families.detection_files import DetectionFiles
from .families.detector_blobs import boxes_of, check_heads, class_scores, priors_of
from .families.fold import per_part
from .families.foreign_fields import refuse_fields
from .families.nms import ALL, best_first, suppress

ROW = 7  # item in batch, label, score, xmin, ymin, xmax, ymax


@register("DetectionOutput")
class DetectionOutput(Layer):
    """Boxes with a label and a score, decoded from locations and thinned out class by class.

    bottom[0]  locations (N, P * 4), or (N, P * num_classes * 4) unless share_location
    bottom[1]  scores (N, P * num_classes), after any softmax
    bottom[2]  priors (1, 2, P * 4): boxes, then variances, as PriorBox gives them
    bottom[3]  optional (RefineDet): (N, P * 2), how likely each prior is nothing, and something;
               or (SSD) images to draw on, (N, C, H, W), which have no effect
    bottom[4]  optional (RefineDet): (N, P * 4), locations that move the priors first
    top        (1, 1, n, 7), a row for each object: item in batch, label, score, xmin, ymin, xmax,
               ymax, by item, label and falling score; if there is none at all, a row for each
               item, its number and six times -1

    Of each class but the background, scores above confidence_threshold count, the nms_param.top_k
    highest of them; of boxes that overlap by more than nms_threshold, the one with the highest
    score stays (families/nms.py, also for eta). keep_top_k are kept for each item. Boxes are
    fractions of the image, which they may reach out of unless clip cuts them. Priors less likely
    something than objectness_score are background for sure.

    save_output_param writes the objects to files (families/detection_files.py) once
    num_test_image images were seen; nothing where it names files that are not there. visualize
    has no effect. There is no backward pass.

    Prototxt: detection_output_param { num_classes  share_location: true  background_label_id: 0
              nms_param { nms_threshold: 0.3  top_k: (all)  eta: 1 }  keep_top_k: -1
              confidence_threshold: (none)  code_type: CORNER  variance_encoded_in_target: false
              objectness_score: 0.01  clip: false
              save_output_param { output_directory, output_name_prefix, output_format: VOC, COCO or
              ILSVRC, label_map_file, name_size_file, num_test_image, resize_param } }
    Source: Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016; Zhang et al.,
            "Single-Shot Refinement Neural Network for Object Detection", CVPR 2018; their Caffes.
    """

    bottom_count = range(3, 6)
    shapes_vary = True

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self._param = self.param.detection_output_param
        self._check_parameters()
        self._location_classes = 1 if param.share_location else param.num_classes
        self._coding = BoxCoding(param.code_type, param.variance_encoded_in_target)
        self._labels = [
            label for label in range(param.num_classes) if label != param.background_label_id
        ]
        self._top_k = param.nms_param.top_k if param.nms_param.HasField("top_k") else ALL
        has_least = param.HasField("confidence_threshold")
        self._least_score = param.confidence_threshold if has_least else -np.inf
        self._files = self._open_files()
        if param.visualize:
            log.warning("detection_output_layer.cpp:125", "visualize: nothing is drawn or shown")

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        classes = (self._location_classes, self._param.num_classes)
        self._has_images = len(bottom_shapes) == 4 and len(bottom_shapes[3]) == 4
        first_stage = [] if self._has_images else bottom_shapes[3:]
        check_heads(self, bottom_shapes[:3], classes, first_stage, after=3)
        return [(1, 1, 1, ROW)]

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        priors = bottom[2].count // 8
        self._suppression = cpu.prepare_suppression(priors)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        # On the host, backward says that there is none.
        if not self._labels or any(self.propagate_down):
            return None
        param, keep, items = self._param, self._param.keep_top_k, bottom[0].shape[0]
        return gpu.DetectionOutput(
            *(context, (items, bottom[2].count // 8)),
            has_images=self._has_images,
            classes=(self._location_classes, param.num_classes),
            labels=len(self._labels),
            background=param.background_label_id,
            most=(None if self._top_k < 0 else self._top_k, None if keep < 0 else keep),
            least=self._least_score,
            likely=param.objectness_score,
            threshold=(param.nms_param.nms_threshold, param.nms_param.eta),
            save=partial(self._files.add_batch, items) if self._files else None,
            macros={**self._coding.gpu_macros, "CLIP": int(param.clip)},
        )

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        locations = boxes_of(bottom[0].data, self._location_classes)
        scores = class_scores(bottom[1].data, self._param.num_classes)
        priors, variances = priors_of(bottom[2])
        if len(bottom) > 3 and not self._has_images:
            likely = bottom[3].data.reshape(*scores.shape[:2], 2)[..., 1]
            nothing = np.arange(scores.shape[2]) == self._param.background_label_id
            unlikely = likely < self._param.objectness_score
            scores = np.where(unlikely[..., None], nothing, scores).astype(scores.dtype)
        found = []
        for i, (codes, item_scores) in enumerate(zip(locations, scores, strict=True)):
            anchors = priors
            if len(bottom) > 4:
                moves = bottom[4].data.reshape(per_part(bottom[4].shape, 4))[i]
                anchors = self._coding.decode(priors, variances, moves)
            rows = self._detect(anchors, variances, codes, item_scores)
            found.append(np.insert(rows, 0, i, axis=1))
        rows = np.concatenate(found)
        if not len(rows):
            rows = np.full((len(scores), ROW), -1.0)
            rows[:, 0] = range(len(scores))
        top[0].reshape(1, 1, *rows.shape)
        top[0].data[...] = rows
        if self._files:
            self._files.add_batch(len(scores), top[0].data)

    def allows_force_backward(self, index: int) -> bool:
        return False

    def _detect(self, priors: Any, variances: Any, codes: Any, scores: Any) -> Any:
        """The objects of an item, rows (n, 6) of label, score and box."""
        nms, found = self._param.nms_param, [np.empty((0, 6), scores.dtype)]
        for label in self._labels:
            places = np.flatnonzero(scores[:, label] > self._least_score)
            places = places[best_first(scores[places, label], self._top_k)]
            mine = codes[places, 0 if self._location_classes == 1 else label]
            boxes = self._coding.decode(priors[places], variances[places], mine)
            if self._param.clip:
                boxes = boxes.clip(0, 1)
            values = scores[places, label]
            kept = suppress(boxes, values, nms.nms_threshold, eta=nms.eta, kernel=self._suppression)
            labels = np.full(len(kept), label, scores.dtype)
            found.append(np.column_stack([labels, values[kept], boxes[kept]]))
        rows = np.concatenate(found)
        keep = self._param.keep_top_k
        if 0 <= keep < len(rows):
            best = best_first(rows[:, 1], keep)
            rows = rows[best[np.argsort(rows[best, 0], kind="stable")]]
        return rows

    def _open_files(self) -> DetectionFiles | None:
        """Where to write the objects; None if it is not wanted, or something is missing for it.

        A deploy.prototxt from elsewhere names files that only its author has, and is to run.
        """
        param = self._param.save_output_param
        if not param.output_directory:
            return None
        for field in ("label_map_file", "name_size_file"):
            path = getattr(param, field)
            if not os.path.exists(path):
                found = f"there is no {path}" if path else "it is not set"
                log.warning(
                    "detection_output_layer.cpp:60",
                    f"layer {self.name!r}: save_output_param.{field}: {found}; nothing is written",
                )
                return None
        try:
            with naming("detection_output_param.save_output_param"):
                return DetectionFiles(param, self._labels)
        except ConfigError as problem:
            raise self.error(str(problem)) from None

    def _check_parameters(self) -> None:
        param, field = self._param, "detection_output_param"
        refuse_fields(self, param, field, {"use_polygon": "TextBoxes++"})
        if param.num_classes < 1:
            raise self.error(f"{field}.num_classes: is required; it counts the background")
        if param.nms_param.nms_threshold < 0:
            raise self.error(
                f"{field}.nms_param.nms_threshold: {param.nms_param.nms_threshold:g} must be 0 or "
                "more"
            )
        if not 0 < param.nms_param.eta <= 1:
            raise self.error(
                f"{field}.nms_param.eta: {param.nms_param.eta:g} must be above 0 and at most 1"
            )
