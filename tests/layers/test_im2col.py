import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def im2col(param):
    return f'type: "Im2col" convolution_param {{ {param} }}'


def test_by_hand(make_layer):
    x = np.arange(1, 7).reshape(1, 1, 2, 3)
    layer, bottom, top = make_layer(im2col("kernel_size: 2 stride: 2 pad: 1"), x)
    layer.forward(bottom, top)
    assert top[0].shape == (1, 4, 2, 2)
    np.testing.assert_array_equal(
        top[0].data.reshape(4, 4), [[0, 0, 0, 5], [0, 0, 4, 6], [0, 2, 0, 0], [1, 3, 0, 0]]
    )


@pytest.mark.parametrize(
    ("param", "shape", "out"),
    [
        ("kernel_size: 3 stride: 2 pad: 1", (2, 3, 5, 4), (2, 27, 3, 2)),
        ("kernel_size: 2 dilation: 2", (1, 2, 4, 4), (1, 8, 2, 2)),
        ("kernel_size: 3", (2, 2, 6), (2, 6, 4)),
        ("kernel_size: 2", (1, 2, 3, 2, 3), (1, 16, 2, 1, 2)),
        ("kernel_size: 2 axis: 2", (2, 2, 3, 4), (2, 2, 6, 3)),
    ],
)
def test_shape_and_gradient(make_layer, param, shape, out):
    layer, bottom, top = make_layer(im2col(param), shape)
    assert top[0].shape == out
    check_gradients(layer, bottom, top)


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("", "convolution_param.kernel_size: is required"),
        ("kernel_size: 1 axis: 3", "axis: 3 leaves no spatial axis"),
        (
            "kernel_size: 9",
            r"convolution_param.kernel_size: \(9, 9\) .* does not fit a bottom of size \(4, 5\)",
        ),
    ],
)
def test_bad_parameters_are_named(make_layer, param, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Im2col\): .*{message}"):
        make_layer(im2col(param), (1, 2, 4, 5))


def test_another_number_of_axes(make_layer):
    layer, bottom, top = make_layer(im2col("kernel_size: 2"), (1, 2, 4, 5))
    bottom[0].reshape(1, 2, 4)
    with pytest.raises(ConfigError, match=r"set up for 2 spatial axes, got .* \(1, 2, 4\)"):
        layer.reshape(bottom, top)
