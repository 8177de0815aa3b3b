import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

NORM = 'type: "ChannelNorm"'


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4, 5)])
def test_length_of_the_channels_of_each_place(make_layer, shape):
    layer, bottom, top = make_layer(NORM, shape)
    layer.forward(bottom, top)
    assert top[0].shape == (2, 1, *shape[2:])
    for n, _, *place in np.ndindex(top[0].shape):
        numbers = bottom[0].data[n, :, *place]
        assert top[0].data[n, 0, *place] == pytest.approx(np.sqrt(numbers @ numbers))


def test_gradient(make_layer):
    check_gradients(*make_layer(NORM, (2, 3, 2, 2)))


def test_zeros_have_a_gradient_of_0(make_layer):
    layer, bottom, top = make_layer(NORM, np.zeros((1, 3)))
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()


def test_other_shapes_are_named(make_layer):
    with pytest.raises(ConfigError, match=r"\(ChannelNorm\): the bottom must be .* shape \(3,\)"):
        make_layer(NORM, (3,))
