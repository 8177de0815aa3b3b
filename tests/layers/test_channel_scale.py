import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def channel_scale(fields=""):
    return f'type: "ChannelScale" channel_scale_param {{ {fields} }}'


@pytest.mark.parametrize(
    ("x", "s"), [((2, 3, 4, 5), (2, 1, 4, 5)), ((2, 3), (2,)), ((2, 3, 4), (2, 4))]
)
def test_each_place_is_multiplied_by_its_number(make_layer, x, s):
    layer, bottom, top = make_layer(channel_scale(), x, s)
    layer.forward(bottom, top)
    numbers = bottom[1].data.reshape(x[0], *x[2:])
    for n, c, *place in np.ndindex(x):
        expected = bottom[0].data[n, c, *place] * numbers[n, *place]
        assert top[0].data[n, c, *place] == expected


def test_gradient(make_layer):
    check_gradients(*make_layer(channel_scale(), (2, 3, 2, 2), (2, 1, 2, 2)))


def test_gradients_may_be_replaced(make_layer):
    fields = "do_backward_feature: false do_backward_scale: false"
    layer, bottom, top = make_layer(channel_scale(fields), (2, 3), (2, 1))
    layer.forward(bottom, top)
    top[0].diff[...] = np.arange(6).reshape(2, 3)
    layer.backward(top, bottom)
    assert bottom[0].diff.tolist() == top[0].diff.tolist()
    assert not bottom[1].diff.any()


def test_forward_may_be_left_out(make_layer):
    layer, bottom, top = make_layer(channel_scale("do_forward: false"), (2, 3), (2, 1))
    layer.forward(bottom, top)
    assert top[0].data.tolist() == bottom[0].data.tolist()


@pytest.mark.parametrize(("x", "s"), [((2, 3, 4), (2, 1, 5)), ((2, 3), (3, 1)), ((6,), (6,))])
def test_what_does_not_fit_is_named(make_layer, x, s):
    with pytest.raises(ConfigError, match=r"layer 'it' \(ChannelScale\): .*\(N, 1, ...\), got"):
        make_layer(channel_scale(), x, s)
