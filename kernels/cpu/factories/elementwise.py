"""Factories of what is done to each number, or to several arrays number by number."""

from collections.abc import Sequence
from math import prod
from typing import Any

from ....core import Shape
from ... import numba
from ...choice import onednn_first
from .. import thresholds


@onednn_first
def prepare_sum(count: int, weights: Sequence[float], dtype: Any):
    """y = sum of weights[i] * x_i, of count numbers each; None where array code is as fast.

    bind_forward(xs, y, slope=None), and with a slope a ReLU after it if `applies_relu`
    """
    return


@onednn_first
def prepare_concatenation(x_shapes: Sequence[Shape], axis: int, dtype: Any):
    """y = arrays one after the other along an axis; None where array code is as fast.

    bind_forward(xs, y), bind_backward(dy, dxs), with None for gradients that nobody wants
    """
    return


@onednn_first
def prepare_activation(name: str, count: int, alpha: float, dtype: Any):
    """y = f(x) of count numbers, f named as its layer: Sigmoid, TanH, ReLU6 or ELU, alpha >= 0.

    forward(x, y), backward(y, dy, dx); y may be x, and dx dy. None where there is only array code
    """
    return


@onednn_first
def prepare_relu(count: int, slope: float, dtype: Any):
    """y = x where x > 0, else slope * x, of count numbers; None where array code is as fast.

    forward(x, y), backward(x, dy, dx); y may be x, and dx dy
    """
    if count < thresholds.FEW_NUMBERS or not numba.available():
        return None
    from ...numba.relu import ReLU

    return ReLU(slope)


def prepare_parts(folded: tuple[int, int, int]):
    """Arrays (outer, parts, inner), each part by itself; None where array code is as fast.

    row_sums(x) and row_products(x, y), sums over the inner axis, (outer, parts), in float64;
    scale(x, s, b or None, y): y = s x + b, with a number of s and b for each part; y may be x
    """
    if (
        prod(folded) < thresholds.FEW_NUMBERS
        or folded[2] < thresholds.SHORT_ROW
        or not numba.available()
    ):
        return None
    from ...numba.parts import Parts

    return Parts(folded)


def prepare_dropout(shape: Shape, ratio: float, scale: float):
    """Silences a share of the numbers of an array; None where array code is as fast.

    drop(x, y, key): y = scale * x, but 0 where layers' Lottery of this ratio has losers under the
    key; y may be x. Returns False, having done nothing, if x and y lie in memory in other ways.
    """
    if prod(shape) < thresholds.FEW_NUMBERS or not numba.available():
        return None
    from ...numba.dropout import Dropout

    return Dropout(round(ratio * 2**32), scale)
