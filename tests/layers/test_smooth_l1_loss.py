import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def smooth_l1_loss(sigma=None, field="smooth_l1_loss_param"):
    param = f"{field} {{ sigma: {sigma} }}" if sigma else ""
    return f'type: "SmoothL1Loss" {param}'


def smooth(d, sigma=1.0):
    if abs(d) < 1 / sigma**2:
        return (sigma * d) ** 2 / 2
    return abs(d) - 0.5 / sigma**2


@pytest.mark.parametrize("field", ["smooth_l1_loss_param", "smoothl1_param"])
@pytest.mark.parametrize("bottoms", [2, 3, 4])
@pytest.mark.parametrize("sigma", [None, 3, 0.5])
def test_smoothed_differences_are_summed_and_divided_by_the_items(
    make_layer, sigma, bottoms, field
):
    layer, bottom, top = make_layer(smooth_l1_loss(sigma, field), *[(4, 3, 2)] * bottoms)
    layer.forward(bottom, top)
    a, b, *weights = (blob.data for blob in bottom)
    expected = 0
    for i, d in np.ndenumerate(a - b):
        inside = weights[0][i] if bottoms > 2 else 1
        outside = weights[1][i] if bottoms > 3 else 1
        expected += outside * smooth(inside * d, sigma or 1)
    assert top[0].shape == ()
    assert top[0].data == pytest.approx(expected / 4, rel=1e-12)


@pytest.mark.parametrize("bottoms", [2, 3, 4])
@pytest.mark.parametrize("sigma", [None, 2])
def test_gradient(make_layer, sigma, bottoms):
    check_gradients(*make_layer(smooth_l1_loss(sigma), *[(4, 5)] * bottoms))


def test_bottoms_need_as_many_numbers_not_one_shape(make_layer):
    layer, bottom, top = make_layer(smooth_l1_loss(), (4, 3, 1, 1), (4, 3), (4, 3))
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    np.testing.assert_array_equal(bottom[0].diff.ravel(), -bottom[1].diff.ravel())


def test_weights_get_a_gradient_of_0_if_anybody_asks(make_layer):
    layer, bottom, top = make_layer(smooth_l1_loss(), *[(4, 3)] * 4)
    assert [layer.allows_force_backward(i) for i in range(4)] == [True, True, False, False]
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    for blob in bottom:
        blob.diff[...] = 7
    layer.propagate_down = [True] * 4
    layer.backward(top, bottom)
    assert [blob.diff.any() for blob in bottom] == [True, True, False, False]


def test_it_is_a_loss(make_layer):
    layer, _, _ = make_layer(smooth_l1_loss(), (4, 3), (4, 3))
    assert layer.automatic_tops
    assert layer.default_loss_weight(0) == 1


@pytest.mark.parametrize(
    ("prototxt", "shapes", "message"),
    [
        (smooth_l1_loss(-1), [(4, 3)] * 2, "smooth_l1_loss_param.sigma: -1 must be above 0"),
        (smooth_l1_loss(-1, "smoothl1_param"), [(4, 3)] * 2, "smoothl1_param.sigma: -1 must be"),
        (smooth_l1_loss(), [(4, 3), (3, 4)], "the same first dimension"),
        (smooth_l1_loss(), [(4, 3), (4, 3), (4, 1)], r"of one size, got shapes .*\(4, 1\)"),
        (smooth_l1_loss(), [(4, 3)], "takes 2 or 3 or 4 bottom blobs, got 1"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(SmoothL1Loss\): .*{message}"):
        make_layer(prototxt, *shapes)
