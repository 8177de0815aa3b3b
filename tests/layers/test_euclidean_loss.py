import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

LOSS = 'type: "EuclideanLoss"'


def test_half_the_mean_squared_distance_of_items(make_layer):
    layer, bottom, top = make_layer(LOSS, [[1.0, 2], [3, 4]], [[1.0, 0], [0, 4]])
    layer.forward(bottom, top)
    assert top[0].data == (4 + 9) / (2 * 2)


@pytest.mark.parametrize("shapes", [[(3,), (3,)], [(2, 3), (2, 3)], [(2, 3, 2), (2, 6, 1)]])
def test_gradient_of_both_bottoms(make_layer, shapes):
    layer, bottom, top = make_layer(LOSS, *shapes)
    assert layer.propagate_down == [True, True]
    check_gradients(layer, bottom, top)


def test_nothing_is_written_where_nobody_wants_a_gradient(make_layer):
    layer, bottom, top = make_layer(LOSS, (2, 3), (2, 3))
    layer.forward(bottom, top)
    top[0].diff[...] = 2
    layer.propagate_down = [False, True]
    layer.backward(top, bottom)
    assert not bottom[0].has_diff
    np.testing.assert_allclose(bottom[1].diff, bottom[1].data - bottom[0].data, rtol=1e-12)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3), (3, 3)], r"the same first dimension, .*\(2, 3\) and \(3, 3\)"),
        ([(), ()], r"the same first dimension, .*\(\) and \(\)"),
        ([(2, 3), (2, 4)], r"must be of one size, got shapes \(2, 3\) and \(2, 4\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(EuclideanLoss\): .*{message}"):
        make_layer(LOSS, *shapes)
