import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.kernels.gpu import Context

RNG = np.random.default_rng(4)
PATHS = np.array([[1, 1, 0, 1], [0, 2, 2, 0], [1, 2, 0, 0], [0, 0, 0, 0]])


def check(gpu, scores, labels, blank=0):
    layer = f'type: "LabelsequenceAccuracy" labelsequence_accuracy_param {{ blank_label: {blank} }}'
    check_parity(gpu, layer, scores, labels, backward=False, rtol=0, atol=0)


def read(path, blank):
    """The labels on a path."""
    steps = [int(c) for t, c in enumerate(path) if t == 0 or path[t - 1] != c]
    return [c for c in steps if c != blank]


@pytest.mark.parametrize(
    ("blank", "labels"),
    [
        (0, [[1, 1, 0], [2, 0, 0], [1, 0, 2], [0, 0, 0]]),
        (0, [[1, 0, 0], [2, 0, 0], [2, 1, 0], [1, 0, 0]]),
        (0, [[1, 1, 1], [2.5, 0, 0], [np.nan, 2, 0], [0, 0, 0]]),
        (2, [[1, 0, 1], [0, 0, 2], [1, 0, 2], [2, 2, 2]]),
        (7, [[1, 0, 1], [0, 2, 0], [1, 2, 0], [0, 7, 7]]),
    ],
)
def test_share_of_sequences_that_are_all_right(gpu, blank, labels):
    check(gpu, np.eye(3)[PATHS], labels, blank)
    check(gpu, np.eye(3)[PATHS][..., None], np.array(labels)[..., None], blank)


@pytest.mark.parametrize("classes", [2, 5, 70, 2100])
def test_long_sequences_of_which_some_are_right(gpu, classes):
    blank, steps, sequences = 1, 75, 5
    paths = RNG.integers(0, min(classes, 40), (sequences, steps))
    labels = np.full((sequences, 80), blank)
    for path, truth in zip(paths, labels, strict=True):
        found = read(path, blank)
        truth[np.sort(RNG.choice(80, len(found), replace=False))] = found
    places = labels != blank
    labels[1, np.flatnonzero(places[1])[-1]] = blank
    labels[3, np.flatnonzero(places[3])[0]] = 50
    check(gpu, np.eye(classes)[paths], labels, blank)


def test_many_sequences(gpu):
    paths = RNG.integers(0, 3, (150, 4))
    check(gpu, np.eye(3)[paths], RNG.integers(0, 3, (150, 2)))


def test_of_equal_scores_the_first_is_the_best_and_nan_is_more_than_all(gpu):
    scores = RNG.choice([0, -0.0, 1, np.inf, -np.inf, np.nan], (60, 1, 4))
    check(gpu, scores, scores.argmax(axis=2), blank=3)


@pytest.mark.parametrize(("scores", "labels"), [((0, 4, 3), (0, 2)), ((2, 0, 3), (2, 2))])
def test_nothing_to_read(gpu, scores, labels):
    check(gpu, np.zeros(scores), np.zeros(labels))
    check(gpu, np.zeros(scores), np.zeros((labels[0], 0)))


def test_if_a_gradient_is_asked_for_the_host_says_why_there_is_none(gpu):
    tried = gpu_layer(gpu, 'type: "LabelsequenceAccuracy"', (4, 5, 3), (4, 2))
    tried.layer.propagate_down = [True, False]
    assert tried.layer.gpu_kernel(Context(gpu), tried.bottom, tried.top) is None
