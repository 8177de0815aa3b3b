import math

import pytest

from cortado.proto import ConfigError, parse_solver
from cortado.solvers import learning_rate
from cortado.solvers.learning_rate import steps_taken


def rate(text, iteration):
    return learning_rate(parse_solver("base_lr: 0.1 " + text), iteration)


@pytest.mark.parametrize(
    ("policy", "iteration", "expected"),
    [
        ('lr_policy: "fixed"', 500, 0.1),
        ('lr_policy: "step" gamma: 0.1 stepsize: 100', 99, 0.1),
        ('lr_policy: "step" gamma: 0.1 stepsize: 100', 100, 0.01),
        ('lr_policy: "exp" gamma: 0.5', 3, 0.0125),
        ('lr_policy: "inv" gamma: 1 power: 1', 1, 0.05),
        ('lr_policy: "multistep" gamma: 0.1 stepvalue: 5 stepvalue: 8', 4, 0.1),
        ('lr_policy: "multistep" gamma: 0.1 stepvalue: 5 stepvalue: 8', 7, 0.01),
        ('lr_policy: "multistep" gamma: 0.1 stepvalue: 5 stepvalue: 8', 8, 0.001),
        ('lr_policy: "poly" power: 2 max_iter: 10', 5, 0.025),
        ('lr_policy: "poly" power: 0.5 max_iter: 10', 12, 0),
        ('lr_policy: "sigmoid" gamma: 1 stepsize: 10', 10, 0.05),
        ('lr_policy: "sigmoid" gamma: 1 stepsize: 10', 12, 0.1 / (1 + math.exp(-2))),
    ],
)
def test_each_policy(policy, iteration, expected):
    assert rate(policy, iteration) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("iteration", "printed"),
    [(0, "0.01"), (100, "0.00992565"), (300, "0.00978075"), (500, "0.00964069")],
)
def test_the_digits_of_caffes_log(iteration, printed):
    """LeNet's solver, as real Caffe logged it."""
    solver = parse_solver('base_lr: 0.01 lr_policy: "inv" gamma: 0.0001 power: 0.75')
    assert f"{learning_rate(solver, iteration):g}" == printed


def test_sigmoid_far_away_does_not_overflow():
    assert rate('lr_policy: "sigmoid" gamma: 9 stepsize: 1000', 0) == pytest.approx(0)
    assert rate('lr_policy: "sigmoid" gamma: 9 stepsize: 0', 1000) == pytest.approx(0.1)


def test_steps_taken_is_what_caffe_calls_current_step():
    solver = parse_solver('lr_policy: "multistep" stepvalue: 5 stepvalue: 8')
    assert [steps_taken(solver, i) for i in (4, 5, 8)] == [0, 1, 2]
    assert steps_taken(parse_solver('lr_policy: "step" stepsize: 3'), 8) == 2
    assert steps_taken(parse_solver('lr_policy: "fixed"'), 8) == 0


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ('lr_policy: "stepp"', "unknown lr_policy 'stepp'; did you mean 'step'"),
        ('lr_policy: "step"', "needs stepsize, in iterations, at least 1"),
        ('lr_policy: "poly"', "needs max_iter, in iterations, at least 1"),
        ('lr_policy: "exp" gamma: -1', "gamma must be 0 or more, got -1"),
        ('lr_policy: "exp" gamma: 1e38', "iteration 99 a rate beyond all numbers"),
        ('lr_policy: "poly" max_iter: 99 power: -1', "iteration 99 a rate beyond all numbers"),
        ('lr_policy: "multistep" stepvalue: 8 stepvalue: 5', r"must rise .* got \[8, 5\]"),
    ],
)
def test_what_cannot_be_followed_is_named(policy, message):
    with pytest.raises(ConfigError, match=f"^solver: .*{message}"):
        rate(policy, 99)
