import numpy as np
import pytest
from gpu_parity import check_parity, gpu_kernel

ACROSS = 'type: "LRN" lrn_param { local_size: 5 alpha: 0.5 beta: 0.75 k: 2 }'
WITHIN = 'type: "LRN" lrn_param { local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL }'


@pytest.mark.parametrize("shape", [(2, 7, 3, 4), (1, 3, 2, 2), (2, 1, 3, 3), (3, 9), (2, 6, 5)])
def test_across_channels(gpu, shape):
    check_parity(gpu, ACROSS, shape)


@pytest.mark.parametrize("power", ["beta: 0.5", "beta: 1.3 k: 0.5", "local_size: 1", "alpha: 0"])
def test_any_numbers(gpu, power):
    param = f"lrn_param {{ local_size: 3 alpha: 2 {power} }}"
    if "local_size: 1" in power or "alpha: 0" in power:
        param = f"lrn_param {{ {power} }}"
    check_parity(gpu, f'type: "LRN" {param}', (2, 5, 3, 2))


def test_a_neighbourhood_wider_than_the_channels(gpu):
    check_parity(gpu, 'type: "LRN" lrn_param { local_size: 11 }', (2, 4, 3, 2))


@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (2, 3, 6), (1, 2, 3, 4, 3), (2, 2, 1, 1)])
def test_within_channels(gpu, shape):
    check_parity(gpu, WITHIN, shape)


def test_within_more_axes_the_host_serves(gpu):
    with pytest.raises(AssertionError, match="no GPU kernel"):
        gpu_kernel(gpu, WITHIN, (1, 1, 2, 2, 2, 2))


@pytest.mark.parametrize("prototxt", [ACROSS, WITHIN])
def test_in_place_without_gradient(gpu, prototxt):
    check_parity(
        gpu, prototxt, (2, 5, 3, 4), in_place=True, no_gradient=[0], phase="TEST", backward=False
    )


def test_many_blocks(gpu):
    check_parity(gpu, ACROSS, (2, 17, 9, 7))


def test_zeros_without_k_give_nan_as_on_the_host(gpu):
    prototxt = 'type: "LRN" lrn_param { local_size: 3 k: 0 }'
    check_parity(gpu, prototxt, np.zeros((1, 3, 1, 2)), backward=False)


def test_nothing_is_computed_on_nothing(gpu):
    check_parity(gpu, ACROSS, (0, 3, 2, 2))
    check_parity(gpu, WITHIN, (2, 0, 2, 2))
