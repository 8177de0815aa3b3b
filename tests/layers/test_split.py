import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def split(tops):
    return 'type: "Split" ' + " ".join(f'top: "y{i}"' for i in range(tops))


@pytest.mark.parametrize("tops", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4)])
def test_gradient(make_layer, tops, shape):
    layer, bottom, top = make_layer(split(tops), shape, tops=tops)
    check_gradients(layer, bottom, top)


def test_tops_share_data_but_not_gradients(make_layer):
    layer, bottom, top = make_layer(split(2), (2, 3), tops=2)
    layer.forward(bottom, top)
    assert all(np.shares_memory(blob.data, bottom[0].data) for blob in top)
    for i, blob in enumerate(top):
        blob.diff[...] = i + 1
    layer.backward(top, bottom)
    assert [blob.diff[0, 0] for blob in (*top, *bottom)] == [1, 2, 3]


def test_a_gradient_nobody_wants_is_not_computed(make_layer):
    layer, bottom, top = make_layer(split(2), (2, 3), tops=2)
    layer.propagate_down = [False]
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert not bottom[0].diff.any()


def test_in_place_is_refused(make_layer):
    layer, bottom, top = make_layer(split(2), (2, 3), tops=2)
    with pytest.raises(ConfigError, match="cannot work in place"):
        layer.reshape(bottom, [top[0], bottom[0]])
