"""BoxCoding: boxes as what a net regresses, the way from a prior to the box."""

from dataclasses import dataclass

import numpy as np

from ...proto.caffe_pb2 import PriorBoxParameter


@dataclass(frozen=True)
class BoxCoding:
    """Turns boxes into codes relative to priors, and back; all arrays are (..., 4).

    CORNER       how far each corner has to move
    CORNER_SIZE  the same, in widths and heights of the prior
    CENTER_SIZE  how far the centre has to move, in widths and heights of the prior, and the
                 logarithms of how much wider and higher the box is

    Codes are divided by the variances of the prior, unless those are left to the loss
    (variance_in_target).
    """

    code_type: int
    variance_in_target: bool = False

    @property
    def gpu_macros(self) -> dict[str, int]:
        """What box_coding.cuh needs."""
        return {"CODE_TYPE": self.code_type, "VARIANCE_IN_TARGET": int(self.variance_in_target)}

    def encode(self, priors: np.ndarray, variances: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """The codes of boxes."""
        if self.code_type == PriorBoxParameter.CENTER_SIZE:
            (centres, sizes), (box_centres, box_sizes) = _centred(priors), _centred(boxes)
            moves, factors = (box_centres - centres) / sizes, np.log(box_sizes / sizes)
            codes = np.concatenate([moves, factors], axis=-1)
        else:
            codes = boxes - priors
            if self.code_type == PriorBoxParameter.CORNER_SIZE:
                codes /= _both_sizes(priors)
        return codes if self.variance_in_target else codes / variances

    def decode(self, priors: np.ndarray, variances: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """The boxes that have these codes."""
        if not self.variance_in_target:
            codes = codes * variances
        if self.code_type == PriorBoxParameter.CENTER_SIZE:
            centres, sizes = _centred(priors)
            centres = centres + codes[..., :2] * sizes
            halves = np.exp(codes[..., 2:]) * sizes / 2
            return np.concatenate([centres - halves, centres + halves], axis=-1)
        if self.code_type == PriorBoxParameter.CORNER_SIZE:
            codes = codes * _both_sizes(priors)
        return priors + codes


def _centred(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre and size of each box, (..., 2) each: x and y, width and height."""
    low, high = boxes[..., :2], boxes[..., 2:]
    return (low + high) / 2, high - low


def _both_sizes(boxes: np.ndarray) -> np.ndarray:
    """Width, height, width and height of each box, as its four corners need them."""
    sizes = boxes[..., 2:] - boxes[..., :2]
    return np.concatenate([sizes, sizes], axis=-1)
