"""ProposalLayer: layers.text_proposal_layer of CTPN."""

from typing import Any, ClassVar

import numpy as np

from ...core import Array, Blobs
from ...proto import ConfigError
from ..families import pixel_boxes
from ..families.anchors import anchors_everywhere
from .twin import Twin, check_shape

_HEIGHTS = (11, 16, 23, 33, 48, 68, 97, 139, 198, 283)


class ProposalLayer(Twin):
    """Pieces of lines of text: narrow anchors moved up and down and stretched as the net says.

    bottom[0]  scores (1, 20, H, W): of 10 anchors to be no text, then of them to be text
    bottom[1]  shifts (1, 20, H, W): of centre y and log height of each anchor
    bottom[2]  image (1, 2), or more: height, width
    top[0]     boxes (10 H W, 4): x1, y1, x2, y2, cut at the image, by row, column, anchor
    top[1]     their scores (10 H W, 1)

    Anchors are feat_stride apart, 16 pixels wide, and 11 to 283 high, each 1.4 times the one
    before. param_str: feat_stride (required).
    Source: Tian et al., "Detecting Text in Natural Image with Connectionist Text Proposal
            Network", ECCV 2016, and its code.
    """

    defaults: ClassVar[dict[str, Any]] = {"feat_stride": None}

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        super().setup(bottom, top)
        if len(bottom) != 3 or len(top) != 2:
            raise ConfigError(
                "needs 3 bottoms (scores, shifts, im_info) and 2 tops (boxes, scores), got "
                f"{len(bottom)} and {len(top)}"
            )
        # Whole numbers, cut towards 0 as that code does it.
        ends = np.array([(7.5 - h // 2, 7.5 + h // 2) for h in _HEIGHTS]).astype(int)
        self._anchors = np.stack([0 * ends[:, 0], ends[:, 0], 0 * ends[:, 0] + 15, ends[:, 1]], 1)
        for blob, shape in zip(top, ((1, 4), (1, 1)), strict=True):
            blob.reshape(shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        numbers = 2 * len(_HEIGHTS)
        check_shape(bottom, 0, (1, numbers, None, None), f"scores (1, {numbers}, H, W)")
        h, w = bottom[0].shape[2:]
        check_shape(bottom, 1, (1, numbers, h, w), f"shifts (1, {numbers}, {h}, {w})")
        scores, shifts = (blob.data[0].transpose(1, 2, 0) for blob in bottom[:2])
        height, width = bottom[2].data.ravel()[:2]
        anchors = anchors_everywhere(self._anchors, h, w, self.options["feat_stride"])
        boxes = _moved(anchors.astype(shifts.dtype), shifts.reshape(-1, 2))
        top[0].reshape(len(boxes), 4)
        top[0].data[...] = pixel_boxes.clip(boxes, height, width)
        top[1].reshape(len(boxes), 1)
        top[1].data[...] = scores[:, :, len(_HEIGHTS) :].reshape(-1, 1)


def _moved(boxes: Array, shifts: Array) -> Array:
    """Boxes of other heights around other centres: half a pixel off, as nets are trained so."""
    centre, height = boxes[:, 1::2].mean(axis=1), pixel_boxes.sizes(boxes)[:, 1]
    new_height = np.exp(shifts[:, 1]) * height
    boxes[:, 1] = shifts[:, 0] * height + centre - new_height / 2
    boxes[:, 3] = boxes[:, 1] + new_height
    return boxes
