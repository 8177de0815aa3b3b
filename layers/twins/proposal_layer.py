"""ProposalLayer: rpn.proposal_layer of py-faster-rcnn."""

from typing import Any, ClassVar

import numpy as np

from ...core import Blobs
from ...proto import ConfigError
from ..families.anchors import base_anchors
from ..families.proposals import ProposalRule
from .twin import Twin, check_shape


class ProposalLayer(Twin):
    """Regions: anchors moved as the net says, cut at the image, the best that overlap little.

    bottom[0]  scores (1, 2 A, H, W): of A anchors to be none, then of them to be an object
    bottom[1]  shifts (1, 4 A, H, W)
    bottom[2]  image (1, 3): height, width, scale
    top[0]     regions (R, 5): 0, x1, y1, x2, y2, best first
    top[1]     optional: their scores (R, 1, 1, 1)

    param_str: feat_stride (required), scales, ratios, rpn_nms_thresh, rpn_min_size, and
    rpn_pre_nms_top_n, rpn_post_nms_top_n, which are 12000 and 2000 in phase TRAIN, 6000 and 300
    in TEST.
    Source: Ren et al., "Faster R-CNN: Towards Real-Time Object Detection with Region Proposal
            Networks", NIPS 2015.
    """

    defaults: ClassVar[dict[str, Any]] = {
        "feat_stride": None,
        "scales": (8, 16, 32),
        "ratios": (0.5, 1, 2),
        "rpn_pre_nms_top_n": -1,
        "rpn_post_nms_top_n": -1,
        "rpn_nms_thresh": 0.7,
        "rpn_min_size": 16,
    }

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        super().setup(bottom, top)
        if len(bottom) != 3 or len(top) not in (1, 2):
            raise ConfigError(
                "needs 3 bottoms (scores, shifts, im_info) and 1 or 2 tops (regions, scores), got "
                f"{len(bottom)} and {len(top)}"
            )
        options, is_test = self.options, self.phase == 1
        before, after = (options[f"rpn_{side}_nms_top_n"] for side in ("pre", "post"))
        self._rule = ProposalRule(
            base_anchors(16, options["ratios"], options["scales"]),
            options["feat_stride"],
            options["rpn_min_size"],
            before if before >= 0 else (6000 if is_test else 12000),
            after if after >= 0 else (300 if is_test else 2000),
            options["rpn_nms_thresh"],
        )
        for blob, shape in zip(top, ((1, 5), (1, 1, 1, 1)), strict=False):
            blob.reshape(shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        count = len(self._rule.anchors)
        check_shape(bottom, 0, (1, 2 * count, None, None), f"scores (1, {2 * count}, H, W)")
        h, w = bottom[0].shape[2:]
        check_shape(bottom, 1, (1, 4 * count, h, w), f"shifts (1, {4 * count}, {h}, {w})")
        check_shape(bottom, 2, (1, 3), "image (1, 3)")
        scores, shifts, image = (blob.data[0] for blob in bottom)
        boxes, best = self._rule.choose(scores[count:], shifts, np.ravel(image))
        top[0].reshape(len(boxes), 5)
        top[0].data[:, 0] = 0
        top[0].data[:, 1:] = boxes
        if len(top) > 1:
            top[1].reshape(len(best), 1, 1, 1)
            top[1].data[...] = best[:, None, None, None]
