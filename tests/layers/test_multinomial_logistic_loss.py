import math

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

LOSS = 'type: "MultinomialLogisticLoss"'
PROBABILITIES = np.array([[0.1, 0.7, 0.2], [0.5, 0.25, 0.25]])


def test_mean_of_the_negative_logarithms(make_layer):
    layer, bottom, top = make_layer(LOSS, PROBABILITIES, [1, 2])
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(-(math.log(0.7) + math.log(0.25)) / 2, rel=1e-12)


@pytest.mark.parametrize(("shape", "label_shape"), [((4, 3), (4,)), ((4, 3, 1, 1), (4, 1, 1, 1))])
def test_gradient(make_layer, rng, shape, label_shape):
    labels = np.reshape([0, 2, 1, 1], label_shape)
    check_gradients(*make_layer(LOSS, rng.uniform(0.2, 1, shape), labels), step=1e-5)


def test_a_probability_of_0_counts_as_1e_20(make_layer):
    layer, bottom, top = make_layer(LOSS, [[0.0, 1]], [0])
    layer.forward(bottom, top)
    top[0].diff[...] = 3
    bottom[0].diff[...] = 1
    layer.backward(top, bottom)
    assert top[0].data == pytest.approx(20 * math.log(10), rel=1e-12)
    assert bottom[0].diff.tolist() == [[pytest.approx(-3e20), 0]]


def test_a_label_outside_the_classes_is_named(make_layer):
    layer, bottom, top = make_layer(LOSS, PROBABILITIES, [1, 3])
    with pytest.raises(ConfigError, match=r"label 3 of item 1 is outside \[0, 3\)"):
        layer.forward(bottom, top)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3), (3,)], r"the same first dimension, .*\(2, 3\) and \(3,\)"),
        ([(2, 3), (2, 2)], r"labels of shape \(2, 2\) do not fit .*so shape \(2,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(MultinomialLogisticLoss\): .*{message}"):
        make_layer(LOSS, *shapes)
