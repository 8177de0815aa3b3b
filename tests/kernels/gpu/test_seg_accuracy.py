import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Context
from cortado.proto import ConfigError

RNG = np.random.default_rng(3)


def accuracy(param=""):
    return f'type: "SegAccuracy" seg_accuracy_param {{ {param} }}'


def check(gpu, param, scores, labels):
    check_parity(gpu, accuracy(param), scores, labels, backward=False, rtol=1e-6, atol=0)


@pytest.mark.parametrize("reset", ["", "reset: false"])
@pytest.mark.parametrize("ignored", ["", "ignore_label: 1", "ignore_label: 255 ignore_label: 3"])
@pytest.mark.parametrize("axes", [(1,), ()])
def test_accuracies(gpu, axes, ignored, reset):
    labels = RNG.integers(0, 5, (2, *axes, 4, 6)).astype(float)
    if "255" in ignored:
        labels[0] = 255
    check(gpu, f"{ignored} {reset}", (2, 5, 4, 6), labels)


@pytest.mark.parametrize("classes", [1, 2, 64, 70, 300])
def test_few_and_many_classes(gpu, classes):
    check(gpu, "", (2, classes, 3, 5), RNG.integers(0, classes, (2, 3, 5)))


def test_pixels_go_over_many_blocks(gpu):
    check(gpu, "", (2, 3, 30, 40), RNG.integers(0, 3, (2, 30, 40)))


def test_classes_that_do_not_occur(gpu):
    scores = RNG.standard_normal((1, 6, 4, 4))
    scores[:, 4:] = -9
    check(gpu, "ignore_label: 0", scores, RNG.integers(0, 3, (1, 4, 4)))


def test_of_equal_scores_the_last_is_the_best_and_nan_is_more_than_all(gpu):
    values = np.array([0, -0.0, 1, np.inf, -np.inf, np.nan, -np.nan])
    scores = RNG.choice(values, (2, 4, 8, 9))
    check(gpu, "", scores, RNG.integers(0, 4, (2, 8, 9)))


def test_labels_are_cut_to_whole_numbers(gpu):
    check(gpu, "ignore_label: 3 ignore_label: -1", (1, 3, 1, 5), [[[0.9, -0.5, 2.7, 3.5, -1.2]]])


@pytest.mark.parametrize("shape", [(0, 3, 2, 2), (2, 3, 0, 2)])
def test_without_pixels(gpu, shape):
    check(gpu, "", np.zeros(shape), np.zeros((shape[0], *shape[2:])))


def run(tried):
    gpu = tried.kernel._context.gpu
    gpu.residence.begin()
    for call in tried.kernel.bind_forward(tried.bottom, tried.top):
        call()
    gpu.residence.end()
    return tried.top[0].data.ravel().tolist()


def test_a_matrix_that_goes_on_is_saved_and_restored(gpu):
    labels = RNG.integers(0, 3, (2, 4, 5))
    tried = gpu_layer(gpu, accuracy("reset: false"), (2, 3, 4, 5), labels)
    assert tried.layer.state() == {"confusion": np.zeros((3, 3)).tolist()}
    run(tried)
    state = tried.layer.state()
    assert np.sum(state["confusion"]) == 40
    expected = run(tried)
    assert np.sum(tried.layer.state()["confusion"]) == 80
    other = gpu_layer(gpu, accuracy("reset: false"), (2, 3, 4, 5), labels)
    other.layer.restore(state)
    assert run(other) == expected
    tried.layer.restore(state)
    assert run(tried) == expected
    assert tried.layer.state() == other.layer.state()


def test_a_kernel_for_other_sizes_goes_on_with_the_matrix(gpu):
    tried = gpu_layer(gpu, accuracy("reset: false"), (2, 3, 4, 5), np.zeros((2, 4, 5)))
    run(tried)
    tried.bottom[0].reshape(1, 3, 2, 2)
    tried.bottom[1].reshape(1, 2, 2)
    tried.kernel = tried.layer.gpu_kernel(Context(gpu), tried.bottom, tried.top)
    run(tried)
    assert np.sum(tried.layer.state()["confusion"]) == 44


@pytest.mark.parametrize("label", [3, -1, np.nan, 255])
def test_a_label_that_is_no_class_is_told_and_counts_for_nothing(gpu, label):
    labels = np.zeros((2, 4, 5))
    labels[1, 2, 3:], labels[0, 0, 0] = label, 9
    tried = gpu_layer(gpu, accuracy("ignore_label: 9 reset: false"), (2, 3, 4, 5), labels)
    run(tried)
    faults = tried.kernel._context.faults
    with pytest.raises(ConfigError, match=r"label .* of item 1 at \[2, 3\] is outside \[0, 3\)"):
        faults.check()
    assert np.sum(tried.layer.state()["confusion"]) == 37
    run(tried)
    tried.bottom[1].data[...] = 0
    with pytest.raises(ConfigError, match="a label of a batch since the loss was last read is out"):
        faults.check()


def test_if_a_gradient_is_asked_for_the_host_says_why_there_is_none(gpu):
    tried = gpu_layer(gpu, accuracy(), (1, 3, 1, 2), np.zeros((1, 1, 2)))
    tried.layer.propagate_down = [True, False]
    assert tried.layer.gpu_kernel(Context(gpu), tried.bottom, tried.top) is None
