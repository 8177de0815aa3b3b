"""Layers that work number by number."""

from math import exp, log

from ....proto.caffe_pb2 import EltwiseParameter
from ..layer_export import LayerExport
from ..registry import exports


@exports("ReLU")
def relu(e: LayerExport) -> str:
    """Relu, or LeakyRelu with a negative_slope."""
    slope = e.param.relu_param.negative_slope
    return e.node("LeakyRelu", *e.bottoms, alpha=slope) if slope else e.node("Relu", *e.bottoms)


@exports("PReLU")
def prelu(e: LayerExport) -> str:
    """PRelu, its slopes along axis 1."""
    slopes = e.weights[0].size
    return e.node("PRelu", *e.bottoms, e.weight(0, (slopes, *(1,) * (len(e.bottom_shapes[0]) - 2))))


@exports("ELU")
def elu(e: LayerExport) -> str:
    """Elu."""
    return e.node("Elu", *e.bottoms, alpha=e.param.elu_param.alpha)


@exports("Sigmoid")
def sigmoid(e: LayerExport) -> str:
    """Sigmoid."""
    return e.node("Sigmoid", *e.bottoms)


@exports("TanH")
def tanh(e: LayerExport) -> str:
    """Tanh."""
    return e.node("Tanh", *e.bottoms)


@exports("AbsVal")
def absolute(e: LayerExport) -> str:
    """Abs."""
    return e.node("Abs", *e.bottoms)


@exports("BNLL")
def softplus(e: LayerExport) -> str:
    """Softplus of -|x|, which no runtime can overflow, and what x has above 0."""
    (x,) = e.bottoms
    tail = e.node("Softplus", e.node("Neg", e.node("Abs", x)))
    return e.node("Add", tail, e.node("Relu", x))


@exports("Swish")
def swish(e: LayerExport) -> str:
    """x times Sigmoid of beta * x."""
    (x,) = e.bottoms
    scaled = e.arithmetic("Mul", x, e.param.swish_param.beta, 1)
    return e.node("Mul", x, e.node("Sigmoid", scaled))


@exports("Clip")
def clip(e: LayerExport) -> str:
    """Clip."""
    param = e.param.clip_param
    return e.node("Clip", *e.bottoms, e.constant(param.min), e.constant(param.max))


@exports("Threshold")
def threshold(e: LayerExport) -> str:
    """Greater, made a float."""
    bound = e.constant(e.param.threshold_param.threshold)
    return e.node("Cast", e.node("Greater", *e.bottoms, bound), to=1)


@exports("Power")
def power(e: LayerExport) -> str:
    """Mul, Add and Pow, as many of them as change anything."""
    param, (x,) = e.param.power_param, e.bottoms
    if param.power * param.scale == 0:
        value = e.constant(float(param.shift) ** param.power)
        return e.node("Expand", value, e.node("Shape", x))
    y = e.affine(x, param.scale, param.shift)
    return y if y != x and param.power == 1 else e.node("Pow", y, e.constant(param.power))


@exports("Exp")
def exponential(e: LayerExport) -> str:
    """Exp of scaled x, scaled."""
    param = e.param.exp_param
    log_base = 1 if param.base == -1 else log(param.base)
    x = e.arithmetic("Mul", e.bottoms[0], log_base * param.scale, 1)
    return e.arithmetic("Mul", e.node("Exp", x), exp(log_base * param.shift), 1)


@exports("Log")
def logarithm(e: LayerExport) -> str:
    """Log of scaled and shifted x, scaled."""
    param = e.param.log_param
    log_base = 1 if param.base == -1 else log(param.base)
    y = e.node("Log", e.affine(e.bottoms[0], param.scale, param.shift))
    return e.arithmetic("Mul", y, 1 / log_base, 1)


@exports("Eltwise")
def eltwise(e: LayerExport) -> str:
    """Add, Mul or Max of the bottoms, one after the other."""
    param = e.param.eltwise_param
    operator = {
        EltwiseParameter.SUM: "Add",
        EltwiseParameter.PROD: "Mul",
        EltwiseParameter.MAX: "Max",
    }[param.operation]
    terms = list(e.bottoms)
    if param.operation == EltwiseParameter.SUM and param.coeff:
        terms = [
            e.arithmetic("Mul", x, factor, 1) for x, factor in zip(terms, param.coeff, strict=True)
        ]
    y = terms[0]
    for term in terms[1:]:
        y = e.node(operator, y, term)
    return y


@exports("Dropout")
def dropout(e: LayerExport) -> str:
    """Nothing, or the scaling that training left out."""
    param = e.param.dropout_param
    if param.sample_weights_test:
        raise e.error(
            "dropout_param.sample_weights_test: true draws random numbers in testing; set it to "
            "false to export the mean net"
        )
    return e.arithmetic("Mul", e.bottoms[0], 1 if param.scale_train else 1 - param.dropout_ratio, 1)
