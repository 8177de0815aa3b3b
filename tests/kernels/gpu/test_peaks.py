import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer


def nms(parts=2, most=4, threshold=0.5):
    params = f"num_parts: {parts} max_peaks: {most} threshold: {threshold}"
    return f'type: "Nms" nms_param {{ {params} }}'


def maps(*shape, seed=1):
    """Tenths, so that there are ties."""
    return np.round(np.random.default_rng(seed).standard_normal(shape), 1)


@pytest.mark.parametrize("most", [1, 4, 100])
@pytest.mark.parametrize("threshold", [0.5, -0.5, 1.7, 9])
def test_peaks_are_those_of_the_host(gpu, threshold, most):
    check_parity(gpu, nms(3, most, threshold), maps(2, 4, 9, 11), backward=False)


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (5, 2), (3, 3), (3, 40), (16, 16), (1, 300)])
def test_sizes(gpu, size):
    check_parity(gpu, nms(2, 5, -1), maps(2, 3, *size), backward=False)


def test_all_maps_and_one_of_many(gpu):
    check_parity(gpu, nms(5), maps(2, 5, 8, 9), backward=False)
    check_parity(gpu, nms(1), maps(3, 5, 8, 9), backward=False)


@pytest.mark.parametrize("most", [3, 50, 300])
def test_maps_in_several_parts(gpu, monkeypatch, most):
    monkeypatch.setattr("cortado.kernels.gpu.peaks.PART", 3)
    check_parity(gpu, nms(2, most, 0), maps(1, 2, 33, 29), backward=False)


def test_a_part_of_several_rounds(gpu):
    check_parity(gpu, nms(1, 500, 0), maps(1, 1, 67, 71), backward=False)


def test_where_peaks_lie_is_measured_up_to_the_border(gpu):
    values = np.random.default_rng(2).random((1, 2, 12, 12))
    values[0, 0, [1, 1, 10, 10, 6], [1, 10, 1, 10, 6]] = 2
    values[0, 1] -= 5
    values[0, 1, 4, 7] = -2
    check_parity(gpu, nms(2, 9, -3), values, backward=False)


def test_values_that_are_no_numbers(gpu):
    values = maps(1, 2, 12, 15)
    odd = [np.nan, np.inf, -np.inf, -0.0, 3]
    values[0, 0, ::4, ::4] = np.resize(odd, values[0, 0, ::4, ::4].shape)
    check_parity(gpu, nms(2, 20, 0), values, backward=False)


@pytest.mark.parametrize("shape", [(0, 2, 5, 5), (2, 2, 0, 5), (2, 2, 5, 0)])
def test_no_places(gpu, shape):
    check_parity(gpu, nms(), shape, backward=False)


def test_a_gradient_is_the_hosts_to_refuse(gpu):
    tried = gpu_layer(gpu, nms(), (1, 2, 5, 5))
    tried.layer.propagate_down = [True]
    assert tried.layer.gpu_kernel(tried.kernel._context, tried.bottom, tried.top) is None
