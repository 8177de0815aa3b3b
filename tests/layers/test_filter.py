import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

FILTER = 'type: "Filter"'


def test_items_with_a_selector_other_than_0_pass(make_layer):
    layer, bottom, top = make_layer(FILTER, [[1, 2], [3, 4], [5, 6]], [7, 8, 9], [2, 0, -1], tops=2)
    assert [blob.shape for blob in top] == [(3, 2), (3,)]
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [[1, 2], [5, 6]]
    assert top[1].data.tolist() == [7, 9]


@pytest.mark.parametrize("selector", [[1, 0, 0, 1], [1, 1, 1, 1], [[[0]], [[1]], [[1]], [[0]]]])
def test_gradient(make_layer, selector):
    layer, bottom, top = make_layer(FILTER, (4, 2), (4, 3, 2), (4,), np.array(selector), tops=3)
    for blob in bottom:
        blob.diff[...] = 99
    check_gradients(layer, bottom, top)


def test_nothing_selected_gives_empty_tops_and_gradient_0(make_layer):
    layer, bottom, top = make_layer(FILTER, (3, 2), np.zeros(3))
    layer.forward(bottom, top)
    assert top[0].shape == (0, 2)
    bottom[0].diff[...] = 99
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()


def test_every_pass_selects_anew(make_layer):
    layer, bottom, top = make_layer(FILTER, [[1], [2], [3]], np.zeros(3))
    for selector, expected in ([0, 1, 0], [[2]]), ([1, 1, 1], [[1], [2], [3]]), ([0, 0, 0], []):
        bottom[1].data[...] = selector
        layer.forward(bottom, top)
        assert top[0].data.tolist() == expected
    assert layer.shapes_vary


def test_only_wanted_gradients_are_written(make_layer):
    layer, bottom, top = make_layer(FILTER, (2,), (2,), np.ones(2), tops=2)
    layer.propagate_down = [False, True, False]
    layer.forward(bottom, top)
    for blob in top:
        blob.diff[...] = 1
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()
    assert bottom[1].diff.all()


def test_the_selector_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(FILTER, (2,), np.ones(2))
    assert [layer.allows_force_backward(i) for i in range(2)] == [True, False]
    layer.forward(bottom, top)
    layer.propagate_down = [True, True]
    with pytest.raises(ConfigError, match=r"cannot give the selector, bottom\[-1\], a gradient"):
        layer.backward(top, bottom)


@pytest.mark.parametrize(
    ("shapes", "tops", "message"),
    [
        ([(3,), (3,)], 2, "needs a top for every bottom but the last.* got 2 bottoms and 2 tops"),
        ([(3,)], 1, "takes 2 or more bottom blobs, got 1"),
        ([(3,), (3, 2)], 1, r"the selector, bottom\[-1\], has shape \(3, 2\); needs \(N\) or"),
        ([(3,), ()], 1, r"the selector, bottom\[-1\], has shape \(\); needs"),
        ([(3,), (4, 1), (3, 1)], 2, r"bottom\[1\] has shape \(4, 1\); needs 3 items, one for each"),
    ],
)
def test_errors(make_layer, shapes, tops, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \(Filter\): {message}"):
        make_layer(FILTER, *shapes, tops=tops)
