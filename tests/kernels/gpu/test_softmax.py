import numpy as np
import pytest
from gpu_parity import check_parity

from cortado.kernels.gpu.places import Places, places_along

SOFTMAX = 'type: "Softmax"'


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 4, 5), (2, 21, 7, 6), (5, 1, 2), (4, 1)])
def test_softmax(gpu, shape, in_place):
    check_parity(gpu, SOFTMAX, shape, in_place=in_place, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
def test_any_axis(gpu, axis):
    prototxt = f"{SOFTMAX} softmax_param {{ axis: {axis} }}"
    check_parity(gpu, prototxt, (2, 3, 4, 5), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("shape", "lanes"), [((2, 2100), 256), ((3, 150), 32), ((2, 70, 4, 9), 32), ((300, 3), 1)]
)
def test_threads_share_long_rows(gpu, shape, lanes):
    assert places_along(np.empty(shape), 1).lanes == lanes
    check_parity(gpu, SOFTMAX, shape, rtol=1e-5, atol=1e-7)


def test_large_and_infinite_scores(gpu):
    scores = [[1e4, 0, -1e4], [np.inf, 0, 0], [-np.inf, 0, 1], [-np.inf] * 3, [np.nan, 1, 2]]
    check_parity(gpu, SOFTMAX, np.array(scores), backward=False)


@pytest.mark.parametrize("shape", [(0, 3), (2, 3, 0)])
def test_nothing(gpu, shape):
    check_parity(gpu, SOFTMAX, shape)


def test_places_are_found_by_how_the_array_lies():
    x = np.empty((2, 3, 4, 5), np.float32)
    assert places_along(x, 1) == Places(40, 3, 20)
    assert places_along(x, 3) == Places(24, 5, 1)
    channels_last = np.empty((2, 4, 5, 3), np.float32).transpose(0, 3, 1, 2)
    assert places_along(channels_last, 1) == Places(40, 3, 1)
    assert places_along(channels_last, 3) == Places(24, 5, 3)
