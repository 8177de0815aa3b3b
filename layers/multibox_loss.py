"""MultiBoxLoss: how well a detector places its boxes and names what is in them."""

import numpy as np

from ..core import Array, Blobs, Shape, log, register
from ..kernels import gpu
from ..proto import ConfigError
from ..proto.caffe_pb2 import LossParameter, MultiBoxLossParameter
from .families.box_coding import BoxCoding
from .families.box_matching import NONE
from .families.detector_blobs import boxes_of, check_heads, class_scores, priors_of
from .families.fold import per_part
from .families.foreign_fields import refuse_fields
from .families.ground_truth import ROW, GroundTruth
from .families.location_loss import LOCATION_LOSSES
from .families.loss import LossLayer
from .families.mining import Mining
from .families.prior_matching import PriorMatching
from .families.score_loss import NO_LABEL, LogisticScores, SoftmaxScores

_FOREIGN = {
    "alpha": "a focal-loss SSD",
    "gamma": "a focal-loss SSD",
    "ignore_difficult_gt": "NVCaffe",
}


@register("MultiBoxLoss")
class MultiBoxLoss(LossLayer):
    """loss = (loc_weight * sum of location losses + sum of confidence losses) / normalizer.

    bottom[0]  locations (N, P * 4), or (N, P * num_classes * 4) unless share_location
    bottom[1]  scores (N, P * num_classes), before any softmax
    bottom[2]  priors (1, 2, P * 4): boxes, then variances, as PriorBox gives them
    bottom[3]  objects (1, 1, n, 8), as AnnotatedData gives them: item, label, instance, xmin,
               ymin, xmax, ymax, difficult; rows with item -1 are none
    bottom[4]  optional (RefineDet): (N, P * 2), how likely each prior is nothing, and something
    bottom[5]  optional (RefineDet): (N, P * 4), locations that move the priors first
    top[0]     loss, shape (); bottom[0] and bottom[1] have gradients

    Each object is matched with the prior (or, unless use_prior_for_matching, the predicted box)
    that overlaps it most; with PER_PREDICTION, priors that overlap an object by overlap_threshold
    are matched as well. A match should give the code of its object (families/box_coding.py;
    location loss: SMOOTH_L1, or L2, half the square) and its label (confidence loss: SOFTMAX, or
    LOGISTIC, one for each class). Of the other priors, those picked (families/mining.py) should
    give the background; with mining_type NONE, all of them, for LOGISTIC no class at all. The
    normalizer is, but at least 1: VALID the matches, FULL N * P, BATCH_SIZE N, NONE 1.

    encode_variance_in_target divides by the variances in the loss instead of the code, without a
    trace in the gradient. bp_inside gives corners outside the image no location loss,
    ignore_cross_boundary_bbox leaves priors out that reach outside, map_object_to_agnostic makes
    every label background_label_id + 1, use_difficult_gt: false leaves difficult objects out, and
    priors less likely something than objectness_score are never picked as examples.

    Prototxt: multibox_loss_param { num_classes  loc_loss_type: SMOOTH_L1  conf_loss_type: SOFTMAX
              loc_weight: 1  share_location: true  match_type: PER_PREDICTION
              overlap_threshold: 0.5  use_prior_for_matching: true  background_label_id: 0
              use_difficult_gt: true  mining_type: MAX_NEGATIVE  neg_pos_ratio: 3
              neg_overlap: 0.5  sample_size: 64  nms_param { nms_threshold: 0.3  top_k: (all) }
              use_prior_for_nms: false  code_type: CORNER  encode_variance_in_target: false
              map_object_to_agnostic: false  ignore_cross_boundary_bbox: false  bp_inside: false
              objectness_score: 0.01 }, loss_param { normalization: VALID }
    Source: Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016; Zhang et al.,
            "Single-Shot Refinement Neural Network for Object Detection", CVPR 2018; their Caffes.
    """

    bottom_count = range(4, 7)
    differentiable = (0, 1)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self._param = self.param.multibox_loss_param
        self.num_classes, self.background = param.num_classes, param.background_label_id
        self._mining = Mining(param)
        self._is_softmax = param.conf_loss_type == MultiBoxLossParameter.SOFTMAX
        self._check_parameters()
        self._location_classes = 1 if param.share_location else self.num_classes
        self._coding = BoxCoding(param.code_type, param.encode_variance_in_target)
        self._matching = PriorMatching(param, self._coding)
        self._truth = GroundTruth(self, self.num_classes, self.background)
        self._location_loss = LOCATION_LOSSES[param.loc_loss_type]
        self._score_loss = SoftmaxScores if self._is_softmax else LogisticScores
        has_background = self._is_softmax or self._mining.is_on
        self._label_of_none = self.background if has_background else NO_LABEL
        self._agnostic_label = self.background + 1 if param.map_object_to_agnostic else None
        # A term whose gradient is switched off is left out of the loss as well.
        self._counts = [*self.param.propagate_down, True, True][:2]

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        classes = (self._location_classes, self.num_classes)
        check_heads(self, bottom_shapes[:3], classes, bottom_shapes[4:], after=4)
        objects = bottom_shapes[3]
        if not objects or objects[-1] != ROW:
            raise self.error(f"bottom[3] must hold objects, (1, 1, n, {ROW}), got shape {objects}")
        return [()]

    def loss(self, bottom: Blobs) -> Array:
        locations = boxes_of(bottom[0].data, self._location_classes)
        scores = class_scores(bottom[1].data, self.num_classes)
        self._read_priors(bottom)
        self._read_objects(bottom[3].data, len(scores))
        self._match(locations, scores, bottom)
        differences = self._find_differences(locations)
        location_losses, self._location_slopes = self._location_loss(differences)
        self._find_examples()
        rows = scores[self._examples]
        score_losses = self._score_loss.losses(rows, self._targets)
        self._score_slopes = self._score_loss.slopes(rows, self._targets)
        matches = len(self._places[0])
        items, priors = scores.shape[:2]
        self._divisor = self.normalizer(self.normalization(), items, priors, matches)
        total = self._param.loc_weight * location_losses.sum() * self._counts[0]
        return (total + score_losses.sum() * self._counts[1]) / self._divisor

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        scale = factor / self._divisor
        if self.propagate_down[0]:
            dx = boxes_of(bottom[0].diff, self._location_classes)
            items, classes, priors = self._places
            dx[...] = 0
            dx[items, priors, classes] = self._location_slopes * (scale * self._param.loc_weight)
        if self.propagate_down[1]:
            dx = class_scores(bottom[1].diff, self.num_classes)
            dx[...] = 0
            dx[self._examples] = self._score_slopes * scale

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel:
        param, items, priors = self._param, bottom[0].shape[0], bottom[2].count // 8
        self._rows, self._item_count = bottom[3], items
        objects = self._truth.gpu_objects(
            context, self._rows, items, param.use_difficult_gt, self._explain
        )
        places = items, priors
        matching = self._matching.gpu_matching(context, objects, places, self._mining.is_on)
        mode = self.normalization()
        return gpu.MultiBoxLoss(
            *(context, objects, matching, self._mining.gpu_mining(context, matching)),
            classes=(self._location_classes, self.num_classes),
            labels=(self._agnostic_label, self._label_of_none),
            macros={
                **self._coding.gpu_macros,
                "FREE_OUTSIDE": int(param.bp_inside),
                "SMOOTH_L1": int(param.loc_loss_type == MultiBoxLossParameter.SMOOTH_L1),
                "LOGISTIC": int(not self._is_softmax),
            },
            matches_predictions=not param.use_prior_for_matching,
            weights=(param.loc_weight * self._counts[0], self._counts[1], param.loc_weight),
            divisor=None if mode == LossParameter.VALID else self.gpu_divisor(mode, *places),
        )

    def _explain(self, last: int) -> ConfigError:
        """Why there is a row of objects, with `last` rows after it, that cannot be."""
        try:
            self._read_objects(self._rows.data, self._item_count)
        except ConfigError as problem:
            return problem
        return self.error(
            "bottom[3] had a box of an item, a label or a place that cannot be in a batch since "
            "the loss was last read; display: 1 in the solver tells which"
        )

    def _read_priors(self, bottom: Blobs) -> None:
        """The priors of each item (N, P, 4), which RefineDet moves first, and their variances."""
        priors, self._variances = priors_of(bottom[2])
        shape = (bottom[0].shape[0], *priors.shape)
        if len(bottom) > 5:
            moves = bottom[5].data.reshape(shape)
            self._priors = self._coding.decode(priors, self._variances, moves)
        else:
            self._priors = np.broadcast_to(priors, shape)

    def _read_objects(self, rows: Array, items: int) -> None:
        objects = self._truth.read(rows)
        strange = [i for i in objects if not 0 <= i < items]
        if strange:
            raise self.error(
                f"bottom[3] has a box of item {strange[0]}; the batch has items 0 to {items - 1}"
            )
        if not self._param.use_difficult_gt:
            objects = {i: some.where(~some.difficult) for i, some in objects.items()}
        self._objects = {i: some for i, some in objects.items() if len(some)}

    def _match(self, locations: Array, scores: Array, bottom: Blobs) -> None:
        """Find which object each prior is to find, (N, classes, P), and the negatives, (N, P)."""
        items, priors = scores.shape[:2]
        self._matches = np.full((items, self._location_classes, priors), NONE)
        self._negatives = np.full((items, priors), not self._mining.is_on)
        nearest = {}
        for i, objects in self._objects.items():
            self._matches[i], nearest[i] = self._matching.match(
                objects, self._priors[i], self._variances, locations[i]
            )
        if not self._mining.is_on or not nearest:
            return
        losses = self._score_loss.losses(scores, self._labels(self.background))
        if self._mining.picks_matches:
            terms, _ = self._location_loss(self._find_differences(locations))
            losses[self._places[::2]] += terms.sum(axis=1)
        for i in nearest:
            boxes, allowed = self._priors[i], None
            if self._mining.needs_boxes and not self._param.use_prior_for_nms:
                boxes = self._coding.decode(boxes, self._variances, locations[i, :, 0])
            if len(bottom) > 4:
                likely = bottom[4].data.reshape(per_part(bottom[4].shape, 2))[i, :, 1]
                allowed = likely >= self._param.objectness_score
            self._matches[i, 0], self._negatives[i] = self._mining.pick(
                losses[i], self._matches[i, 0], nearest[i], boxes, allowed
            )

    def _find_differences(self, locations: Array) -> Array:
        """How far off the code of each match is, (matches, 4); self._places says where they are."""
        items, classes, priors = self._places = np.nonzero(self._matches > NONE)
        variances, anchors = self._variances[priors], self._priors[items, priors]
        numbers = self._matches[self._places]
        boxes = np.zeros_like(anchors)
        for i, objects in self._objects.items():
            boxes[items == i] = objects.boxes[numbers[items == i]]
        codes = locations[items, priors, classes]
        differences = codes - self._coding.encode(anchors, variances, boxes)
        if self._param.bp_inside:
            if not self._param.use_prior_for_matching:
                anchors = self._coding.decode(anchors, variances, codes)
            differences[(anchors < 0) | (anchors > 1)] = 0
        if self._param.encode_variance_in_target:
            differences /= variances
        return differences

    def _find_examples(self) -> None:
        """Which scores count, as indices of items and priors, and what they should say."""
        positives = (self._matches > NONE).any(axis=1)
        self._examples = np.nonzero(positives | self._negatives)
        self._targets = self._labels(self._label_of_none)[self._examples]

    def _labels(self, none: int) -> Array:
        """The label that each prior should have, (N, P); none for those without a match."""
        labels = np.full(self._negatives.shape, none)
        for i, objects in self._objects.items():
            names = objects.labels
            if self._agnostic_label is not None:
                names = np.full_like(names, self._agnostic_label)
            for matches in self._matches[i]:
                found = matches > NONE
                labels[i, found] = names[matches[found]]
        return labels

    def _check_parameters(self) -> None:
        param, field = self._param, "multibox_loss_param"
        refuse_fields(self, param, field, _FOREIGN)
        if param.num_classes < 1:
            raise self.error(f"{field}.num_classes: is required; it counts the background")
        if self._is_softmax and self.background >= param.num_classes:
            raise self.error(
                f"{field}.background_label_id: {self.background} is none of the "
                f"{param.num_classes} classes, as conf_loss_type SOFTMAX needs"
            )
        if param.HasField("do_neg_mining"):
            log.warning("multibox_loss_layer.cpp:36", "do_neg_mining is old; use mining_type")
            if param.do_neg_mining != self._mining.is_on:
                raise self.error(f"{field}.do_neg_mining: contradicts mining_type; leave it out")
        if self._mining.is_on and not param.share_location:
            raise self.error(f"{field}: share_location: false needs mining_type: NONE")
        if self._mining.picks_matches and param.sample_size < 1:
            raise self.error(f"{field}.sample_size: {param.sample_size} must be 1 or more")
