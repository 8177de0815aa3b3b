"""SGD: stochastic gradient descent with momentum."""

import numpy as np

from .rule import UpdateRule, register_rule


@register_rule("SGD")
class SGD(UpdateRule):
    """v = momentum * v + rate * g,  then  w = w - v.

    The rate is inside v, as in Caffe: when the rate drops, the velocity gathered at the old
    rate carries on until momentum wears it down.

    Prototxt: type: "SGD", momentum: 0
    Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964;
            Sutskever et al., ICML 2013.
    """

    def check(self) -> None:
        self.require_fraction("momentum")

    @property
    def numbers(self) -> tuple[float, ...]:
        return (self.param.momentum,)

    def update(self, w, g, history, rate, scratch) -> None:
        (v,), (momentum,) = history, self.numbers
        v *= momentum
        v += np.multiply(g, rate, out=scratch[0])
        w -= v
