"""Proposal: the regions that a region proposal network finds worth a closer look."""

import numpy as np

from ..core import Blobs, Layer, Shape, register
from ..kernels import gpu
from .families.anchors import base_anchors
from .families.proposals import ProposalRule


@register("Proposal")
class Proposal(Layer):
    """Regions: anchors moved as the net says, cut at the image, the best that overlap little.

    bottom[0]  scores (N, 2 A, H, W): of A anchors to be none, then of them to be an object
    bottom[1]  shifts (N, 4 A, H, W): of centre x, centre y, log width, log height of each anchor
    bottom[2]  image (N, 3), (N, 4) or more: height, width, scale, or its height's and its width's;
               one row may serve all
    top[0]     regions (R, 5): item, x1, y1, x2, y2, of each item best first
    top[1]     optional: their scores (R)

    There are A = ratios times scales anchors around each place: a square of base_size pixels,
    brought to the ratio height / width, times the scale. Regions smaller than min_size times the
    image's scale are dropped; of the pre_nms_topn best, those that overlap a better one by more
    than nms_thresh; the post_nms_topn best remain, so R changes. Has no gradient.

    Prototxt: proposal_param { feat_stride: 16  base_size: 16  min_size: 16
                               ratio, scale: (required, repeated)
                               pre_nms_topn: 6000  post_nms_topn: 300  nms_thresh: 0.7 }
    Source: Ren et al., "Faster R-CNN", NIPS 2015; the layer: PVANET's Caffe.
    """

    bottom_count = 3
    top_count = range(1, 3)
    shapes_vary = True

    def check_wiring(self, bottoms: int, tops: int) -> None:
        super().check_wiring(bottoms, tops)
        self._gives_scores = tops == 2

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.proposal_param
        for field in ("ratio", "scale"):
            values = getattr(param, field)
            if not values or min(values) <= 0:
                raise self.error(
                    f"proposal_param.{field}: {list(values)} must be one or more numbers above 0"
                )
        for field in ("feat_stride", "base_size"):
            if getattr(param, field) < 1:
                raise self.error(f"proposal_param.{field} must be at least 1, got 0")
        self._rule = ProposalRule(
            base_anchors(param.base_size, list(param.ratio), list(param.scale)),
            param.feat_stride,
            param.min_size,
            param.pre_nms_topn,
            param.post_nms_topn,
            param.nms_thresh,
        )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        scores, shifts, image = bottom_shapes
        anchors = len(self._rule.anchors)
        if len(scores) != 4 or scores[1] != 2 * anchors:
            raise self.error(
                f"bottom[0] must be scores (N, {2 * anchors}, H, W), two for each of "
                f"{anchors} anchors (ratios times scales), got shape {scores}"
            )
        wanted = (scores[0], 4 * anchors, *scores[2:])
        if shifts != wanted:
            raise self.error(
                f"bottom[1] must be shifts {wanted}, four for each of {anchors} anchors, got shape "
                f"{shifts}"
            )
        if len(image) < 2 or image[0] not in (1, scores[0]) or np.prod(image[1:]) < 3:
            raise self.error(
                f"bottom[2] must be (height, width, scale) of each of {scores[0]} images, "
                f"({scores[0]}, 3), got shape {image}"
            )
        places = anchors * scores[2] * scores[3]
        most = scores[0] * min(places, self._rule.after or places)
        return [(most, 5), (most,)][: 1 + self._gives_scores]

    def allows_force_backward(self, index: int) -> bool:
        return False

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        rule, scores = self._rule, bottom[0].shape
        most = rule.before, rule.after
        numbers = rule.stride, rule.least_size, most, rule.threshold
        return gpu.Proposal(context, scores, rule.anchors, *numbers)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        scores, shifts, image = (blob.data for blob in bottom)
        image = np.broadcast_to(image.reshape(len(image), -1), (len(scores), image[0].size))
        found = [
            self._rule.choose(score[len(score) // 2 :], *others)
            for score, *others in zip(scores, shifts, image, strict=True)
        ]
        counts = [len(boxes) for boxes, _ in found]
        top[0].reshape(sum(counts), 5)
        top[0].data[:, 0] = np.repeat(np.arange(len(found)), counts)
        top[0].data[:, 1:] = np.concatenate([boxes for boxes, _ in found])
        if self._gives_scores:
            top[1].reshape(sum(counts))
            top[1].data[...] = np.concatenate([best for _, best in found])

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        # Below the regions of a net in training stand its losses; they end here.
        for blob, wanted in zip(bottom, self.propagate_down, strict=True):
            if wanted:
                blob.diff[...] = 0
