from math import erf

import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Wants

SHAPE = (2, 3, 4, 5)


def noise(param=""):
    return f'type: "Noise" noise_param {{ {param} }}'


def run(tried):
    """What a pass added."""
    before, kernel = tried.bottom[0].data.copy(), tried.kernel
    residence = kernel._context.gpu.residence
    residence.begin()
    kernel._context.changing.send()
    for call in kernel.bind_forward(tried.bottom, tried.top):
        call()
    residence.end()
    return tried.top[0].data - before


def distance(numbers, distribution):
    """The largest one between how many numbers are below each, and how many should be."""
    expected = np.array([distribution(v) for v in np.sort(numbers.ravel())])
    return np.abs(expected - np.linspace(0, 1, numbers.size)).max()


@pytest.mark.parametrize(
    ("param", "deviation", "distribution"),
    [
        ("gaussian_std: 2 bias: 3", 2, lambda v: (1 + erf((v - 3) / 8**0.5)) / 2),
        ("gaussian_std: 2 uniform_range: 9", 2, lambda v: (1 + erf(v / 8**0.5)) / 2),
        ("uniform_range: 1.5 bias: -1", 0.75**0.5, lambda v: (v + 2.5) / 3),
    ],
)
def test_what_is_added_is_spread_as_it_should_be(gpu, param, deviation, distribution):
    added = run(gpu_layer(gpu, noise(param), (150, 200)))
    assert distance(added, distribution) < 0.01
    assert added.std() == pytest.approx(deviation, rel=0.01)
    for one, other in ((added[:-1], added[1:]), (added[:, :-1], added[:, 1:])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.02


def test_uniform_noise_stays_in_its_range(gpu):
    tried = gpu_layer(gpu, noise("uniform_range: 2 bias: 1"), np.zeros((100, 100)))
    added = run(tried)
    assert -1 <= added.min() < -0.99
    assert 2.99 < added.max() < 3


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize(
    "param", ["gaussian_std: 0 bias: 3", "uniform_range: 0 bias: -2", "bias: 3"]
)
def test_without_noise_there_is_the_bias(gpu, param, in_place):
    for shape in (SHAPE, (7,), (0, 3), (3, 5, 31, 33)):
        check_parity(gpu, noise(param), shape, in_place=in_place)


@pytest.mark.parametrize("shape", [SHAPE, (3, 7, 5), (2, 3, 2, 3, 2)])
def test_it_does_not_matter_how_blobs_lie(gpu, shape):
    plain, last = (gpu_layer(gpu, noise("gaussian_std: 2"), np.zeros(shape)) for _ in range(2))
    for blob in (*last.bottom, *last.top):
        blob.channels_last = True
    last.bottom[0].data[...] = 0
    added = run(plain)
    np.testing.assert_array_equal(run(last), added)
    assert np.unique(added).size == added.size


def test_the_gradient_passes(gpu):
    tried = gpu_layer(gpu, noise("gaussian_std: 2"), SHAPE)
    tried.top[0].diff[...] = np.arange(120).reshape(SHAPE)
    gpu.residence.begin()
    for call in tried.kernel.bind_backward(tried.top, tried.bottom, Wants([True])):
        call()
    gpu.residence.end()
    np.testing.assert_array_equal(tried.bottom[0].diff, tried.top[0].diff)


def test_each_pass_has_its_own_noise_and_a_resumed_run_goes_on(gpu):
    tried = gpu_layer(gpu, noise("gaussian_std: 2"), SHAPE)
    first = run(tried)
    state = tried.layer.state()
    second = run(tried)
    assert not np.isclose(first, second).any()
    other = gpu_layer(gpu, noise("gaussian_std: 2"), SHAPE)
    other.layer.restore(state)
    np.testing.assert_array_equal(run(other), second)
