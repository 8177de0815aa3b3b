"""BatchNorm, Scale, Bias, LRN, MVN and Softmax."""

from math import prod

import numpy as np

from ....proto.caffe_pb2 import LRNParameter
from ..layer_export import LayerExport
from ..registry import exports


@exports("BatchNorm")
def batch_norm(e: LayerExport) -> str:
    """BatchNormalization with the running statistics; or with those of the batch, step by step.

    What Scale and Bias after it do may have been folded in, as weights 3 and 4.
    """
    (x,), (shape,) = e.bottoms, e.bottom_shapes
    eps = e.param.batch_norm_param.eps
    if not e.layer.uses_global_stats:
        return of_the_batch(e, x, len(shape), eps)
    sums, factor = e.weights[:2], e.weights[2].item()
    mean, variance = (total / factor if factor else total * 0 for total in sums)
    gamma, beta = e.weights[3:] or (np.ones_like(mean), np.zeros_like(mean))
    parts = {"scale": gamma, "bias": beta, "mean": mean, "variance": variance}
    constants = [e.constant(array, name) for name, array in parts.items()]
    if len(shape) > 1:
        return e.node("BatchNormalization", x, *constants, epsilon=eps)
    y = e.node("BatchNormalization", e.reshape(x, (*shape, 1)), *constants, epsilon=eps)
    return e.reshape(y, shape)


def of_the_batch(e: LayerExport, x: str, axes: int, eps: float) -> str:
    """x less its channels' means over the batch, by their deviations."""
    centred = e.node("Sub", x, _channel_means(e, x, axes))
    variance = _channel_means(e, e.node("Mul", centred, centred), axes)
    deviation = e.node("Sqrt", e.node("Add", variance, e.constant(eps)))
    return e.node("Div", centred, deviation)


def _channel_means(e: LayerExport, x: str, axes: int) -> str:
    # In two steps: OpenCV 5.0 gives wrong means over axes that are not side by side.
    inner = e.reduce("ReduceMean", x, range(2, axes)) if axes > 2 else x
    return e.reduce("ReduceMean", inner, [0])


@exports("Scale")
def scale(e: LayerExport) -> str:
    """Mul by the operand, spread over the other axes, and Add of a bias."""
    y = e.node("Mul", e.bottoms[0], _operand(e, e.param.scale_param.axis))
    if not e.param.scale_param.bias_term:
        return y
    return e.node("Add", y, e.weight(len(e.weights) - 1, _spread(e, e.param.scale_param.axis)))


@exports("Bias")
def bias(e: LayerExport) -> str:
    """Add of the operand, spread over the other axes."""
    return e.node("Add", e.bottoms[0], _operand(e, e.param.bias_param.axis))


def _operand(e: LayerExport, axis: int) -> str:
    shape = _spread(e, axis)
    if len(e.bottoms) == 1:
        return e.weight(0, shape)
    return e.bottoms[1] if shape == e.bottom_shapes[1] else e.reshape(e.bottoms[1], shape)


def _spread(e: LayerExport, axis: int) -> tuple[int, ...]:
    """The operand's shape with an axis of size 1 for each axis of x behind it."""
    axes = len(e.bottom_shapes[0])
    own = e.weights[0].shape if len(e.bottoms) == 1 else e.bottom_shapes[1]
    return (*own, *(1,) * (axes - axis % axes - len(own))) if own else ()


@exports("LRN")
def local_response(e: LayerExport) -> str:
    """LRN over channels; within a channel by AveragePool of the squares, whose zeros count."""
    param, (x,), (shape,) = e.param.lrn_param, e.bottoms, e.bottom_shapes
    size = param.local_size
    if param.norm_region == LRNParameter.ACROSS_CHANNELS:
        sizes = {"alpha": param.alpha, "beta": param.beta, "bias": param.k, "size": size}
        if len(shape) == 4:
            return e.node("LRN", x, **sizes)
        image = e.reshape(x, (*shape[:2], prod(shape[2:]), 1))
        return e.reshape(e.node("LRN", image, **sizes), shape)
    axes = len(shape) - 2
    pads = [size // 2] * (2 * axes)
    squares, kernel = e.node("Mul", x, x), [size] * axes
    mean = e.node("AveragePool", squares, kernel_shape=kernel, pads=pads, count_include_pad=1)
    base = e.affine(mean, param.alpha, 1)
    return e.node("Mul", x, e.node("Pow", base, e.constant(-param.beta)))


@exports("MVN")
def mean_variance(e: LayerExport) -> str:
    """Sub of the mean and Div by the deviation, to which eps is added."""
    param, (x,), axes = e.param.mvn_param, e.bottoms, len(e.bottom_shapes[0])
    over = range(1 if param.across_channels else 2, axes)
    if not over:  # of a single number each
        return e.node("Sub", x, x)
    centred = e.node("Sub", x, e.reduce("ReduceMean", x, over))
    if not param.normalize_variance:
        return centred
    variance = e.reduce("ReduceMean", e.node("Mul", centred, centred), over)
    deviation = e.arithmetic("Add", e.node("Sqrt", variance), param.eps, 0)
    return e.node("Div", centred, deviation)


@exports("Softmax")
def softmax(e: LayerExport) -> str:
    """Softmax along an axis."""
    return e.node("Softmax", *e.bottoms, axis=e.param.softmax_param.axis)
