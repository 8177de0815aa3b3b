"""Activations and gates of Caffe's forks."""

from ..layer_export import LayerExport
from ..registry import exports


@exports("ReLU6")
def relu6(e: LayerExport) -> str:
    """Clip; with a negative_slope LeakyRelu and Min."""
    slope = e.param.relu6_param.negative_slope
    if slope:
        return e.node("Min", e.node("LeakyRelu", *e.bottoms, alpha=slope), e.constant(6))
    return e.node("Clip", *e.bottoms, e.constant(0), e.constant(6))


@exports("HSwish", "HardSwish")
def hard_swish(e: LayerExport) -> str:
    """HardSwish."""
    return e.node("HardSwish", *e.bottoms)


@exports("Hardsigmoid", "HardSigmoid")
def hard_sigmoid(e: LayerExport) -> str:
    """HardSigmoid."""
    param = e.param.hardsigmoid_param
    return e.node("HardSigmoid", *e.bottoms, alpha=param.alpha, beta=param.beta)


@exports("Mish")
def mish(e: LayerExport) -> str:
    """Mish."""
    return e.node("Mish", *e.bottoms)


@exports("SpatialDropout", "Noise")
def unchanged(e: LayerExport) -> str:
    """Nothing: it works in training alone."""
    return e.bottoms[0]


@exports("Axpy")
def axpy(e: LayerExport) -> str:
    """Mul with a number for each channel, and Add."""
    a, x, z = e.bottoms
    shape = (*e.bottom_shapes[1][:2], *(1 for _ in e.bottom_shapes[1][2:]))
    if e.bottom_shapes[0] != shape:
        n, c, *ones = shape
        a = e.node("Reshape", a, e.integers([-1 if e.varies(n) else n, c, *ones], "shape"))
    return e.node("Add", e.node("Mul", a, x), z)


@exports("ChannelScale")
def channel_scale(e: LayerExport) -> str:
    """Mul with a number for each place."""
    x, s = e.bottoms
    if not e.param.channel_scale_param.do_forward:
        return x
    n, _, *size = e.bottom_shapes[0]
    return e.node("Mul", x, e.reshape(s, (n, 1, *size)))
