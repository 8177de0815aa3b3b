"""Region proposals: from the scores and shifts of anchors to the boxes worth a closer look."""

from dataclasses import dataclass

import numpy as np

from ...core import Array
from . import pixel_boxes
from .anchors import anchors_everywhere


@dataclass
class ProposalRule:
    """How to choose."""

    anchors: Array  # (A, 4)
    stride: float  # pixels of the image from one place of the map to the next
    least_size: float  # of a proposal, in pixels of the unscaled image
    before: int  # how many of the best proposals go into the suppression; 0 for all
    after: int  # how many come out of it at most; 0 for all
    threshold: float  # of overlap, above which the worse one goes

    def choose(self, scores: Array, deltas: Array, image: Array) -> tuple[Array, Array]:
        """Boxes (R, 4) and scores (R) of the proposals of one image, best first.

        scores (A, H, W) of being an object, deltas (4 A, H, W), image (height, width, scale) or
        (height, width, scale of the height, scale of the width)
        """
        height, width = scores.shape[1:]
        anchors = anchors_everywhere(self.anchors, height, width, self.stride)
        flat_scores = scores.transpose(1, 2, 0).ravel()
        by_place = deltas.transpose(1, 2, 0).reshape(-1, 4)
        boxes = pixel_boxes.decode(anchors.astype(deltas.dtype), by_place)
        boxes = pixel_boxes.clip(boxes, image[0], image[1])
        least = self.least_size * np.array([image[3 if len(image) > 3 else 2], image[2]])
        large = np.flatnonzero((pixel_boxes.sizes(boxes) >= least).all(axis=1))
        order = large[np.argsort(-flat_scores[large], kind="stable")]
        order = order[: self.before or None]
        kept = pixel_boxes.suppress(boxes[order], self.threshold, self.after or len(order))
        order = order[kept]
        return boxes[order], flat_scores[order]
