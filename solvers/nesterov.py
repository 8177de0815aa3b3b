"""Nesterov: momentum that looks ahead."""

import numpy as np

from .rule import UpdateRule, register_rule


@register_rule("Nesterov")
class Nesterov(UpdateRule):
    """v' = momentum * v + rate * g,  then  w = w - ((1 + momentum) * v' - momentum * v).

    Prototxt: type: "Nesterov", momentum: 0
    Source: Nesterov, 1983; Sutskever et al., "On the importance of initialization and momentum
            in deep learning", ICML 2013.
    """

    def check(self) -> None:
        self.require_fraction("momentum")

    @property
    def numbers(self) -> tuple[float, ...]:
        return (self.param.momentum,)

    def update(self, w, g, history, rate, scratch) -> None:
        (v,), (momentum,) = history, self.numbers
        v *= momentum
        w += v
        v += np.multiply(g, rate, out=scratch[0])
        w -= np.multiply(v, 1 + momentum, out=scratch[0])
