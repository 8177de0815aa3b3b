"""Convolution, Deconvolution and Im2col: filters, over one, two or three spatial axes."""

from math import prod

import numpy as np

from ....core import Window
from ..layer_export import LayerExport
from ..registry import exports

_MOST_AXES = 3  # that convolutions of ONNX are sure to serve


@exports("Convolution", "ConvolutionDepthwise", "DepthwiseConvolution")
def convolution(e: LayerExport) -> list[str]:
    """Conv for each bottom."""
    return _filtered(e, "Conv")


@exports("Deconvolution")
def deconvolution(e: LayerExport) -> list[str]:
    """ConvTranspose for each bottom; its filters lie as Caffe's do."""
    return _filtered(e, "ConvTranspose")


@exports("Im2col")
def columns(e: LayerExport) -> str:
    """Conv with filters of a single 1 each: filter (c, tap) picks one tap of channel c."""
    window, axis = e.layer.window, e.layer.axis
    channels = e.bottom_shapes[0][axis]
    taps = prod(window.kernel)
    picks = np.tile(np.eye(taps, dtype="float32"), (channels, 1))
    filters = e.constant(picks.reshape(channels * taps, 1, *window.kernel), "picks")
    return _slid(e, "Conv", 0, [filters], axis, window, channels)


def _filtered(e: LayerExport, operator: str) -> list[str]:
    window, axis = e.layer.window, e.layer.axis
    filters = e.weights[0]
    # A convolution without spatial axes has one of length 1 here.
    shape = filters.shape if window.axes else (*filters.shape, 1)
    weights = [e.weight(0, shape), *(e.weight(i) for i in range(1, len(e.weights)))]
    group = e.layer.group
    count = range(len(e.bottoms))
    return [_slid(e, operator, i, weights, axis, window, group) for i in count]


def _slid(
    e: LayerExport,
    operator: str,
    index: int,
    weights: list[str],
    axis: int,
    window: Window,
    group: int,
) -> str:
    """The operator over bottom[index], whose axes before `axis` all count images."""
    if window.axes > _MOST_AXES:
        raise e.error(f"has {window.axes} spatial axes; convolution in ONNX has up to {_MOST_AXES}")
    x, shape, top = e.bottoms[index], e.bottom_shapes[index], e.top_shapes[index]
    is_plain = axis == 1 and window.axes > 0
    if not is_plain:
        size = shape[axis + 1 :] or (1,)
        x = e.reshape(x, (prod(shape[:axis]), shape[axis], *size))
    pads = [*window.pad, *window.pad] or [0, 0]
    if operator == "Conv" and set(window.kernel) == {1} and any(pads):
        # OpenCV 5.0 goes wrong where filters of a single place are padded.
        around = (0, 0, *window.pad)
        x = e.node("Pad", x, e.integers([*around, *around], "pads"), e.constant(0))
        pads = [0] * len(pads)
    y = e.node(
        operator,
        *(x, *weights),
        kernel_shape=window.kernel or (1,),
        strides=window.stride or (1,),
        dilations=window.dilation or (1,),
        pads=pads,
        group=group,
    )
    return y if is_plain else e.reshape(y, top)
