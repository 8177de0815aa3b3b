import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def pooling(param):
    return f'type: "PoolingND" pooling_nd_param {{ {param} }}'


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize(
    ("param", "same", "shape"),
    [
        ("kernel_size: 2 stride: 2", "kernel_size: 2 stride: 2", (1, 2, 4, 3, 5)),
        ("kernel_size: 3 stride: 2 pad: 1", "kernel_size: 3 stride: 2 pad: 1", (1, 2, 5, 4)),
        (
            "kernel_size: [2, 3] stride: [1, 2]",
            "kernel_h: 2 kernel_w: 3 stride_h: 1 stride_w: 2",
            (1, 1, 4, 6),
        ),
        ("kernel_size: 2", "kernel_size: 2", (2, 1, 4)),
    ],
)
def test_it_is_pooling(make_layer, rng, method, param, same, shape):
    x = rng.permutation(np.prod(shape)).reshape(shape) / 10
    layer, bottom, (y,) = make_layer(pooling(f"pool: {method} {param}"), x)
    plain = f'type: "Pooling" pooling_param {{ pool: {method} {same} }}'
    other, _, (expected,) = make_layer(plain, x)
    layer.forward(bottom, [y])
    other.forward(bottom, [expected])
    np.testing.assert_array_equal(y.data, expected.data)
    check_gradients(layer, bottom, [y])


def test_errors_name_its_own_message(make_layer):
    message = r"layer 'it' \(PoolingND\): pooling_nd_param.kernel_size: is required"
    with pytest.raises(ConfigError, match=message):
        make_layer(pooling(""), (1, 1, 3, 3, 3))
