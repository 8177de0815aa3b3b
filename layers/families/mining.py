"""Mining: which of the many priors of an image a detector learns from."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...kernels import gpu
from ...kernels.gpu.box_matching import BoxMatching
from ...kernels.gpu.example_mining import ExampleMining, Thinning
from ...proto.caffe_pb2 import MultiBoxLossParameter
from .box_matching import NONE
from .nms import ALL, best_first, suppress

_LEAST_AREA = 1e-5  # boxes that are smaller are no candidates where overlapping ones are left out


@dataclass
class Mining:
    """Picks examples by their loss, image by image.

    MAX_NEGATIVE   the unmatched priors of highest loss whose nearest object overlaps by less than
                   neg_overlap, neg_pos_ratio for each match
    HARD_EXAMPLE   the sample_size priors of highest loss; matches that are not among them are
                   dropped

    With nms_param, those that overlap one of higher loss are left out first.
    """

    param: Any  # a MultiBoxLossParameter

    @property
    def is_on(self) -> bool:
        """Whether examples are picked at all."""
        return self.param.mining_type != MultiBoxLossParameter.NONE

    @property
    def picks_matches(self) -> bool:
        """Whether matches have to be picked like all others."""
        return self.param.mining_type == MultiBoxLossParameter.HARD_EXAMPLE

    @property
    def needs_boxes(self) -> bool:
        """Whether examples that overlap harder ones are left out."""
        return self.param.HasField("nms_param") and self.param.nms_param.nms_threshold > 0

    def pick(
        self,
        losses: np.ndarray,
        matches: np.ndarray,
        nearest: np.ndarray,
        boxes: np.ndarray,
        allowed: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """(matches that stay, bool per prior whether it is a negative) of one image.

        losses, matches, nearest  a number per prior, the last two from match_boxes
        boxes                     (priors, 4), looked at if needs_boxes
        allowed                   bool per prior: which may be picked; None: all
        """
        candidates = np.full(len(losses), True)
        if not self.picks_matches:
            candidates = (matches == NONE) & (nearest < self.param.neg_overlap)
        if allowed is not None:
            candidates &= allowed
        places = np.flatnonzero(candidates)
        picked = np.full(len(losses), False)
        picked[self._hardest(places, losses, boxes)[: self._count(matches)]] = True
        negative = picked & (matches == NONE)
        if self.picks_matches:
            matches = np.where((matches > NONE) & ~picked, NONE, matches)
        return matches, negative

    def gpu_mining(self, context: gpu.Context, matching: BoxMatching) -> ExampleMining | None:
        """What picks examples on a GPU; None if none are picked."""
        if not self.is_on:
            return None
        param, thinning = self.param, None
        if self.needs_boxes:
            top_k = None if self._top_k < 0 else self._top_k
            predicts = not param.use_prior_for_nms
            thinning = Thinning(param.nms_param.nms_threshold, top_k, predicts)
        return ExampleMining(
            *(context, matching),
            ratio=param.neg_pos_ratio,
            most=param.sample_size if self.picks_matches else None,
            neg_overlap=param.neg_overlap,
            likely=param.objectness_score,
            thinning=thinning,
        )

    @property
    def _top_k(self) -> int:
        nms = self.param.nms_param
        return nms.top_k if nms.HasField("top_k") else ALL

    def _count(self, matches: np.ndarray) -> int:
        if self.picks_matches:
            return self.param.sample_size
        positives = np.count_nonzero(matches > NONE)
        # In float32, as a ratio such as 2.2 is no exact number.
        return int(np.float32(positives) * np.float32(self.param.neg_pos_ratio))

    def _hardest(self, places: np.ndarray, losses: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        losses = losses[places]
        if not self.needs_boxes:
            return places[best_first(losses)]
        order = best_first(losses, self._top_k)
        sides = boxes[places[order], 2:] - boxes[places[order], :2]
        order = order[(sides >= 0).all(axis=1) & (sides.prod(axis=1) >= _LEAST_AREA)]
        threshold = self.param.nms_param.nms_threshold
        return places[order][suppress(boxes[places[order]], losses[order], threshold)]
