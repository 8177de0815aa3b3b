"""AdaDelta: steps in the units of the weights, from two running means."""

import numpy as np

from .rule import UpdateRule, register_rule


@register_rule("AdaDelta")
class AdaDelta(UpdateRule):
    """h = m * h + (1 - m) * g^2,  u = g * sqrt((s + delta) / (h + delta)),
    s = m * s + (1 - m) * u^2,  then  w = w - rate * u,  m = momentum.

    Prototxt: type: "AdaDelta", momentum: 0 (0.95 in the paper), delta: 1e-8, base_lr: 1
    Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012.
    """

    history_count = 2  # h, s
    scratch_count = 2

    def check(self) -> None:
        self.require_fraction("momentum")

    @property
    def numbers(self) -> tuple[float, ...]:
        return (self.param.momentum, self.param.delta)

    def update(self, w, g, history, rate, scratch) -> None:
        (h, s), (t, u), (m, delta) = history, scratch, self.numbers
        np.multiply(g, g, out=t)
        t *= 1 - m
        h *= m
        h += t
        np.add(s, delta, out=u)
        u /= np.add(h, delta, out=t)
        np.sqrt(u, out=u)
        u *= g
        np.multiply(u, u, out=t)
        t *= 1 - m
        s *= m
        s += t
        u *= rate
        w -= u
