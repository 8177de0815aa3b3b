import math

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

TARGETS = np.array([[0, 1, 0.25], [1, 0, -1]])


def sigmoid_loss(loss_param=""):
    return f'type: "SigmoidCrossEntropyLoss" loss_param {{ {loss_param} }}'


@pytest.mark.parametrize(
    ("loss_param", "normalizer"),
    [
        ("", 2),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: VALID", 5),
        ("normalization: FULL", 6),
        ("normalization: NONE", 1),
        ("normalize: true", 5),
        ("normalize: false", 2),
    ],
)
def test_sum_over_valid_targets_is_divided_by_the_normalizer(make_layer, loss_param, normalizer):
    layer, bottom, top = make_layer(sigmoid_loss(loss_param + " ignore_label: -1"), (2, 3), TARGETS)
    layer.forward(bottom, top)
    total = 0
    for x, t in zip(bottom[0].data.flat, TARGETS.flat, strict=True):
        p = 1 / (1 + math.exp(-x))
        if t != -1:
            total -= t * math.log(p) + (1 - t) * math.log(1 - p)
    assert top[0].data == pytest.approx(total / normalizer, rel=1e-12)


@pytest.mark.parametrize("loss_param", ["", "normalization: VALID ignore_label: -1"])
@pytest.mark.parametrize("shape", [(6,), (2, 3), (2, 3, 1, 1)])
def test_gradient(make_layer, loss_param, shape):
    targets = TARGETS.reshape(shape)
    check_gradients(*make_layer(sigmoid_loss(loss_param), shape, targets))


def test_large_scores_do_not_overflow(make_layer):
    layer, bottom, top = make_layer(
        sigmoid_loss(), [[1e4, -1e4, 1e4, -1e4]], [[1, 0, 0, 1]], dtype="float32"
    )
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert top[0].data == 2e4
    assert bottom[0].diff.tolist() == [[0, 0, 1, -1]]


def test_every_target_ignored_gives_loss_0(make_layer):
    layer, bottom, top = make_layer(
        sigmoid_loss("ignore_label: 2 normalization: VALID"), (1, 2), [[2, 2]]
    )
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert top[0].data == 0
    assert bottom[0].diff.tolist() == [[0, 0]]


def test_targets_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(sigmoid_loss(), (2, 3), TARGETS)
    layer.forward(bottom, top)
    layer.propagate_down = [True, True]
    with pytest.raises(ConfigError, match=r"cannot give bottom\[1\] a gradient"):
        layer.backward(top, bottom)


def test_shapes_that_do_not_fit_are_named(make_layer):
    message = r"layer 'it' \(SigmoidCrossEntropyLoss\): .*of one size, .*\(2, 3\) and \(2, 4\)"
    with pytest.raises(ConfigError, match=message):
        make_layer(sigmoid_loss(), (2, 3), (2, 4))
