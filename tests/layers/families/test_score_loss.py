import math

import numpy as np
import pytest

from cortado.layers.families.score_loss import NO_LABEL, LogisticScores, SoftmaxScores


def test_softmax_is_the_cross_entropy(rng):
    scores, labels = rng.standard_normal((2, 4, 3)), rng.integers(0, 3, (2, 4))
    losses = SoftmaxScores.losses(scores, labels)
    for place in np.ndindex(2, 4):
        powers = [math.exp(score) for score in scores[place]]
        assert losses[place] == pytest.approx(-math.log(powers[labels[place]] / sum(powers)))


def test_logistic_asks_each_class_alone(rng):
    scores, labels = rng.standard_normal((5, 3)), np.array([0, 2, 1, NO_LABEL, 0])
    losses = LogisticScores.losses(scores, labels)
    for row in range(5):
        chances = [1 / (1 + math.exp(-score)) for score in scores[row]]
        expected = sum(-math.log(p if c == labels[row] else 1 - p) for c, p in enumerate(chances))
        assert losses[row] == pytest.approx(expected)


@pytest.mark.parametrize("kind", [SoftmaxScores, LogisticScores])
def test_slopes_are_the_gradient(rng, kind):
    scores, labels = rng.standard_normal((4, 3)), rng.integers(0, 3, 4)
    slopes = kind.slopes(scores, labels)
    for place in np.ndindex(4, 3):
        step = np.zeros((4, 3))
        step[place] = 1e-5
        change = kind.losses(scores + step, labels) - kind.losses(scores - step, labels)
        assert slopes[place] == pytest.approx(change.sum() / 2e-5, abs=1e-8)


@pytest.mark.parametrize("kind", [SoftmaxScores, LogisticScores])
def test_huge_scores_stay_finite(kind):
    scores = np.array([[1000, -1000], [-1000, 1000]], np.float32)
    labels = np.array([0, 0])
    assert np.isfinite(kind.losses(scores, labels)).all()
    assert np.isfinite(kind.slopes(scores, labels)).all()
    assert kind.slopes(scores, labels).dtype == np.float32


def test_no_label_costs_more_than_the_least_float():
    losses = SoftmaxScores.losses(np.array([[1000, 0]], np.float32), np.array([1]))
    assert losses[0] == pytest.approx(87.3365, abs=1e-3)
