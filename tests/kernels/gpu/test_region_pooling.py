import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Wants
from cortado.proto import ConfigError

REGIONS = [[0, 0, 0, 11, 8], [1, 3, 2, 3, 2], [1, 2, 1, 10, 7], [0, 5, 6, 30, 20], [1, 8, 8, 2, 3]]
LARGEST = 'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 3 spatial_scale: %g }'
MEANS = 'type: "PSROIPooling" psroi_pooling_param { output_dim: 3 group_size: 2 spatial_scale: %g }'


def random_regions(count, items, reach):
    rng = np.random.default_rng(0)
    corners = rng.uniform(-5, reach, (count, 4)).round(1)
    return np.concatenate([rng.integers(0, items, (count, 1)), corners], axis=1)


@pytest.mark.parametrize("layer", [LARGEST, MEANS])
@pytest.mark.parametrize("scale", [1, 0.5, 0.3])
def test_regions(gpu, layer, scale):
    check_parity(gpu, layer % scale, (2, 12, 9, 12), np.array(REGIONS))


@pytest.mark.parametrize("layer", [LARGEST, MEANS])
def test_many_regions_of_which_some_have_nothing(gpu, layer):
    # Some lie outside, or end before they begin.
    check_parity(gpu, layer % 0.0625, (3, 12, 7, 10), random_regions(50, 3, 200))


@pytest.mark.parametrize("layer", [LARGEST, MEANS])
def test_edges_are_where_the_host_has_them(gpu, layer):
    # Means of places told apart by powers of two: any other window shows.
    rng = np.random.default_rng(1)
    x = np.exp2(rng.integers(-8, 9, (1, 12, 13, 17)))
    check_parity(gpu, layer % 0.1, x, random_regions(200, 1, 180), backward=False)


def test_regions_with_axes_of_size_1(gpu):
    check_parity(gpu, LARGEST % 1, (2, 4, 5, 6), np.array(REGIONS).reshape(5, 5, 1, 1))


def test_of_equals_the_first_is_taken_and_nan_is_the_largest(gpu):
    x = np.random.default_rng(0).integers(0, 2, (2, 3, 9, 12)).astype(np.float32)
    check_parity(gpu, LARGEST % 1, x, np.array(REGIONS))
    x[0, 1, 4, 5] = np.nan
    check_parity(gpu, LARGEST % 1, x, np.array(REGIONS))


@pytest.mark.parametrize("layer", [LARGEST, MEANS])
def test_no_regions_give_no_gradient(gpu, layer):
    check_parity(gpu, layer % 1, (2, 12, 3, 4), np.zeros((0, 5)))


@pytest.mark.parametrize("layer", [LARGEST, MEANS])
@pytest.mark.parametrize("wrong", [[2, 0, 0, 1, 1], [-1, 0, 0, 1, 1], [0, np.nan, 0, 1, 1]])
def test_a_region_of_no_item_is_found(gpu, layer, wrong):
    tried = gpu_layer(gpu, layer % 1, (2, 12, 9, 12), np.array([REGIONS[0], wrong]))
    gpu.residence.begin()
    for call in tried.kernel.bind_forward(tried.bottom, tried.top):
        call()
    gpu.residence.end()
    assert not tried.top[0].data[1].any()
    with pytest.raises(ConfigError, match=r"region 1 of bottom\[1\] is \("):
        tried.kernel._context.faults.check()


@pytest.mark.parametrize("layer", [LARGEST, MEANS])
def test_regions_get_a_gradient_of_0_where_it_is_wanted(gpu, layer):
    tried = gpu_layer(gpu, layer % 1, (2, 12, 9, 12), np.array(REGIONS))
    tried.bottom[1].diff[...] = 1
    gpu.residence.begin()
    for call in tried.kernel.bind_backward(tried.top, tried.bottom, Wants([False, True])):
        call()
    gpu.residence.end()
    assert not tried.bottom[1].diff.any()
