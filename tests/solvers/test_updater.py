import math

import numpy as np
import pytest

from cortado.core import Blob
from cortado.kernels import choice
from cortado.kernels.cpu import thresholds
from cortado.nets.weights import Weight, Weights
from cortado.proto import ConfigError, parse_solver
from cortado.solvers import piecewise_update
from cortado.solvers.updater import Updater


@pytest.fixture(autouse=True, params=["numpy", "numba"])
def library(request, monkeypatch):
    """What does the work: the rules themselves, or kernels, for however few numbers."""
    if request.param == "numba":
        pytest.importorskip("numba")
    monkeypatch.setattr(thresholds, "FEW_NUMBERS", 0)
    with choice.only(request.param):
        yield request.param


@pytest.fixture
def weights():
    """Three weights of 3, 20 and 2 numbers; the second moves at twice the rate, undecayed."""
    made = Weights("float64")
    for size, rates in ((3, {}), (20, {"lr_mult": 2.0, "decay_mult": 0.0}), (2, {})):
        blob = Blob((size,), "float64")
        blob.data[...] = np.arange(1, size + 1) * (-1) ** np.arange(size)
        made.learnable.append(Weight(blob, "layer", len(made.learnable), "", **rates))
    made.lay_out()
    return made


def step(weights, text="", rate=0.1):
    before = [w.blob.data.copy() for w in weights.learnable]
    for w in weights.learnable:
        w.blob.diff[...] = 1
    Updater(parse_solver(text), weights).apply(rate, 0)
    moved = zip(before, weights.learnable, strict=True)
    return before, [b - w.blob.data for b, w in moved]


def test_multipliers_scale_rate_and_decay(weights):
    (first, _, third), moved = step(weights, "weight_decay: 0.5")
    np.testing.assert_allclose(moved[0], 0.1 * (1 + 0.5 * first))
    np.testing.assert_allclose(moved[1], 0.2)
    np.testing.assert_allclose(moved[2], 0.1 * (1 + 0.5 * third))


def test_l1_decays_by_the_sign(weights):
    (first, *_), moved = step(weights, 'weight_decay: 0.5 regularization_type: "L1"')
    np.testing.assert_allclose(moved[0], 0.1 * (1 + 0.5 * np.sign(first)))


def test_gradients_are_clipped_before_they_are_averaged(weights):
    """25 ones have norm 5; clipped to 1 they are 0.2 each, then halved by iter_size."""
    _, moved = step(weights, "clip_gradients: 1 iter_size: 2")
    np.testing.assert_allclose(moved[0], 0.1 * 0.2 / 2)


def test_small_gradients_are_not_clipped(weights):
    _, moved = step(weights, f"clip_gradients: {math.sqrt(25) + 0.01}")
    np.testing.assert_allclose(moved[0], 0.1)


def test_pieces_change_nothing(weights, monkeypatch, library):
    """The arrays are worked on piece by piece; how large the pieces are must not matter."""
    if library == "numba":
        from cortado.kernels.numba import update as module
    else:
        module = piecewise_update
    text = 'type: "Adam" weight_decay: 0.1'
    start = weights.data.copy()
    step(weights, text)
    whole = weights.data.copy()
    weights.data[...] = start
    monkeypatch.setattr(module, "PIECE", 7)
    step(weights, text)
    np.testing.assert_array_equal(weights.data, whole)


def test_gradients_stay_as_they_are(weights):
    step(weights, "clip_gradients: 1 iter_size: 2 weight_decay: 0.5")
    assert all((w.blob.diff == 1).all() for w in weights.learnable)


def test_gaps_between_weights_stay_zero(weights):
    step(weights, "weight_decay: 0.5")
    used = np.zeros(weights.data.size, bool)
    for w in weights.learnable:
        used[w.offset : w.offset + w.blob.count] = True
    assert not weights.data[~used].any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('regularization_type: "L3"', "unknown regularization_type 'L3'"),
        ("iter_size: 0", "iter_size must be at least 1, got 0"),
    ],
)
def test_bad_fields_are_named(weights, text, message):
    with pytest.raises(ConfigError, match=message):
        Updater(parse_solver(text), weights)


def test_a_net_without_weights_has_nothing_to_update():
    empty = Weights("float32")
    empty.lay_out()
    Updater(parse_solver("clip_gradients: 1"), empty).apply(0.1, 0)
    assert empty.data.size == 0
