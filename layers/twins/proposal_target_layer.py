"""ProposalTargetLayer: rpn.proposal_target_layer of py-faster-rcnn."""

from typing import Any, ClassVar

import numpy as np

from ...core import Array, Blobs
from ...proto import ConfigError
from ..families import pixel_boxes
from ..families.fold import per_part
from .twin import Twin, check_shape


class ProposalTargetLayer(Twin):
    """A sample of the proposed regions, with the class and the box each should have got.

    bottom[0]  proposed regions (P, 5): 0, x1, y1, x2, y2
    bottom[1]  true boxes (G, 5): x1, y1, x2, y2, class; they join the proposals
    top[0]     regions (R, 5), objects first
    top[1]     classes (R): 0 for background
    top[2]     shifts (R, 4 num_classes), those of the region's class, else 0
    top[3]     inside weights, same shape: bbox_inside_weights at those of objects, else 0
    top[4]     outside weights, same shape: 1 where an inside weight is above 0, else 0

    A region is an object of the class of the true box it overlaps most, if by fg_thresh or more;
    it is background if that overlap is in [bg_thresh_lo, bg_thresh_hi). At most batch_size are
    drawn, fg_fraction of them objects; batch_size -1 takes all. Shifts are normalized: less
    bbox_normalize_means, over bbox_normalize_stds. With agnostic, or 2 as num_classes, objects of
    all classes share the shifts of class 1.

    param_str: num_classes (required) and the names above.
    Source: Ren et al., "Faster R-CNN", NIPS 2015, as trained end to end; agnostic: R-FCN.
    """

    defaults: ClassVar[dict[str, Any]] = {
        "num_classes": None,
        "batch_size": 128,
        "fg_fraction": 0.25,
        "fg_thresh": 0.5,
        "bg_thresh_hi": 0.5,
        "bg_thresh_lo": 0.0,
        "bbox_normalize_means": (0, 0, 0, 0),
        "bbox_normalize_stds": (0.1, 0.1, 0.2, 0.2),
        "bbox_inside_weights": (1, 1, 1, 1),
        "agnostic": False,
    }

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        super().setup(bottom, top)
        if len(bottom) != 2 or len(top) != 5:
            raise ConfigError(
                "needs 2 bottoms (regions, true boxes) and 5 tops (regions, classes, shifts, "
                f"inside and outside weights), got {len(bottom)} and {len(top)}"
            )
        self._shape_tops(top, 1)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        check_shape(bottom, 0, (None, 5), "regions (P, 5)")
        check_shape(bottom, 1, (None, 5), "true boxes (G, 5)")
        proposed, truth = (blob.data.reshape(-1, 5) for blob in bottom)
        if proposed[:, 0].any():
            raise ConfigError("bottom[0]: regions of more than one image; only item 0 is served")
        boxes = np.concatenate([proposed[:, 1:], truth[:, :4]])
        if len(truth):
            overlaps = pixel_boxes.overlaps(boxes, truth[:, :4])
            nearest, most = overlaps.argmax(axis=1), overlaps.max(axis=1)
        else:
            nearest, most = np.zeros(len(boxes), int), np.zeros(len(boxes))
        objects, others = self._sample(most)
        chosen = np.concatenate([objects, others])
        self._shape_tops(top, len(chosen))
        top[0].data[:, 0] = 0
        top[0].data[:, 1:] = boxes[chosen]
        for blob in top[1:]:
            blob.data[...] = 0
        if len(objects):
            self._write_targets(top, boxes[objects], truth[nearest[objects]])
        top[4].data[...] = top[3].data > 0

    def _shape_tops(self, top: Blobs, regions: int) -> None:
        numbers = 4 * self.options["num_classes"]
        shapes = ((regions, 5), (regions,), *((regions, numbers),) * 3)
        for blob, shape in zip(top, shapes, strict=True):
            blob.reshape(shape)

    def _sample(self, overlaps: Array) -> tuple[Array, Array]:
        """Which boxes to train on as objects, and which as background."""
        options, rng = self.options, self.draw()
        is_below = (overlaps < options["bg_thresh_hi"]) & (overlaps >= options["bg_thresh_lo"])
        objects = np.flatnonzero(overlaps >= options["fg_thresh"])
        others = np.flatnonzero(is_below)
        size = options["batch_size"] if options["batch_size"] >= 0 else len(overlaps)
        share = options["fg_fraction"] if options["batch_size"] >= 0 else 1
        objects = _some(objects, round(share * size), rng)
        return objects, _some(others, size - len(objects), rng)

    def _write_targets(self, top: Blobs, boxes: Array, truth: Array) -> None:
        """The class, shifts and inside weights of the objects, which come first."""
        options, count = self.options, len(boxes)
        classes = truth[:, 4].astype(int)
        is_agnostic = options["agnostic"] or options["num_classes"] == 2
        if classes.min() < 1 or not (is_agnostic or classes.max() < options["num_classes"]):
            raise ConfigError(
                f"bottom[1]: classes from {classes.min()} to {classes.max()}; num_classes "
                f"{options['num_classes']} allows 1 to {options['num_classes'] - 1}"
            )
        top[1].data[:count] = classes
        shifts = pixel_boxes.encode(boxes, truth[:, :4])
        shifts -= np.asarray(options["bbox_normalize_means"], shifts.dtype)
        shifts /= np.asarray(options["bbox_normalize_stds"], shifts.dtype)
        slots = np.ones_like(classes) if is_agnostic else classes
        for blob, values in ((top[2], shifts), (top[3], options["bbox_inside_weights"])):
            by_class = blob.data.reshape(per_part(blob.shape, 4))
            by_class[np.arange(count), slots] = values


def _some(places: Array, most: int, rng: np.random.Generator) -> Array:
    """At most so many of the places, at random."""
    return rng.choice(places, most, replace=False) if len(places) > most else places
