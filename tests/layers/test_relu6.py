import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.kernels import choice


def relu6(slope=0.0):
    return f'type: "ReLU6" relu6_param {{ negative_slope: {slope} }}'


@pytest.mark.parametrize(
    ("slope", "values", "gradient"),
    [
        (0, [0, 0, 3, 6, 6], [0, 0, 1, 0, 0]),
        (0.5, [-1, 0, 3, 6, 6], [0.5, 0.5, 1, 0, 0]),
        (-4, [6, 0, 3, 6, 6], [-4, -4, 1, 0, 0]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values(make_layer, slope, values, gradient, dtype):
    layer, bottom, top = make_layer(relu6(slope), [-2, 0, 3, 6, 9], dtype=dtype)
    layer.forward(bottom, top)
    assert top[0].data.tolist() == values
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert bottom[0].diff.tolist() == gradient


@pytest.mark.parametrize("slope", [0, 0.1])
def test_gradient(make_layer, rng, slope):
    x = rng.uniform(-4, 10, (3, 4))
    check_gradients(*make_layer(relu6(slope), x), kinks=[0, 6])


def test_the_slope_is_0_by_default(make_layer):
    layer, bottom, top = make_layer('type: "ReLU6"', [-1.0])
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [0]


@pytest.mark.parametrize("in_place", [False, True])
def test_libraries_agree(make_layer, rng, in_place):
    x, results = rng.uniform(-4, 10, (2, 8, 5, 5)), []
    for libraries in (choice.LIBRARIES, ["numpy"]):
        with choice.only(*libraries):
            layer, (blob,), (y,) = make_layer(relu6(), x, dtype="float32")
            y = blob if in_place else y
            layer.reshape([blob], [y])
            layer.forward([blob], [y])
            value = y.data.copy()
            y.diff[...] = x
            layer.backward([y], [blob])
            results.append((value, blob.diff.copy()))
    np.testing.assert_array_equal(results[0], results[1])
