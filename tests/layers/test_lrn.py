import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def lrn(param=""):
    return f'type: "LRN" lrn_param {{ {param} }}'


def test_across_channels_by_hand(make_layer):
    x = np.array([1.0, 2, 3, 4]).reshape(1, 4, 1, 1)
    layer, bottom, top = make_layer(lrn("local_size: 3 alpha: 3 beta: 1 k: 2"), x)
    layer.forward(bottom, top)
    expected = [1 / (2 + 5), 2 / (2 + 14), 3 / (2 + 29), 4 / (2 + 25)]
    np.testing.assert_allclose(top[0].data.ravel(), expected, rtol=1e-12)


def test_within_channel_ignores_k(make_layer):
    x = np.array([1.0, 2, 3, 4]).reshape(1, 1, 1, 4)
    param = "local_size: 3 alpha: 9 beta: 1 k: 5 norm_region: WITHIN_CHANNEL"
    layer, bottom, top = make_layer(lrn(param), x)
    layer.forward(bottom, top)
    expected = [1 / (1 + 5), 2 / (1 + 14), 3 / (1 + 29), 4 / (1 + 25)]
    np.testing.assert_allclose(top[0].data.ravel(), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("param", "shape"),
    [
        ("", (2, 7, 2, 3)),
        ("local_size: 3 alpha: 0.5 beta: 0.5 k: 2", (1, 6, 3, 2)),
        ("local_size: 9", (1, 4, 2, 2)),
        ("", (2, 6, 3)),
        ("norm_region: WITHIN_CHANNEL local_size: 3", (1, 2, 4, 3)),
        ("norm_region: WITHIN_CHANNEL local_size: 3 beta: 0.5 alpha: 0.3", (2, 2, 5)),
        ("norm_region: WITHIN_CHANNEL local_size: 3", (1, 1, 3, 2, 3)),
    ],
)
def test_gradient(make_layer, param, shape):
    layer, bottom, top = make_layer(lrn(param), shape)
    check_gradients(layer, bottom, top)


def test_backward_skips_what_nobody_reads(make_layer):
    layer, bottom, top = make_layer(lrn(), (1, 6, 2, 2))
    layer.propagate_down = [False]
    layer.backward(top, bottom)
    assert not bottom[0].has_diff


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("local_size: 4", (1, 6, 2, 2), "lrn_param.local_size: must be odd, got 4"),
        ("", (6,), r"needs a bottom with at least 2 axes, .* got shape \(6,\)"),
        ("norm_region: WITHIN_CHANNEL", (1, 6), "needs a bottom with at least 3 axes"),
    ],
)
def test_errors(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(LRN\): .*{message}"):
        make_layer(lrn(param), shape)
