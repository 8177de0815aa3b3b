"""Numbers that are none, in files or along the way."""

import re

import pytest

DIVERGED = (
    r"Iteration (\d+): the loss is (?:-?inf|nan)\. First blob that is not finite: (.*?)\. Try"
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base_lr: 0.01": "base_lr: nan"}, "solver: base_lr is nan; it must be finite"),
        ({"base_lr: 0.01": "base_lr: inf"}, "solver: base_lr is inf; it must be finite"),
        ({"momentum: 0.9": "momentum: 1.5"}, r"momentum must be in \[0, 1\), got 1.5"),
        ({'"fixed"': '"inv" gamma: -3 power: 0.5'}, "solver: gamma must be 0 or more, got -3"),
        ({'"fixed"': '"step" gamma: 0.1'}, "needs stepsize, in iterations, at least 1"),
        ({"max_iter: 4": "max_iter: 4 iter_size: 0"}, "iter_size must be at least 1, got 0"),
    ],
)
def test_a_solver_that_cannot_train_is_refused(refused, changes, message):
    assert re.search(message, refused(solver=changes))


@pytest.mark.parametrize(
    ("filler", "message"),
    [
        ('"gaussian" std: -1', r"'ip' \(InnerProduct\): filler: gaussian needs std >= 0, got -1"),
        ('"uniform" min: nan', "uniform needs finite min <= max, got nan and 1"),
        ('"uniform" min: -inf max: inf', "uniform needs finite min <= max"),
        ('"xaver"', "unknown type 'xaver'; known types"),
    ],
)
def test_a_filler_that_cannot_fill_is_refused(refused, filler, message):
    assert re.search(message, refused(net={'"xavier"': filler}))


@pytest.mark.parametrize(
    ("net", "solver", "iteration", "blob"),
    [
        (
            {'type: "xavier"': 'type: "constant" value: nan'},
            {},
            0,
            "weight 0 of layer 'ip' (InnerProduct)",
        ),
        ({"scale: 0.01": "scale: nan"}, {}, 0, "blob 'data', made by layer 'data' (Data)"),
        ({}, {"0.01": "1e38"}, 1, "blob 'ip', made by layer 'ip' (InnerProduct)"),
    ],
    ids=["filler", "data", "rate"],
)
def test_a_loss_that_is_no_number_is_told_once_with_its_origin(train, net, solver, iteration, blob):
    status, lines = train(net=net, solver={**solver, "max_iter: 4": "max_iter: 9"})
    assert status == 0
    found = re.findall(DIVERGED, "\n".join(lines))
    assert found == [(str(iteration), blob)]


def test_a_net_without_a_loss_is_warned_of(train):
    loss = '"SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss"'
    status, lines = train(net={loss: '"Silence" bottom: "ip" bottom: "label"'})
    told = [line for line in lines if "No layer of the training net gives a loss" in line]
    assert (status, len(told)) == (0, 1)
    _, lines = train()
    assert not any("gives a loss" in line for line in lines)
