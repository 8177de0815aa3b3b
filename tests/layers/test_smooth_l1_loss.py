import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

PROTOTXT = 'type: "SmoothL1Loss"'


def test_small_differences_count_squared_and_large_ones_as_they_are(make_layer):
    a, b = [[0.5, 3], [-2, 1]], [[0, 0], [0.5, 0]]
    layer, bottom, top = make_layer(PROTOTXT, a, b)
    layer.forward(bottom, top)
    # 0.125 + 2.5 + 2 + 0.5, of two items
    assert top[0].shape == ()
    assert top[0].data == pytest.approx(5.125 / 2)


def test_gradient_is_cut_to_1(make_layer):
    layer, bottom, top = make_layer(PROTOTXT, [[0.5, 3], [-2, 1]], [[0, 0], [0.5, 0]])
    layer.forward(bottom, top)
    top[0].diff[...] = 2
    layer.backward(top, bottom)
    assert bottom[0].diff.tolist() == [[0.5, 1], [-1, 1]]
    assert bottom[1].diff.tolist() == [[-0.5, -1], [1, -1]]


@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 2, 2), (3,)])
def test_gradients(make_layer, shape):
    check_gradients(*make_layer(PROTOTXT, shape, shape))


def test_only_wanted_gradients_are_written(make_layer):
    layer, bottom, top = make_layer(PROTOTXT, (2, 3), (2, 3))
    layer.forward(bottom, top)
    layer.propagate_down = [True, False]
    layer.backward(top, bottom)
    assert bottom[0].has_diff
    assert not bottom[1].has_diff


def test_it_is_a_loss_with_two_gradients(make_layer):
    layer, _, _ = make_layer(PROTOTXT, (2, 3), (2, 3))
    assert layer.automatic_tops
    assert layer.default_loss_weight(0) == 1
    assert [layer.allows_force_backward(i) for i in (0, 1)] == [True, True]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 3), (2, 4)), r"of one size, got shapes \(2, 3\) and \(2, 4\)"),
        (((2, 3), (3, 2)), r"the same first dimension, .*\(2, 3\) and \(3, 2\)"),
        (((2, 3),), "takes 2 bottom blobs, got 1"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(SmoothL1Loss\): .*{message}"):
        make_layer(PROTOTXT, *shapes)


def test_float32_stays_float32(make_layer):
    layer, bottom, top = make_layer(PROTOTXT, (2, 3), (2, 3), dtype="float32")
    layer.forward(bottom, top)
    assert top[0].data.dtype == np.float32
