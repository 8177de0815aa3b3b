import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Context

RNG = np.random.default_rng(3)


def accuracy(param=""):
    return f'type: "Accuracy" accuracy_param {{ {param} }}'


def check(gpu, param, scores, labels, tops=1):
    check_parity(gpu, accuracy(param), scores, labels, tops=tops, backward=False, rtol=1e-6, atol=0)


@pytest.mark.parametrize("tops", [1, 2])
@pytest.mark.parametrize("param", ["", "top_k: 2", "top_k: 3 ignore_label: 2", "ignore_label: 255"])
@pytest.mark.parametrize("shape", [(20, 5), (2, 5, 4, 6), (3, 5, 40)])
def test_accuracy(gpu, shape, param, tops):
    labels = RNG.integers(0, 5, (shape[0], *shape[2:])).astype(float)
    if "255" in param:
        labels[0] = 255
    check(gpu, param, shape, labels, tops)


@pytest.mark.parametrize(("axis", "places"), [(0, (3, 4)), (2, (2, 3)), (-1, (2, 3))])
def test_any_axis(gpu, axis, places):
    shape = list(places)
    shape.insert(axis % 3, 5)
    check(gpu, f"axis: {axis}", tuple(shape), RNG.integers(0, 5, places))


@pytest.mark.parametrize("top_k", [1, 2, 3])
def test_equal_scores_and_nan_count_as_better(gpu, top_k):
    scores = np.array([[1, 1, 0], [0, 1, 1], [np.nan, 2, 1], [1, 1, 1], [np.nan, np.nan, np.nan]])
    for label in range(3):
        check(gpu, f"top_k: {top_k}", scores, np.full(5, label))


def test_counts_go_over_many_blocks(gpu):
    labels = RNG.integers(0, 3, (2, 30, 40))
    check(gpu, "", (2, 3, 30, 40), labels, tops=2)


def test_many_classes(gpu):
    check(gpu, "top_k: 1000", (4, 2100), RNG.integers(0, 2100, 4), tops=2)


def test_without_labels_it_is_0(gpu):
    check(gpu, "", (0, 3), np.zeros(0), tops=2)
    check(gpu, "ignore_label: 1", (4, 3), np.ones(4), tops=2)


def test_if_a_gradient_is_asked_for_the_host_says_why_there_is_none(gpu):
    tried = gpu_layer(gpu, accuracy(), (4, 3), np.zeros(4))
    tried.layer.propagate_down = [True, False]
    assert tried.layer.gpu_kernel(Context(gpu), tried.bottom, tried.top) is None
