"""FocalLoss: cross-entropy in which easy examples count less."""

from typing import Any

import numpy as np

from ..core import Array, Blobs, Shape, register
from ..proto.caffe_pb2 import FocalLossParameter
from .families.softmax_loss import SoftmaxLossLayer

# FLT_MIN, as in SoftmaxWithLoss.
_LEAST_PROBABILITY = 1.17549435e-38


@register("FocalLoss")
class FocalLoss(SoftmaxLossLayer):
    """loss = - sum (alpha - p)^gamma log p / normalizer, p the probability of the label.

    bottom[0]  scores (N, C, ...); the classes are on axis; p is their softmax
    bottom[1]  labels (N, ...), whole numbers in [0, C), one for each place beside that axis
    top[0]     loss, shape ()
    top[1]     optional: all probabilities, the shape of the scores; no gradient comes back
               through it

    For type ONEADDP the factor is (1 + p)^gamma. An alpha below 1 wants a gamma that is a whole
    number: where p is above alpha the base is negative. And its gradient is the fork's, which has
    (alpha - p)^gamma / (1 - p) where (alpha - p)^(gamma - 1) belongs: the same for alpha 1.
    Labels equal to ignore_label count for nothing. The normalizer is that of SoftmaxWithLoss.

    Prototxt: focal_loss_param { type: ORIGIN  gamma: 2  alpha: 1 }
              softmax_param { axis: 1 }
              loss_param { ignore_label: (none)  normalization: VALID }
    Source: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017; caffe-windows.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.focal_loss_param
        if param.type == FocalLossParameter.LINEAR:
            raise self.error("focal_loss_param.type: LINEAR is not there; use ORIGIN or ONEADDP")
        if param.gamma < 0:
            raise self.error(f"focal_loss_param.gamma: {param.gamma:g} must be 0 or more")
        if param.type == FocalLossParameter.ORIGIN and param.alpha < 1 and param.gamma % 1:
            raise self.error(
                f"focal_loss_param.alpha: {param.alpha:g} is below 1, so that gamma "
                f"({param.gamma:g}) must be a whole number"
            )
        self._gamma = param.gamma
        adds = param.type == FocalLossParameter.ONEADDP
        self._start, self._sign = (1, 1) if adds else (param.alpha, -1)

    def loss(self, bottom: Blobs) -> Array:
        p, labels = self.classify(bottom), self.labels
        self._p = np.maximum(p.reshape(-1)[labels.places], _LEAST_PROBABILITY)
        self._log_p = np.log(self._p)
        terms = self._base() ** self._gamma * self._log_p
        if labels.ignored is not None:
            terms[labels.ignored.ravel()] = 0
        return -terms.sum() / self.divisor()

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        outer, _, inner = self.folded
        # Where p is 1, so that log p is 0, the quotient is to be finite.
        rest = np.maximum(1 + self._sign * self._p, _LEAST_PROBABILITY)
        slope = 1 + self._sign * self._gamma * self._p * self._log_p / rest
        slope *= self._base() ** self._gamma * (factor / self.divisor())
        dx = bottom[0].diff.reshape(self.folded)
        np.multiply(self.probabilities, slope.reshape(outer, 1, inner), out=dx)
        dx.reshape(-1)[self.labels.places] -= slope
        self.zero_ignored(dx)

    def gpu_formulas(self) -> dict[str, Any]:
        sign, gamma = f"{self._sign:+d}", f"{self._gamma!r}f"
        power = f"powf({float(self._start)!r}f {sign} * p, {gamma})"
        slope = f"1.f {sign} * {gamma} * p * logf(p) / fmaxf(1.f {sign} * p, LEAST)"
        return {"term": f"-{power} * logf(p)", "slope": f"{power} * ({slope})"}

    def _base(self) -> Array:
        return self._start + self._sign * self._p
