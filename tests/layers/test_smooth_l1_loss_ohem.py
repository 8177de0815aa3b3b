import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def smooth_l1_loss_ohem(loss_param=""):
    return f'type: "SmoothL1LossOHEM" loss_param {{ {loss_param} }}'


def each(a, b, w):
    d = np.abs(w * (a - b))
    return np.where(d < 1, d**2 / 2, d - 0.5).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("loss_param", "normalizer"),
    [
        ("", 8),
        ("normalization: FULL", 8),
        ("normalization: BATCH_SIZE", 4),
        ("normalize: false", 4),
        ("normalization: NONE", 1),
        ("normalization: PRE_FIXED pre_fixed_normalizer: 128", 128),
        ("normalization: PRE_FIXED pre_fixed_normalizer: 0.5", 1),
    ],
)
def test_sum_is_divided_by_the_normalizer_and_each_place_is_told(
    make_layer, loss_param, normalizer
):
    layer, bottom, top = make_layer(smooth_l1_loss_ohem(loss_param), *[(4, 3, 2)] * 3, tops=2)
    layer.forward(bottom, top)
    expected = each(*(blob.data for blob in bottom))
    assert top[1].shape == (4, 1, 2)
    np.testing.assert_allclose(top[1].data, expected, rtol=1e-12)
    assert top[0].data == pytest.approx(expected.sum() / normalizer, rel=1e-12)


@pytest.mark.parametrize("bottoms", [2, 3])
def test_gradient(make_layer, bottoms):
    prototxt = smooth_l1_loss_ohem("normalization: PRE_FIXED pre_fixed_normalizer: 2")
    check_gradients(*make_layer(prototxt, *[(4, 5, 1, 1)] * bottoms))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(4,), (4,)], r"bottom\[0\] must be \(N, C, ...\), got shape \(4,\)"),
        ([(4, 3), (4, 2)], r"of one size, got shapes \(4, 3\) and \(4, 2\)"),
        ([(4, 3), (2, 6)], "the same first dimension"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(SmoothL1LossOHEM\): .*{message}"):
        make_layer(smooth_l1_loss_ohem(), *shapes)
