import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def pooling(param):
    return f'type: "Pooling3D" pooling3d_param {{ {param} }}'


@pytest.mark.parametrize(
    ("param", "kernel", "stride", "pad"),
    [
        ("kernel_size: 2 kernel_depth: 1 stride: 2", (1, 2, 2), (1, 2, 2), (0, 0, 0)),
        ("kernel_size: 3 kernel_depth: 2 temporal_stride: 2", (2, 3, 3), (2, 1, 1), (0, 0, 0)),
        ("kernel_size: 3 kernel_depth: 3 pad: 1 temporal_pad: 2", (3, 3, 3), (1, 1, 1), (2, 1, 1)),
    ],
)
def test_the_window(make_layer, rng, param, kernel, stride, pad):
    x = rng.permutation(2 * 4 * 5 * 4).reshape(1, 2, 4, 5, 4) / 10
    layer, bottom, top = make_layer(pooling(param), x)
    window = layer.window
    assert (window.kernel, window.stride, window.pad) == (kernel, stride, pad)
    check_gradients(layer, bottom, top)


def test_c3d_wrote_it_as_pooling_param_once(make_layer):
    text = "pool: AVE kernel_size: 2 kernel_depth: 1 stride: 2 temporal_stride: 1"
    old, _, _ = make_layer(f'type: "Pooling3D" pooling_param {{ {text} }}', (1, 1, 3, 4, 4))
    new, _, _ = make_layer(pooling(text), (1, 1, 3, 4, 4))
    assert (old.window, old.method) == (new.window, new.method)


def test_values(make_layer):
    x = np.arange(16.0).reshape(1, 1, 2, 2, 4)
    param = "pool: AVE kernel_size: 2 kernel_depth: 2 stride: 2"
    layer, bottom, top = make_layer(pooling(param), x)
    layer.forward(bottom, top)
    expected = [x[..., :2].mean(), x[..., 2:].mean()]
    assert top[0].data.ravel().tolist() == expected


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("kernel_size: 2", (1, 1, 2, 2, 2), "pooling3d_param.kernel_depth: is required"),
        ("kernel_depth: 2", (1, 1, 2, 2, 2), "pooling3d_param.kernel_size: is required"),
        ("kernel_depth: 2 kernel_size: 2", (1, 1, 2, 2), "kernel_depth: needs 3 spatial axes"),
    ],
)
def test_errors(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Pooling3D\): .*{message}"):
        make_layer(pooling(param), shape)
