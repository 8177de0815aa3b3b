"""AdaGrad: rates that fall with the gradients seen."""

import numpy as np

from .rule import UpdateRule, register_rule


@register_rule("AdaGrad")
class AdaGrad(UpdateRule):
    """h = h + g^2,  then  w = w - rate * g / (sqrt(h) + delta).

    Prototxt: type: "AdaGrad", delta: 1e-8; momentum must be 0
    Source: Duchi, Hazan and Singer, JMLR 2011.
    """

    def check(self) -> None:
        self.refuse_momentum()

    @property
    def numbers(self) -> tuple[float, ...]:
        return (self.param.delta,)

    def update(self, w, g, history, rate, scratch) -> None:
        (h,), (t,), (delta,) = history, scratch, self.numbers
        h += np.multiply(g, g, out=t)
        np.sqrt(h, out=t)
        t += delta
        np.divide(g, t, out=t)
        t *= rate
        w -= t
