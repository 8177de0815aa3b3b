import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

REINDEX = 'type: "BatchReindex"'


def test_items_are_picked_reordered_and_repeated(make_layer):
    layer, bottom, top = make_layer(REINDEX, [[1, 2], [3, 4], [5, 6]], [2, 0, 2, 2])
    layer.forward(bottom, top)
    assert top[0].data.tolist() == [[5, 6], [1, 2], [5, 6], [5, 6]]


def test_the_gradients_of_repeated_items_add_up(make_layer):
    layer, bottom, top = make_layer(REINDEX, [[1, 2], [3, 4], [5, 6]], [2, 0, 2, 2])
    layer.forward(bottom, top)
    top[0].diff[...] = [[1, 2], [3, 4], [10, 20], [100, 200]]
    bottom[0].diff[...] = 99
    layer.backward(top, bottom)
    assert bottom[0].diff.tolist() == [[3, 4], [0, 0], [111, 222]]


@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 2, 4, 1)])
def test_gradient(make_layer, shape):
    layer, bottom, top = make_layer(REINDEX, shape, [1, 1, 0, 2, 1])
    check_gradients(layer, bottom, top)


def test_no_index_gives_no_items(make_layer):
    layer, bottom, top = make_layer(REINDEX, (3, 2), np.zeros(0))
    layer.forward(bottom, top)
    assert top[0].shape == (0, 2)
    bottom[0].diff[...] = 99
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()


@pytest.mark.parametrize(("index", "written"), [(3, "3"), (-1, "-1"), (np.nan, "nan")])
def test_an_index_out_of_range_is_named_with_its_place(make_layer, index, written):
    layer, bottom, top = make_layer(REINDEX, (3, 2), [0, 1, index, 2])
    message = (
        rf"^layer 'it' \(BatchReindex\): index {written} at \[2\] of bottom\[1\] is not in \[0, 3\)"
    )
    with pytest.raises(ConfigError, match=message):
        layer.forward(bottom, top)


@pytest.mark.parametrize("shapes", [((3, 2), (4, 1)), ((3, 2), ()), ((), (4,))])
def test_wrong_shapes_are_named(make_layer, shapes):
    with pytest.raises(ConfigError, match=r"needs items \(N, ...\) and indices \(M\), got bottoms"):
        make_layer(REINDEX, *shapes)


def test_the_indices_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(REINDEX, (3, 2), [0, 1])
    assert [layer.allows_force_backward(i) for i in range(2)] == [True, False]
    layer.forward(bottom, top)
    layer.propagate_down = [True, True]
    with pytest.raises(ConfigError, match=r"cannot give bottom\[1\], the indices, a gradient"):
        layer.backward(top, bottom)
