"""Adam: adaptive moments."""

import math

import numpy as np

from .rule import UpdateRule, register_rule


@register_rule("Adam")
class Adam(UpdateRule):
    """m = b1 * m + (1 - b1) * g,  v = b2 * v + (1 - b2) * g^2,
    then  w = w - rate * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + delta).

    t counts iterations from 1. delta stands outside the correction of v, as in Caffe.

    Prototxt: type: "Adam", momentum: 0 (b1; 0.9 in the paper), momentum2: 0.999 (b2), delta: 1e-8
    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    """

    history_count = 2  # m, v

    def check(self) -> None:
        self.require_fraction("momentum")
        self.require_fraction("momentum2")

    def begin(self, iteration: int) -> None:
        self._t = iteration + 1

    @property
    def numbers(self) -> tuple[float, ...]:
        b1, b2, t = self.param.momentum, self.param.momentum2, self._t
        return b1, b2, self.param.delta, math.sqrt(1 - b2**t) / (1 - b1**t)

    def update(self, w, g, history, rate, scratch) -> None:
        (m, v), (t,), (b1, b2, delta, correction) = history, scratch, self.numbers
        m *= b1
        m += np.multiply(g, 1 - b1, out=t)
        np.multiply(g, g, out=t)
        t *= 1 - b2
        v *= b2
        v += t
        np.sqrt(v, out=t)
        t += delta
        np.divide(m, t, out=t)
        t *= rate * correction
        w -= t
