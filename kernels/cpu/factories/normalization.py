"""Factories of what makes numbers comparable: LRN, batch normalization, softmax."""

from math import prod
from typing import Any

from ....core import Shape
from ... import numba
from ...choice import onednn_first
from .. import thresholds


@onednn_first
def prepare_lrn_across_channels(
    x_shape: Shape, local_size: int, alpha: float, beta: float, k: float, dtype: Any
):
    """x divided by a power of the sum of squares over local_size neighbouring channels.

    forward(x, y), backward(x, y, dy, dx); backward needs the forward pass just before it.
    """
    from ..lrn_across_channels import LRNAcrossChannels

    return LRNAcrossChannels(x_shape, local_size, alpha, beta, k, dtype)


def prepare_lrn_within_channel(
    x_shape: Shape, local_size: int, alpha: float, beta: float, dtype: Any
):
    """x divided by a power of the mean square over a neighbourhood in its own plane.

    forward(x, y), backward(x, y, dy, dx); backward needs the forward pass just before it.
    """
    from ..lrn_within_channel import LRNWithinChannel

    if (
        beta == 0.75
        and len(x_shape) == 4
        and prod(x_shape) >= thresholds.FEW_NUMBERS
        and numba.available()
    ):
        from ...numba import lrn_within_channel

        return lrn_within_channel.LRNWithinChannel(x_shape, local_size, alpha, dtype)
    return LRNWithinChannel(x_shape, local_size, alpha, beta, dtype)


@onednn_first
def prepare_batch_normalization(x_shape: Shape, epsilon: float, dtype: Any, **parts: bool):
    """y = scale (x - mean) / sqrt(variance + epsilon) + shift; None where array code is as fast.

    parts: scales, shifts, relu (max(y, 0) at last) and given_statistics (mean and variance are
    set, not measured). bind_forward(x, scale, shift, y), bind_backward(x, scale, dy, dx, dscale,
    dshift); arrays `mean` and `variance`
    """
    return


@onednn_first
def prepare_softmax(folded: tuple[int, int, int], dtype: Any):
    """exp(x) / sum exp(x) over the middle axis; None where array code is as fast.

    forward(x, y), backward(y, dy, dx), arrays (outer, size, inner); y may be x, and dx dy
    """
    if prod(folded) < thresholds.FEW_NUMBERS or dtype != "float32" or not numba.available():
        return None
    from ...numba.softmax import Softmax

    return Softmax(folded)
