import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def permute(*order):
    return f'type: "Permute" permute_param {{ order: [{", ".join(map(str, order))}] }}'


@pytest.mark.parametrize(
    ("shape", "order", "full"),
    [
        ((2, 3, 4, 5), (0, 2, 3, 1), (0, 2, 3, 1)),
        ((2, 3, 4, 5), (0, 1, 2, 3), (0, 1, 2, 3)),
        ((2, 3, 4, 5), (0, 2), (0, 2, 1, 3)),
        ((2, 3, 4, 5), (2,), (2, 0, 1, 3)),
        ((2, 3, 4, 5), (), (0, 1, 2, 3)),
        ((2, 3), (1, 0), (1, 0)),
        ((2, 1, 3, 2, 2), (4, 3, 2, 1, 0), (4, 3, 2, 1, 0)),
    ],
)
def test_axis_i_of_the_top_is_axis_order_i_of_the_bottom(make_layer, shape, order, full):
    layer, bottom, top = make_layer(permute(*order), shape)
    layer.forward(bottom, top)
    assert top[0].shape == tuple(shape[axis] for axis in full)
    for index in np.ndindex(shape):
        assert top[0].data[tuple(index[axis] for axis in full)] == bottom[0].data[index]


@pytest.mark.parametrize("order", [(0, 2, 3, 1), (3, 1, 0, 2), (1,)])
def test_gradient(make_layer, order):
    check_gradients(*make_layer(permute(*order), (2, 3, 2, 3)))


def test_no_gradient_is_written_where_none_is_wanted(make_layer):
    layer, bottom, top = make_layer(permute(1, 0), (2, 3))
    layer.propagate_down = [False]
    layer.backward(top, bottom)
    assert not bottom[0].has_diff


def test_backward_needs_neither_bottom_nor_top(make_layer):
    assert make_layer(permute(1, 0), (2, 3))[0].backward_reads() == (False, False)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ((0, 4), r"order: 4 is no axis of a bottom of shape \(2, 3, 4, 5\); .* 0 to 3"),
        ((0, 2, 2), "order: names axis 2 more than once"),
    ],
)
def test_what_is_no_order_is_named(make_layer, order, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Permute\): permute_param\.{message}"):
        make_layer(permute(*order), (2, 3, 4, 5))


def test_another_number_of_axes_is_refused(make_layer):
    layer, bottom, top = make_layer(permute(1, 0), (2, 3))
    bottom[0].reshape(2, 3, 4)
    with pytest.raises(ConfigError, match=r"for bottoms with 2 axes, got shape \(2, 3, 4\)"):
        layer.reshape(bottom, top)


def test_it_does_not_work_in_place(make_layer):
    layer, bottom, _ = make_layer(permute(1, 0), (3, 3))
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, bottom)
