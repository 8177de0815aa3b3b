"""Each update rule against its formula, written out for single numbers."""

import math

import numpy as np
import pytest

from cortado.proto import ConfigError, parse_solver
from cortado.solvers import create_rule

GRADIENTS = [2.0, -1.0, 0.5]
RATE = 0.1


def sgd(w, g, h, t, momentum=0.5):
    v = momentum * h.get("v", 0) + RATE * g
    h["v"] = v
    return w - v


def nesterov(w, g, h, t, momentum=0.5):
    before = h.get("v", 0)
    h["v"] = momentum * before + RATE * g
    return w - ((1 + momentum) * h["v"] - momentum * before)


def adagrad(w, g, h, t, delta=1e-3):
    h["h"] = h.get("h", 0) + g * g
    return w - RATE * g / (math.sqrt(h["h"]) + delta)


def rmsprop(w, g, h, t, decay=0.9, delta=1e-3):
    h["h"] = decay * h.get("h", 0) + (1 - decay) * g * g
    return w - RATE * g / (math.sqrt(h["h"]) + delta)


def adadelta(w, g, h, t, momentum=0.9, delta=1e-3):
    h["h"] = momentum * h.get("h", 0) + (1 - momentum) * g * g
    u = g * math.sqrt((h.get("s", 0) + delta) / (h["h"] + delta))
    h["s"] = momentum * h.get("s", 0) + (1 - momentum) * u * u
    return w - RATE * u


def adam(w, g, h, t, b1=0.9, b2=0.99, delta=1e-3):
    h["m"] = b1 * h.get("m", 0) + (1 - b1) * g
    h["v"] = b2 * h.get("v", 0) + (1 - b2) * g * g
    correction = math.sqrt(1 - b2**t) / (1 - b1**t)
    return w - RATE * correction * h["m"] / (math.sqrt(h["v"]) + delta)


RULES = {
    'type: "SGD" momentum: 0.5': sgd,
    'type: "Nesterov" momentum: 0.5': nesterov,
    'type: "AdaGrad" delta: 1e-3': adagrad,
    'type: "RMSProp" rms_decay: 0.9 delta: 1e-3': rmsprop,
    'type: "AdaDelta" momentum: 0.9 delta: 1e-3': adadelta,
    'type: "Adam" momentum: 0.9 momentum2: 0.99 delta: 1e-3': adam,
}


@pytest.mark.parametrize(
    ("text", "formula"), RULES.items(), ids=[f.__name__ for f in RULES.values()]
)
def test_three_steps_follow_the_formula(text, formula):
    rule = create_rule(parse_solver(text))
    w = np.ones(2)
    history = [np.zeros(2) for _ in range(rule.history_count)]
    scratch = [np.full(2, np.nan) for _ in range(rule.scratch_count)]
    expected, memory = 1.0, {}
    for iteration, g in enumerate(GRADIENTS):
        rule.begin(iteration)
        rule.update(w, np.full(2, g), history, RATE, scratch)
        expected = formula(expected, g, memory, iteration + 1)
        np.testing.assert_allclose(w, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('type: "SDG"', "unknown type 'SDG'; did you mean 'SGD'"),
        ('type: "SGD" momentum: 1', r"solver \(SGD\): momentum must be in \[0, 1\), got 1"),
        ('type: "Adam" momentum2: -0.5', r"\(Adam\): momentum2 must be in \[0, 1\), got -0.5"),
        ('type: "AdaGrad" momentum: 0.9', r"\(AdaGrad\): momentum is 0.9, but AdaGrad has none"),
        ('type: "RMSProp" rms_decay: 1', r"\(RMSProp\): rms_decay must be in \[0, 1\), got 1"),
    ],
)
def test_bad_hyperparameters_are_named(text, message):
    with pytest.raises(ConfigError, match=message):
        create_rule(parse_solver(text))
