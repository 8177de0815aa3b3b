"""AnchorTargetLayer: rpn.anchor_target_layer of py-faster-rcnn."""

from typing import Any, ClassVar

import numpy as np

from ...core import Array, Blobs
from ...proto import ConfigError
from ..families import pixel_boxes
from ..families.anchors import anchors_everywhere, base_anchors
from .twin import Twin, check_shape


class AnchorTargetLayer(Twin):
    """What a region proposal network should have said of each anchor.

    bottom[0]  scores (1, 2 A, H, W), of which only the shape is read
    bottom[1]  true boxes (G, 5): x1, y1, x2, y2, class
    bottom[2]  image (1, 3): height, width, scale
    bottom[3]  optional: the image; not read
    top[0]     labels (1, 1, A H, W): 1 object, 0 none, -1 not to be trained on
    top[1]     shifts (1, 4 A, H, W) from the anchor to the true box it overlaps most
    top[2]     inside weights, same shape: rpn_bbox_inside_weights for objects, else 0
    top[3]     outside weights, same shape: 1 over the number of anchors trained on

    An anchor is an object if it overlaps a true box by rpn_positive_overlap or more, or more than
    all other anchors; none if it overlaps all by less than rpn_negative_overlap. At most
    rpn_batchsize are trained on, rpn_fg_fraction of them objects, drawn at random. Anchors that
    leave the image by more than allowed_border pixels take no part.

    param_str: feat_stride (required) and the names above; scales, ratios, allowed_border,
    rpn_clobber_positives (let "none" go before "object"), rpn_positive_weight (share of the
    objects in the outside weights; below 0, all count the same).
    Source: Ren et al., "Faster R-CNN", NIPS 2015.
    """

    defaults: ClassVar[dict[str, Any]] = {
        "feat_stride": None,
        "scales": (8, 16, 32),
        "ratios": (0.5, 1, 2),
        "allowed_border": 0,
        "rpn_positive_overlap": 0.7,
        "rpn_negative_overlap": 0.3,
        "rpn_clobber_positives": False,
        "rpn_batchsize": 256,
        "rpn_fg_fraction": 0.5,
        "rpn_positive_weight": -1.0,
        "rpn_bbox_inside_weights": (1, 1, 1, 1),
    }

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        super().setup(bottom, top)
        if len(bottom) not in (3, 4) or len(top) != 4:
            raise ConfigError(
                "needs 3 or 4 bottoms (scores, boxes, im_info, image) and 4 tops (labels, shifts, "
                f"inside and outside weights), got {len(bottom)} and {len(top)}"
            )
        self._anchors = base_anchors(16, self.options["ratios"], self.options["scales"])

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        count = len(self._anchors)
        check_shape(bottom, 0, (1, 2 * count, None, None), f"scores (1, {2 * count}, H, W)")
        check_shape(bottom, 1, (None, 5), "true boxes (G, 5)")
        check_shape(bottom, 2, (1, 3), "image (1, 3)")
        h, w = bottom[0].shape[2:]
        top[0].reshape(1, 1, count * h, w)
        for blob in top[1:]:
            blob.reshape(1, 4 * count, h, w)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        h, w = bottom[0].shape[2:]
        every = anchors_everywhere(self._anchors, h, w, self.options["feat_stride"])
        inside = np.flatnonzero(self._is_inside(every, np.ravel(bottom[2].data)))
        anchors, truth = every[inside], bottom[1].data.reshape(-1, 5)[:, :4].astype(float)
        labels = np.full(len(every), -1.0)
        shifts, inner, outer = np.zeros((3, len(every), 4))
        if len(inside) and len(truth):
            overlaps = pixel_boxes.overlaps(anchors, truth)
            found = self._label(overlaps)
            labels[inside] = found
            shifts[inside] = pixel_boxes.encode(anchors, truth[overlaps.argmax(axis=1)])
            inner[inside[found == 1]] = self.options["rpn_bbox_inside_weights"]
            outer[inside] = self._outside_weights(found)[:, None]
        elif len(inside):  # an image without objects
            labels[inside] = self._keep_some(np.zeros(len(inside)))
            outer[inside] = self._outside_weights(labels[inside])[:, None]
        count = len(self._anchors)
        top[0].data[...] = labels.reshape(h, w, count).transpose(2, 0, 1).reshape(1, 1, -1, w)
        for blob, values in zip(top[1:], (shifts, inner, outer), strict=True):
            blob.data[0] = values.reshape(h, w, 4 * count).transpose(2, 0, 1)

    def _is_inside(self, anchors: Array, image: Array) -> Array:
        border = self.options["allowed_border"]
        size = np.array([image[1], image[0]])
        return ((anchors[:, :2] >= -border) & (anchors[:, 2:] < size + border)).all(axis=1)

    def _label(self, overlaps: Array) -> Array:
        options, most = self.options, overlaps.max(axis=1)
        labels = np.full(len(overlaps), -1.0)
        is_none = most < options["rpn_negative_overlap"]
        if not options["rpn_clobber_positives"]:
            labels[is_none] = 0
        labels[(overlaps == overlaps.max(axis=0)).any(axis=1)] = 1
        labels[most >= options["rpn_positive_overlap"]] = 1
        if options["rpn_clobber_positives"]:
            labels[is_none] = 0
        return self._keep_some(labels)

    def _keep_some(self, labels: Array) -> Array:
        """Take labels away, at random, until no more than a batch is left."""
        rng, size = self.draw(), self.options["rpn_batchsize"]
        objects = int(self.options["rpn_fg_fraction"] * size)
        for kind in (1, 0):
            places = np.flatnonzero(labels == kind)
            most = objects if kind else size - np.count_nonzero(labels == 1)
            if len(places) > most:
                labels[rng.choice(places, len(places) - most, replace=False)] = -1
        return labels

    def _outside_weights(self, labels: Array) -> Array:
        share = self.options["rpn_positive_weight"]
        objects, others = (np.count_nonzero(labels == kind) for kind in (1, 0))
        if share < 0:
            return (labels >= 0) / max(objects + others, 1)
        of_objects, of_others = share / max(objects, 1), (1 - share) / max(others, 1)
        return np.where(labels == 1, of_objects, np.where(labels == 0, of_others, 0))
