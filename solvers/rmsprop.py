"""RMSProp: rates by a running mean of squared gradients."""

import numpy as np

from .rule import UpdateRule, register_rule


@register_rule("RMSProp")
class RMSProp(UpdateRule):
    """h = d * h + (1 - d) * g^2,  then  w = w - rate * g / (sqrt(h) + delta),  d = rms_decay.

    Prototxt: type: "RMSProp", rms_decay: 0.99, delta: 1e-8; momentum must be 0
    Source: Tieleman and Hinton, "Lecture 6.5 - RMSProp", COURSERA, 2012.
    """

    def check(self) -> None:
        self.refuse_momentum()
        self.require_fraction("rms_decay")

    @property
    def numbers(self) -> tuple[float, ...]:
        return (self.param.rms_decay, self.param.delta)

    def update(self, w, g, history, rate, scratch) -> None:
        (h,), (t,), (decay, delta) = history, scratch, self.numbers
        np.multiply(g, g, out=t)
        t *= 1 - decay
        h *= decay
        h += t
        np.sqrt(h, out=t)
        t += delta
        np.divide(g, t, out=t)
        t *= rate
        w -= t
