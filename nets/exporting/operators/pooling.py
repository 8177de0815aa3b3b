"""Pooling and SPP: windows that may reach past the padding, and means that divide as Caffe does."""

from math import prod

from ....core import Shape, Window
from ....core.window import Sizes
from ....proto.caffe_pb2 import PoolingParameter, SPPParameter
from ..layer_export import LayerExport
from ..registry import exports

_TINY = 1e-37  # a divisor that leaves 0 / 0 at 0
_MOST_AXES = 3  # that pooling operators of ONNX are sure to serve


@exports("Pooling")
def pooling(e: LayerExport) -> str | list[str]:
    """MaxPool, AveragePool or their global forms; top[1] from MaxPool's second output."""
    param, (x,) = e.param.pooling_param, e.bottoms
    is_maximum, wants_places = param.pool == PoolingParameter.MAX, len(e.top_shapes) > 1
    if param.global_pooling and param.pool != PoolingParameter.STOCHASTIC and not wants_places:
        return e.node("GlobalMaxPool" if is_maximum else "GlobalAveragePool", x)
    window = e.layer.window
    size, out = e.bottom_shapes[0][2:], e.top_shapes[0][2:]
    if len(size) > _MOST_AXES:
        raise e.error(f"has {len(size)} spatial axes; pooling in ONNX has up to {_MOST_AXES}")
    if wants_places:
        y, places = e.nodes("MaxPool", x, outputs=2, **_window(window, size, out))
        in_plane = e.node("Mod", places, e.integers([prod(size)]))
        return [y, e.node("Cast", in_plane, to=1)]
    if is_maximum:
        return max_pooling(e, x, window, size, out)
    if param.pool == PoolingParameter.AVE:
        counts_padding = param.avg_include_pad and param.pad_type == PoolingParameter.VALID
        return average_pooling(e, x, window, size, out, counts_padding)
    positive = e.node("Relu", x)
    squares = e.node("Mul", positive, positive)
    sums = [average_pooling(e, v, window, size, out, False) for v in (squares, positive)]
    return e.node("Div", sums[0], e.node("Max", sums[1], e.constant(_TINY)))


@exports("SPP")
def spatial_pyramid(e: LayerExport) -> str:
    """A pooling for each level, flattened and laid end to end."""
    (x,), n, size = e.bottoms, e.bottom_shapes[0][0], e.bottom_shapes[0][2:]
    pool = average_pooling if e.param.spp_param.pool == SPPParameter.AVE else max_pooling
    levels = e.layer._levels
    pooled = [pool(e, x, window, size, bins) for window, bins in levels]
    if len(pooled) == 1:
        return pooled[0]
    channels = e.bottom_shapes[0][1]
    flat = [
        e.reshape(y, (n, channels * prod(bins)))
        for y, (_, bins) in zip(pooled, levels, strict=True)
    ]
    return e.node("Concat", *flat, axis=1)


def max_pooling(e: LayerExport, x: str, window: Window, size: Shape, out: Shape) -> str:
    """The largest value under each of `out` windows over an image of this size."""
    return e.node("MaxPool", x, **_window(window, size, out))


def average_pooling(
    e: LayerExport,
    x: str,
    window: Window,
    size: Shape,
    out: Shape,
    count_padding: bool = True,
) -> str:
    """The mean under each window, over what lies in x and, if asked, in its own padding.

    What a window has beyond that padding never counts.
    """
    padded = tuple(n + p for n, p in zip(size, window.pad, strict=True))
    beyond = _overhang(window, padded, out)
    includes = count_padding and any(window.pad)
    if includes and any(beyond):
        around = (0, 0, *window.pad)
        x = e.node("Pad", x, e.integers([*around, *around], "pads"), e.constant(0))
        size = tuple(n + 2 * p for n, p in zip(size, window.pad, strict=True))
        window = Window(window.kernel, window.stride, (0,) * window.axes, window.dilation)
        includes = False
    return e.node("AveragePool", x, count_include_pad=int(includes), **_window(window, size, out))


def _window(window: Window, size: Sizes, out: Sizes) -> dict:
    """Attributes for exactly `out` windows, whatever a runtime makes of rounding up."""
    ends = _overhang(window, size, out)
    return {
        "kernel_shape": window.kernel,
        "strides": window.stride,
        "pads": [*window.pad, *ends],
    }


def _overhang(window: Window, size: Sizes, out: Sizes) -> list[int]:
    """How far the last window reaches past an image of this size, padded in front alone."""
    axes = zip(window.kernel, window.stride, window.pad, size, out, strict=True)
    return [max(0, (count - 1) * s + k - n - p) for k, s, p, n, count in axes]
