"""CPU kernels: a factory per operation. Numba where it is faster, NumPy; float32 and float64.

Shapes: x (N, C, *size), y (N, K, *out); size has any number of spatial axes, and a Window one
number for each. Bottom gradients (dx) are written, weight gradients (dfilters, dbias) added to.
Arrays are C-contiguous and have the dtype that the kernel was prepared for.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

from ...core import Shape, Window
from .. import numba
from ..choice import onednn_first

__all__ = [
    "prepare_add_rows",
    "prepare_activation",
    "prepare_average_pooling",
    "prepare_batch_normalization",
    "prepare_bins",
    "prepare_concatenation",
    "prepare_convolution",
    "prepare_count_not_less",
    "prepare_deconvolution",
    "prepare_dropout",
    "prepare_im2col",
    "prepare_inner_product",
    "prepare_labels",
    "prepare_lrn_across_channels",
    "prepare_lrn_within_channel",
    "prepare_max_pooling",
    "prepare_parts",
    "prepare_pixel_suppression",
    "prepare_relu",
    "prepare_region_max",
    "prepare_region_mean",
    "prepare_softmax",
    "prepare_stochastic_pooling",
    "prepare_sum",
    "prepare_suppression",
    "prepare_transform",
    "prepare_update",
    "prepare_weighted_pooling",
]

Segments = Sequence[tuple[int, int, float, float]]

FEW_NUMBERS = 1 << 16  # not worth loading a compiler for
SHORT_ROW = 16
FEW_LABELS = 1 << 12
FEW_BOXES = 1 << 9


@onednn_first
def prepare_convolution(x_shape: Shape, num_output: int, window: Window, group: int, dtype: Any):
    """Cross-correlation of x with filters (num_output, C / group, *kernel).

    forward(x, filters, bias or None, y), backward_data(dy, filters, dx),
    backward_filters(x, dy, dfilters), backward_bias(dy, dbias)
    """
    from .convolution import Convolution
    from .pointwise_convolution import PointwiseConvolution

    if window.is_pointwise:
        return PointwiseConvolution(x_shape, num_output, group, dtype)
    return Convolution(x_shape, num_output, window, group, dtype)


@onednn_first
def prepare_deconvolution(x_shape: Shape, num_output: int, window: Window, group: int, dtype: Any):
    """The transpose of a convolution, filters (C, num_output / group, *kernel).

    Methods as those of a convolution.
    """
    from .deconvolution import Deconvolution

    n, c, *size = x_shape
    y_shape = (n, num_output, *window.transposed_size(tuple(size)))
    return Deconvolution(prepare_convolution(y_shape, c, window, group, dtype))


@onednn_first
def prepare_inner_product(rows: int, inputs: int, outputs: int, transposed: bool, dtype: Any):
    """y (rows, outputs) = x (rows, inputs) times weights + bias; None where NumPy is all there is.

    Weights are (outputs, inputs), or (inputs, outputs) if transposed. Methods as bound ones of a
    convolution: bind_forward, bind_backward_data, bind_backward_filters.
    """
    return


def prepare_im2col(x_shape: Shape, window: Window, dtype: Any):
    """Every window of x laid out as a column: y (N, C * product of kernel, *out).

    forward(x, y), backward(dy, dx)
    """
    from .im2col import Im2col

    return Im2col(x_shape, window, dtype)


@onednn_first
def prepare_max_pooling(x_shape: Shape, window: Window, out: Shape, dtype: Any, keep_index: bool):
    """The largest value under each window; out may reach past the padding.

    forward(x, y); with keep_index also backward(dy, dx) and, after forward, `index`: an integer
    array shaped like y with the place of each maximum, the first of equals, in its flat plane.
    """
    from .max_pooling import MaxPooling
    from .wide_max_pooling import WideMaxPooling

    few_windows = prod(out) < prod(window.kernel)
    # Measured: without places to keep, NumPy is as fast.
    if keep_index and not few_windows and len(out) <= 2 and numba.available():
        from ..numba import max_pooling

        return max_pooling.MaxPooling(x_shape, window, out)
    return (WideMaxPooling if few_windows else MaxPooling)(x_shape, window, out, dtype, keep_index)


@onednn_first
def prepare_average_pooling(
    x_shape: Shape, window: Window, out: Shape, dtype: Any, count_padding: bool
):
    """The mean under each window, over what lies in x (count_padding: in x and its padding).

    forward(x, y), backward(dy, dx)
    """
    from .average_pooling import AveragePooling

    return AveragePooling(x_shape, window, out, dtype, count_padding)


def prepare_stochastic_pooling(x_shape: Shape, window: Window, out: Shape, dtype: Any, rng: Any):
    """One value of each window, drawn from rng with a probability proportional to the value.

    forward(x, y), backward(dy, dx)
    """
    from .stochastic_pooling import StochasticPooling

    return StochasticPooling(x_shape, window, out, dtype, rng)


def prepare_weighted_pooling(x_shape: Shape, window: Window, out: Shape, dtype: Any):
    """What stochastic pooling gives on average: sum x^2 / sum x under each window.

    forward(x, y), backward(x, y, dy, dx)
    """
    from .weighted_pooling import WeightedPooling

    return WeightedPooling(x_shape, window, out, dtype)


@onednn_first
def prepare_lrn_across_channels(
    x_shape: Shape, local_size: int, alpha: float, beta: float, k: float, dtype: Any
):
    """x divided by a power of the sum of squares over local_size neighbouring channels.

    forward(x, y), backward(x, y, dy, dx); backward needs the forward pass just before it.
    """
    from .lrn_across_channels import LRNAcrossChannels

    return LRNAcrossChannels(x_shape, local_size, alpha, beta, k, dtype)


def prepare_lrn_within_channel(
    x_shape: Shape, local_size: int, alpha: float, beta: float, dtype: Any
):
    """x divided by a power of the mean square over a neighbourhood in its own plane.

    forward(x, y), backward(x, y, dy, dx); backward needs the forward pass just before it.
    """
    from .lrn_within_channel import LRNWithinChannel

    if beta == 0.75 and len(x_shape) == 4 and prod(x_shape) >= FEW_NUMBERS and numba.available():
        from ..numba import lrn_within_channel

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
    if count < FEW_NUMBERS or not numba.available():
        return None
    from ..numba.relu import ReLU

    return ReLU(slope)


def prepare_parts(folded: tuple[int, int, int]):
    """Arrays (outer, parts, inner), each part by itself; None where array code is as fast.

    row_sums(x) and row_products(x, y), sums over the inner axis, (outer, parts), in float64;
    scale(x, s, b or None, y): y = s x + b, with a number of s and b for each part; y may be x
    """
    if prod(folded) < FEW_NUMBERS or folded[2] < SHORT_ROW or not numba.available():
        return None
    from ..numba.parts import Parts

    return Parts(folded)


def prepare_update(rule: Any, segments: Segments, l1: bool, count: int):
    """One pass over flat arrays that moves weights w by a rule of solvers/; None if there is none.

    segments: (start, stop, rate factor, decay) of runs of weights that move alike; l1: the decay
    has the sign of w for its direction, not w; rule.type names the formula, rule.numbers are what
    stands in it.

    norm(g), the L2 norm; step(w, g, history, rate, scale), gradients being scale * g and the decay
    """
    if count < FEW_NUMBERS or not numba.available():
        return None
    from ..numba.update import STEPS, Update

    return Update(rule, segments, l1) if rule.type in STEPS else None


def prepare_transform(count: int):
    """Crops, mirrors, subtracts and scales images in one pass; None where array code is as fast.

    count: how many numbers a batch has. Called with images x (n, C, H, W), planes or pixels, the
    places for them y (n, C, height, width), chances (n, 3) of Transformer, whether to crop and
    whether to mirror by them, mean (1 or C, 1, 1) or (C, H, W), and scale, in y's dtype. Returns
    False, having done nothing, if x lies in memory in another way.
    """
    if count < FEW_NUMBERS or not numba.available():
        return None
    from ..numba.transform import Transform

    return Transform()


def prepare_dropout(shape: Shape, ratio: float, scale: float):
    """Silences a share of the numbers of an array; None where array code is as fast.

    drop(x, y, key): y = scale * x, but 0 where layers' Lottery of this ratio has losers under the
    key; y may be x. Returns False, having done nothing, if x and y lie in memory in other ways.
    """
    if prod(shape) < FEW_NUMBERS or not numba.available():
        return None
    from ..numba.dropout import Dropout

    return Dropout(round(ratio * 2**32), scale)


@onednn_first
def prepare_softmax(folded: tuple[int, int, int], dtype: Any):
    """exp(x) / sum exp(x) over the middle axis; None where array code is as fast.

    forward(x, y), backward(y, dy, dx), arrays (outer, size, inner); y may be x, and dx dy
    """
    if prod(folded) < FEW_NUMBERS or dtype != "float32" or not numba.available():
        return None
    from ..numba.softmax import Softmax

    return Softmax(folded)


def prepare_bins(x_shape: Shape, window: Window, out: Shape):
    """Max pooling of whole planes into few bins; None where it is better done in other ways.

    forward(x, y); add_back(dy, dx) adds the gradients
    """
    if len(out) != 2 or prod(x_shape) < FEW_NUMBERS or not numba.available():
        return None
    from ..numba.bins import Bins

    return Bins(x_shape, window, out)


def prepare_add_rows(count: int):
    """table[numbers[i]] += rows[i] for two-dimensional tables; None where array code is as fast."""
    if count < FEW_NUMBERS or not numba.available():
        return None
    from ..numba.rows import add_rows

    return add_rows


def prepare_count_not_less(folded: tuple[int, int, int]):
    """counts (outer, inner) of x (outer, size, inner) that are not less than right (outer, inner).

    A function of x, right, counts; None where array code is as fast.
    """
    if prod(folded) < FEW_NUMBERS or not numba.available():
        return None
    from ..numba.rows import count_not_less

    return count_not_less


def prepare_labels(folded: tuple[int, int, int], ignore_label: int | None):
    """Reads labels of places of scores (outer, size, inner); None where array code is as fast.

    read(labels) gives the first place whose label is no class, or -1, and the number of labels
    that are not ignored, having written to `classes`, `places` and `ignored` what ClassLabels says
    """
    if folded[0] * folded[2] < FEW_LABELS or not numba.available():
        return None
    from ..numba.labels import Labels

    return Labels(folded, ignore_label)


def prepare_suppression(count: int):
    """Thins out boxes (n, 4), sorted by falling score, that overlap one before by too much.

    A function of boxes, threshold, eta, kept: kept (n) becomes whether each overlaps every one
    that is kept before it by at most threshold, which each box kept multiplies by eta while it is
    above 0.5. None for so few priors that array code is as fast.
    """
    if count < FEW_BOXES or not numba.available():
        return None
    from ..numba.suppression import suppress_sorted

    return suppress_sorted


def prepare_region_max():
    """The largest number of each window of each region; see region_pooling.

    forward(x, items, rows, columns, y), then backward(dy, items, dx)
    """
    if numba.available():
        from ..numba.region_pooling import RegionMax
    else:
        from .region_pooling import RegionMax
    return RegionMax()


def prepare_region_mean():
    """The mean of each window of each region, with channels of its own; see region_pooling.

    forward(x, items, rows, columns, y), backward(dy, items, rows, columns, dx)
    """
    if numba.available():
        from ..numba.region_pooling import RegionMean
    else:
        from .region_pooling import RegionMean
    return RegionMean()


def prepare_pixel_suppression():
    """Non-maximum suppression of boxes (x1, y1, x2, y2) in pixels, ends inclusive, best first.

    A function of boxes (N, 4), threshold and how many to keep at most, which gives the places of
    those kept; None where array code has to do it
    """
    if not numba.available():
        return None
    from ..numba.pixel_suppression import suppress

    return suppress
