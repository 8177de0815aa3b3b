import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def reshape(dims, param=""):
    dims = " ".join(f"dim: {n}" for n in dims)
    return f'type: "Reshape" reshape_param {{ shape {{ {dims} }} {param} }}'


@pytest.mark.parametrize(
    ("shape", "dims", "param", "expected"),
    [
        ((2, 8), [2, 2, 4], "", (2, 2, 4)),
        ((2, 8), [0, 2, 4], "", (2, 2, 4)),
        ((2, 8), [0, 2, -1], "", (2, 2, 4)),
        ((2, 8), [-1], "", (16,)),
        ((2, 8), [2, 4], "axis: 1", (2, 2, 4)),
        ((2, 8), [2, 4], "axis: -2", (2, 2, 4)),
        ((2, 8), [1], "axis: -1", (2, 8, 1)),
        ((2, 8), [1, 1], "axis: 1 num_axes: 0", (2, 1, 1, 8)),
        ((2, 3, 4), [3, 2], "num_axes: 2", (3, 2, 4)),
        ((2, 3, 4), [-1], "axis: 1 num_axes: 2", (2, 12)),
        ((2, 1, 4), [], "axis: 1 num_axes: 1", (2, 4)),
        ((1, 1), [], "", ()),
        ((), [1, -1], "", (1, 1)),
        ((0, 3, 4), [0, -1], "", (0, 12)),
        ((0, 3), [-1], "", (0,)),
    ],
)
def test_top_shape(make_layer, shape, dims, param, expected):
    _, _, top = make_layer(reshape(dims, param), shape)
    assert top[0].shape == expected


def test_data_and_gradient_are_the_bottoms_memory(make_layer):
    layer, bottom, top = make_layer(reshape([0, -1]), (2, 3, 4))
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, bottom[0].data.reshape(2, 12))
    top[0].diff[...] = np.arange(24).reshape(2, 12)
    layer.backward(top, bottom)
    assert bottom[0].diff.ravel().tolist() == list(range(24))


@pytest.mark.parametrize(
    ("shape", "dims", "param"),
    [
        ((2, 3, 4), [0, -1], ""),
        ((2, 6), [2, 3], "axis: 1"),
        ((2, 1, 4), [], "axis: 1 num_axes: 1"),
        ((5,), [1, -1], ""),
    ],
)
def test_gradient(make_layer, shape, dims, param):
    check_gradients(*make_layer(reshape(dims, param), shape))


@pytest.mark.parametrize(
    ("dims", "param", "message"),
    [
        ([-1, -1], "", r"reshape_param.shape: \[-1, -1\] may hold sizes, 0 \(copy\) and one -1"),
        ([-2], "", r"reshape_param.shape: \[-2\] may hold"),
        ([1], "num_axes: -2", "reshape_param.num_axes: -2 must be at least 0, or -1 for all"),
        ([1], "axis: 3", "axis 3 and num_axes -1 are out of range for a bottom with 2 axes"),
        ([1], "axis: -4", "axis -4 and num_axes -1 are out of range for a bottom with 2 axes"),
        ([1], "axis: 1 num_axes: 2", "axis 1 and num_axes 2 are out of range"),
        (
            [2, 8, 0],
            "",
            r"\[2, 8, 0\] copies axis 2, which a bottom of shape \(2, 8\) does not have",
        ),
        ([3, 5], "", r"shape \(2, 8\) has 16 numbers, the top \(3, 5\) would have 15"),
        ([3, -1], "", r"shape \(2, 8\) has 16 numbers, the top \(3, 5\) would have 15"),
    ],
)
def test_errors(make_layer, dims, param, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Reshape\): .*{message}"):
        make_layer(reshape(dims, param), (2, 8))


def test_in_place_is_refused(make_layer):
    layer, bottom, _ = make_layer(reshape([0, 0]), (2, 3))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, bottom)
