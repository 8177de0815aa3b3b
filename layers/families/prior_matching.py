"""PriorMatching: which object each prior of an image is to find, for each class of locations."""

from typing import Any

import numpy as np

from ...core.boxes import overlaps
from ...kernels import gpu
from ...kernels.gpu.box_matching import BoxMatching
from ...kernels.gpu.object_list import ObjectList
from ...proto.caffe_pb2 import MultiBoxLossParameter
from .box_coding import BoxCoding
from .box_matching import NONE, match_boxes
from .ground_truth import Objects


class PriorMatching:
    """Matches objects with priors, or with the boxes predicted from them, as MultiBoxLoss is told.

    Where every class has locations of its own (share_location: false), a prior is matched in the
    class of its object alone.
    """

    def __init__(self, param: Any, coding: BoxCoding):
        self._param = param  # a MultiBoxLossParameter
        self._coding = coding
        is_bipartite = param.match_type == MultiBoxLossParameter.BIPARTITE
        self._least = None if is_bipartite else param.overlap_threshold

    def match(
        self, objects: Objects, priors: np.ndarray, variances: np.ndarray, locations: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(matches (classes, P), nearest (P)) of one image; match_boxes says what they are.

        priors and variances (P, 4), locations (P, classes, 4)
        """
        if self._param.use_prior_for_matching:
            matches, nearest = self._match(priors, objects)
            if self._param.share_location:
                return matches[None], nearest
            labels = _renamed(matches, objects.labels)
            own = labels == np.arange(locations.shape[1])[:, None]
            return np.where(own, matches, NONE), nearest
        boxes = self._coding.decode(priors[:, None], variances[:, None], locations)
        if self._param.share_location:
            matches, nearest = self._match(boxes[:, 0], objects)
            return matches[None], nearest
        matches = np.full(boxes.shape[1::-1], NONE)
        for label in np.unique(objects.labels):
            places = np.flatnonzero(objects.labels == label)
            found, _ = self._match(boxes[:, label], objects.where(places))
            matches[label] = _renamed(found, places)
        return matches, np.zeros(len(priors), boxes.dtype)

    def gpu_matching(
        self, context: gpu.Context, objects: ObjectList, places: tuple[int, int], mines: bool
    ) -> BoxMatching:
        """What matches on a GPU, for (items, priors)."""
        param = self._param
        has_one = param.share_location or param.use_prior_for_matching
        classes = 1 if has_one else param.num_classes
        inside_only = param.ignore_cross_boundary_bbox
        return BoxMatching(context, objects, places, classes, self._least, inside_only, mines)

    def _match(self, boxes: np.ndarray, objects: Objects) -> tuple[np.ndarray, np.ndarray]:
        outside = None
        if self._param.ignore_cross_boundary_bbox:
            outside = np.any((boxes < 0) | (boxes > 1), axis=1)
        return match_boxes(overlaps(boxes[:, None], objects.boxes), self._least, outside)


def _renamed(matches: np.ndarray, names: np.ndarray) -> np.ndarray:
    """The matches with what their objects are named; what is none stays as it is."""
    return np.where(matches > NONE, names[matches.clip(0)], matches)
