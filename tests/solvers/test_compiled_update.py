"""Updates by compiled kernels against those by the rules, which NumPy computes."""

import numpy as np
import pytest

from cortado.core import Blob
from cortado.kernels import choice, cpu
from cortado.kernels.cpu import thresholds
from cortado.nets.weights import Weight, Weights
from cortado.proto import parse_solver
from cortado.solvers import create_rule
from cortado.solvers.updater import Updater

pytest.importorskip("numba")
from cortado.kernels.numba import update  # noqa: E402

RULES = [
    'type: "SGD" momentum: 0.9',
    'type: "Nesterov" momentum: 0.9',
    'type: "AdaGrad" delta: 1e-4',
    'type: "RMSProp" rms_decay: 0.9 delta: 1e-4',
    'type: "AdaDelta" momentum: 0.9 delta: 1e-4',
    'type: "Adam" momentum: 0.9 momentum2: 0.99 delta: 1e-4',
]
FIELDS = [
    "",
    "weight_decay: 0.01",
    'weight_decay: 0.01 regularization_type: "L1"',
    "iter_size: 3 weight_decay: 0.01",
]


def train(library, text, dtype="float32", steps=3):
    """The weights and histories after some steps from the same start by the same gradients."""
    rng = np.random.default_rng(11)
    weights = Weights(dtype)
    for size, rates in (
        (700, {}),
        (11, {"lr_mult": 2.0, "decay_mult": 0.0}),
        (1, {"lr_mult": 0.0}),
        (9001, {"decay_mult": 0.5}),
    ):
        blob = Blob((size,), dtype)
        blob.data[...] = rng.standard_normal(size) * (rng.random(size) > 0.1)
        weights.learnable.append(Weight(blob, "layer", 0, "", **rates))
    weights.lay_out()
    with choice.only(library):
        updater = Updater(parse_solver(text), weights)
    for iteration in range(steps):
        for w in weights.learnable:
            w.blob.diff[...] = rng.standard_normal(w.blob.shape)
        updater.apply(0.1 / (1 + iteration), iteration)
    return [weights.data, *updater.history]


@pytest.fixture(autouse=True)
def _kernels_for_few_numbers(monkeypatch):
    monkeypatch.setattr(thresholds, "FEW_NUMBERS", 0)
    monkeypatch.setattr(update, "WORTH_THREADS", 0)


@pytest.mark.parametrize("fields", FIELDS)
@pytest.mark.parametrize("rule", RULES)
def test_kernels_are_equal_to_the_rules(rule, fields):
    for compiled, plain in zip(
        train("numba", f"{rule} {fields}"), train("numpy", f"{rule} {fields}"), strict=True
    ):
        np.testing.assert_array_equal(compiled, plain)


@pytest.mark.parametrize("rule", RULES)
def test_kernels_are_equal_to_the_rules_in_float64(rule):
    text = f"{rule} weight_decay: 0.01"
    for compiled, plain in zip(
        train("numba", text, "float64"), train("numpy", text, "float64"), strict=True
    ):
        np.testing.assert_array_equal(compiled, plain)


@pytest.mark.parametrize("rule", RULES)
def test_clipping_differs_by_the_rounding_of_the_norm(rule):
    text = f"{rule} weight_decay: 0.01 clip_gradients: 2"
    for compiled, plain in zip(train("numba", text), train("numpy", text), strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("fields", ["", "clip_gradients: 2"])
def test_neither_pieces_nor_threads_change_a_step(monkeypatch, fields):
    import numba

    text = f'type: "Adam" momentum: 0.9 weight_decay: 0.01 {fields}'
    whole = train("numba", text)
    if not fields:
        monkeypatch.setattr(update, "PIECE", 100)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        cut = train("numba", text)
    finally:
        numba.set_num_threads(threads)
    for one, other in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_norm_is_exact_where_float32_would_round():
    ones = np.full(3_000_000, 1e-3, "float32")
    kernel = update.Update(create_rule(parse_solver("")), [], False)
    assert kernel.norm(ones) == pytest.approx(float(ones[0]) * ones.size**0.5, rel=1e-12)


def test_every_rule_has_its_kernel():
    for text in RULES:
        assert create_rule(parse_solver(text)).type in update.STEPS
    assert len(update.STEPS) == len(RULES)


def test_few_numbers_are_left_to_the_rules(monkeypatch):
    monkeypatch.setattr(thresholds, "FEW_NUMBERS", 100)
    rule = create_rule(parse_solver(""))
    with choice.only("numba"):
        assert cpu.prepare_update(rule, [], False, 99) is None
        assert cpu.prepare_update(rule, [], False, 100) is not None
    with choice.only("numpy"):
        assert cpu.prepare_update(rule, [], False, 100) is None
