import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

PARAMS = ["", "across_channels: true", "normalize_variance: false", "eps: 0.5"]


def mvn(param=""):
    return f'type: "MVN" mvn_param {{ {param} }}'


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 2, 3), (2, 2, 2, 2, 2)])
@pytest.mark.parametrize("param", PARAMS)
def test_each_channel_of_each_item_is_normalized(make_layer, param, shape):
    layer, (x,), (y,) = make_layer(mvn(param), shape)
    layer.forward([x], [y])
    parts = 2 if "across" in param else 2 * shape[1]
    for before, after in zip(x.data.reshape(parts, -1), y.data.reshape(parts, -1), strict=True):
        expected = before - sum(before) / len(before)
        if "variance" not in param:
            deviation = np.sqrt(sum(expected**2) / len(before))
            expected /= deviation + (0.5 if "eps" in param else 1e-9)
        np.testing.assert_allclose(after, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 2, 3), (2, 2, 2, 2, 2)])
@pytest.mark.parametrize("param", PARAMS[:3])
def test_gradient(make_layer, param, shape):
    check_gradients(*make_layer(mvn(param), shape))


def test_gradient_takes_eps_for_part_of_the_deviation(make_layer, rng):
    layer, (x,), (y,) = make_layer(mvn("eps: 0.5"), (1, 1, 6))
    layer.forward([x], [y])
    dy = rng.standard_normal(6)
    y.diff[...] = dy
    layer.backward([y], [x])
    y = y.data.ravel()
    expected = (dy - dy.mean() - y * (y * dy).mean()) / (x.data.std() + 0.5)
    np.testing.assert_allclose(x.diff.ravel(), expected, rtol=1e-9)


def test_a_vector_is_a_channel_per_number(make_layer):
    layer, bottom, top = make_layer(mvn(), (2, 3))
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("param", PARAMS)
def test_in_place_gives_what_two_blobs_give(make_layer, rng, param):
    layer, (x,), (y,) = make_layer(mvn(param), (2, 3, 4))
    dy = rng.standard_normal(x.shape)
    layer.forward([x], [y])
    y.diff[...] = dy
    layer.backward([y], [x])
    value, dx = y.data.copy(), x.diff.copy()

    layer.reshape([x], [x])
    layer.forward([x], [x])
    np.testing.assert_array_equal(x.data, value)
    x.diff[...] = dy
    layer.backward([x], [x])
    np.testing.assert_allclose(x.diff, dx, rtol=1e-12, atol=1e-15)


def test_nothing_is_written_where_nobody_wants_a_gradient(make_layer):
    layer, bottom, top = make_layer(mvn(), (2, 3, 4))
    layer.forward(bottom, top)
    layer.propagate_down = [False]
    layer.backward(top, bottom)
    assert not bottom[0].has_diff


def test_a_bottom_without_axes_is_refused(make_layer):
    with pytest.raises(ConfigError, match=r"layer 'it' \(MVN\): needs a bottom with items"):
        make_layer(mvn(), ())
