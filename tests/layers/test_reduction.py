import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

OPERATIONS = ["SUM", "ASUM", "SUMSQ", "MEAN"]


def reduction(param=""):
    return f'type: "Reduction" reduction_param {{ {param} }}'


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("", -3),
        ("operation: ASUM", 11),
        ("operation: SUMSQ coeff: 0.5", 24.5),
        ("operation: MEAN", -0.75),
        ("axis: 1", [-1, -2]),
        ("axis: -1 operation: ASUM coeff: 2", [6, 16]),
        ("axis: 1 operation: SUMSQ", [5, 44]),
        ("axis: 1 operation: MEAN coeff: 4", [-2, -4]),
    ],
)
def test_forward(make_layer, param, expected):
    x = [[1, -2], [-5, 3]] if "SUMSQ" not in param else [[1, 2], [-2, -np.sqrt(40)]]
    layer, bottom, top = make_layer(reduction(param), x)
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data, expected)
    assert top[0].shape == np.shape(expected)


@pytest.mark.parametrize("coeff", [1, -2.5])
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("shape", "axis"), [((3,), 0), ((2, 3, 4), 0), ((2, 3, 4), 1), ((2, 3), -1)]
)
def test_gradient(make_layer, shape, axis, operation, coeff):
    param = f"operation: {operation} axis: {axis} coeff: {coeff}"
    layer, bottom, top = make_layer(reduction(param), shape)
    check_gradients(layer, bottom, top, kinks=[0])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_gradient_nobody_wants_is_not_computed(make_layer, operation):
    layer, bottom, top = make_layer(reduction(f"operation: {operation}"), (2, 3))
    layer.propagate_down = [False]
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()


def test_an_axis_out_of_range_is_named(make_layer):
    message = r"^layer 'it' \(Reduction\): reduction_param.axis: 2 is out of range for a bottom"
    with pytest.raises(ConfigError, match=message):
        make_layer(reduction("axis: 2"), (2, 3))
