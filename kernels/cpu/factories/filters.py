"""Factories of filters: convolutions, their transposes, products with matrices of weights."""

from typing import Any

from ....core import Shape, Window
from ...choice import onednn_first


@onednn_first
def prepare_convolution(x_shape: Shape, num_output: int, window: Window, group: int, dtype: Any):
    """Cross-correlation of x with filters (num_output, C / group, *kernel).

    forward(x, filters, bias or None, y), backward_data(dy, filters, dx),
    backward_filters(x, dy, dfilters), backward_bias(dy, dbias)
    """
    from ..convolution import Convolution
    from ..pointwise_convolution import PointwiseConvolution

    if window.is_pointwise:
        return PointwiseConvolution(x_shape, num_output, group, dtype)
    return Convolution(x_shape, num_output, window, group, dtype)


@onednn_first
def prepare_deconvolution(x_shape: Shape, num_output: int, window: Window, group: int, dtype: Any):
    """The transpose of a convolution, filters (C, num_output / group, *kernel).

    Methods as those of a convolution.
    """
    from ..deconvolution import Deconvolution

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
    from ..im2col import Im2col

    return Im2col(x_shape, window, dtype)
