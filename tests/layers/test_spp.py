import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def spp(height, method="MAX"):
    return f'type: "SPP" spp_param {{ pyramid_height: {height} pool: {method} }}'


def distinct(shape):
    return np.random.default_rng(1).permutation(np.prod(shape)).reshape(shape) / 10


def test_levels_lie_end_to_end(make_layer):
    x = distinct((2, 3, 4, 6))
    layer, bottom, top = make_layer(spp(2), x)
    layer.forward(bottom, top)
    whole = x.max(axis=(2, 3))
    quarters = x.reshape(2, 3, 2, 2, 2, 3).max(axis=(3, 5)).reshape(2, 12)
    np.testing.assert_array_equal(top[0].data, np.concatenate([whole, quarters], axis=1))


def test_bins_that_do_not_divide_the_size_are_padded(make_layer):
    # Two bins of 5 need kernel 3 and pad 1: columns -1 to 1 and 2 to 4.
    x = np.arange(5.0).reshape(1, 1, 1, 5).repeat(2, axis=2)
    layer, bottom, top = make_layer(spp(2, "AVE"), x)
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data, [[2, 1 / 3, 3, 1 / 3, 3]])


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize(
    ("height", "shape"),
    [(1, (2, 2, 3, 4)), (3, (1, 2, 6, 7)), (2, (2, 2, 5)), (2, (1, 1, 3, 2, 4))],
)
def test_gradient(make_layer, method, height, shape):
    layer, bottom, top = make_layer(spp(height, method), distinct(shape))
    check_gradients(layer, bottom, top)


def test_the_top_does_not_depend_on_the_size(make_layer):
    layer, bottom, top = make_layer(spp(3), distinct((2, 3, 9, 7)))
    assert top[0].shape == (2, 3 * 21)
    bottom[0].reshape(2, 3, 12, 13)
    bottom[0].data[...] = distinct((2, 3, 12, 13))
    layer.reshape(bottom, top)
    assert top[0].shape == (2, 3 * 21)
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data[:, :3], bottom[0].data.max(axis=(2, 3)))


def test_one_level_keeps_its_axes(make_layer):
    _, _, top = make_layer(spp(1), (2, 3, 4, 5))
    assert top[0].shape == (2, 3, 1, 1)


def test_backward_skips_what_nobody_reads(make_layer):
    layer, bottom, top = make_layer(spp(2), (1, 2, 4, 4))
    layer.propagate_down = [False]
    layer.backward(top, bottom)
    assert not bottom[0].has_diff


@pytest.mark.parametrize(
    ("prototxt", "shape", "message"),
    [
        (spp(0), (1, 2, 4, 4), "spp_param.pyramid_height: is required, and at least 1"),
        (spp(2, "STOCHASTIC"), (1, 2, 4, 4), "spp_param.pool: must be MAX or AVE, got STOCHASTIC"),
        (spp(3), (1, 2, 3, 9), r"pyramid_height: 3 needs 4 bins .* bottom of size \(3, 9\)"),
        (spp(2), (1, 2), r"needs a bottom \(N, C, H, W\), got shape \(1, 2\)"),
    ],
)
def test_errors(make_layer, prototxt, shape, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(SPP\): .*{message}"):
        make_layer(prototxt, shape)
