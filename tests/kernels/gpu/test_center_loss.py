import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Context, Wants
from cortado.proto import ConfigError

RNG = np.random.default_rng(5)


def center_loss(more=""):
    return f'type: "CenterLoss" center_loss_param {{ num_output: 4 {more} }}'


@pytest.mark.parametrize("shape", [(6, 5), (6, 2, 3, 4), (6, 70), (6, 3, 2)])
def test_features_and_centers(gpu, shape):
    check_parity(gpu, center_loss(), shape, [2, 0, 2, 2, 0, 3], no_gradient=[1])


@pytest.mark.parametrize("labels", [(6, 1, 1, 1), (2, 3), (3, 1, 2)])
def test_labels_of_other_shapes(gpu, labels):
    numbers = np.array([2, 0, 2, 2.7, 0, 3]).reshape(labels)
    check_parity(gpu, center_loss(), (6, 3, 2), numbers, no_gradient=[1])


@pytest.mark.parametrize(("axis", "labels"), [(2, (2, 3)), (-1, (2, 3, 4)), (0, (1,))])
def test_axis(gpu, axis, labels):
    numbers = RNG.integers(0, 4, labels)
    check_parity(gpu, center_loss(f"axis: {axis}"), (2, 3, 4, 5), numbers, no_gradient=[1])


def test_many_items_of_one_class_and_long_vectors(gpu):
    labels = RNG.integers(0, 4, 70)
    labels[:40] = 1
    check_parity(gpu, center_loss(), (70, 300), labels, no_gradient=[1])
    check_parity(gpu, center_loss(), (3, 2100), labels[:3], no_gradient=[1])


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)])
def test_nothing(gpu, shape):
    check_parity(gpu, center_loss(), np.zeros(shape), np.zeros(shape[0]), no_gradient=[1])


def test_centers_alone_have_a_gradient(gpu):
    check_parity(gpu, center_loss(), (6, 5), [2, 0, 2, 2, 0, 3], no_gradient=[0, 1])


def run(kernel, tried):
    tried.top[0].diff[...] = 0.5
    residence = kernel._context.gpu.residence
    residence.begin()
    calls = list(kernel.bind_forward(tried.bottom, tried.top))
    wants = Wants(tried.layer.propagate_down, [True], [False])
    for call in calls + list(kernel.bind_backward(tried.top, tried.bottom, wants)):
        call()
    residence.end()
    return tried.layer.weights[0].diff.copy()


@pytest.mark.parametrize("label", [4, -1, -0.5, np.nan, 1e30])
def test_a_label_without_a_center_is_told_and_counts_for_nothing(gpu, label):
    tried = gpu_layer(gpu, center_loss(), (3, 5), [1, label, 2])
    pull = run(tried.kernel, tried)
    with pytest.raises(ConfigError, match=r"index .* at \[1\] of bottom\[1\], the labels,"):
        tried.kernel._context.faults.check()
    assert np.isfinite(tried.top[0].data)
    assert pull.any(axis=1).tolist() == [False, True, True, False]
    assert tried.bottom[0].diff.any(axis=1).tolist() == [True, False, True]


def test_centers_are_pulled_by_what_the_loss_is_scaled_by_as_updates_divide_by_it(gpu):
    tried = gpu_layer(gpu, center_loss(), (3, 5), [1, 0, 2])
    pull = run(tried.kernel, tried)
    scaling = Context(gpu, "float16")
    scaled = run(tried.layer.gpu_kernel(scaling, tried.bottom, tried.top), tried)
    np.testing.assert_array_equal(scaled, pull * scaling.loss_scale.state()["scale"])


def test_who_asks_for_the_gradient_of_labels_gets_no_kernel(gpu):
    tried = gpu_layer(gpu, center_loss(), (3, 5), [1, 0, 2])
    tried.layer.propagate_down = [True, True]
    assert tried.layer.gpu_kernel(Context(gpu), tried.bottom, tried.top) is None
