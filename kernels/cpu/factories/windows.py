"""Factories of what is taken under a sliding window."""

from math import prod
from typing import Any

from ....core import Shape, Window
from ... import numba
from ...choice import onednn_first
from .. import thresholds


@onednn_first
def prepare_max_pooling(x_shape: Shape, window: Window, out: Shape, dtype: Any, keep_index: bool):
    """The largest value under each window; out may reach past the padding.

    forward(x, y); with keep_index also backward(dy, dx) and, after forward, `index`: an integer
    array shaped like y with the place of each maximum, the first of equals, in its flat plane.
    """
    from ..max_pooling import MaxPooling
    from ..wide_max_pooling import WideMaxPooling

    few_windows = prod(out) < prod(window.kernel)
    # Measured: without places to keep, NumPy is as fast.
    if keep_index and not few_windows and len(out) <= 2 and numba.available():
        from ...numba import max_pooling

        return max_pooling.MaxPooling(x_shape, window, out)
    return (WideMaxPooling if few_windows else MaxPooling)(x_shape, window, out, dtype, keep_index)


@onednn_first
def prepare_average_pooling(
    x_shape: Shape, window: Window, out: Shape, dtype: Any, count_padding: bool
):
    """The mean under each window, over what lies in x (count_padding: in x and its padding).

    forward(x, y), backward(dy, dx)
    """
    from ..average_pooling import AveragePooling

    return AveragePooling(x_shape, window, out, dtype, count_padding)


def prepare_stochastic_pooling(x_shape: Shape, window: Window, out: Shape, dtype: Any, rng: Any):
    """One value of each window, drawn from rng with a probability proportional to the value.

    forward(x, y), backward(dy, dx)
    """
    from ..stochastic_pooling import StochasticPooling

    return StochasticPooling(x_shape, window, out, dtype, rng)


def prepare_weighted_pooling(x_shape: Shape, window: Window, out: Shape, dtype: Any):
    """What stochastic pooling gives on average: sum x^2 / sum x under each window.

    forward(x, y), backward(x, y, dy, dx)
    """
    from ..weighted_pooling import WeightedPooling

    return WeightedPooling(x_shape, window, out, dtype)


def prepare_bins(x_shape: Shape, window: Window, out: Shape):
    """Max pooling of whole planes into few bins; None where it is better done in other ways.

    forward(x, y); add_back(dy, dx) adds the gradients
    """
    if len(out) != 2 or prod(x_shape) < thresholds.FEW_NUMBERS or not numba.available():
        return None
    from ...numba.bins import Bins

    return Bins(x_shape, window, out)
