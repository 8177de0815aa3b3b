import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

LABELS = np.array([2, 0, 1, 1])


def hinge_loss(norm="L1"):
    return f'type: "HingeLoss" hinge_loss_param {{ norm: {norm} }}'


@pytest.mark.parametrize(("norm", "power"), [("L1", 1), ("L2", 2)])
def test_loss_is_the_mean_violation_of_the_margins(make_layer, norm, power):
    layer, bottom, top = make_layer(hinge_loss(norm), (4, 3), LABELS)
    layer.forward(bottom, top)
    total = 0
    for (n, k), score in np.ndenumerate(bottom[0].data):
        sign = 1 if k == LABELS[n] else -1
        total += max(0, 1 - sign * score) ** power
    assert top[0].data == pytest.approx(total / 4, rel=1e-12)


@pytest.mark.parametrize("norm", ["L1", "L2"])
@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 1, 1)])
def test_gradient(make_layer, norm, shape):
    check_gradients(*make_layer(hinge_loss(norm), shape, LABELS), kinks=[-1, 1])


def test_scores_are_left_as_they_are(make_layer):
    layer, bottom, top = make_layer(hinge_loss(), (4, 3), LABELS)
    before = bottom[0].data.copy()
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    np.testing.assert_array_equal(bottom[0].data, before)


def test_a_label_outside_the_classes_is_named(make_layer):
    layer, bottom, top = make_layer(hinge_loss(), (4, 3), [0, 0, -1, 0])
    with pytest.raises(ConfigError, match=r"label -1 of item 2 is outside \[0, 3\)"):
        layer.forward(bottom, top)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3), (3,)], r"the same first dimension, .*\(2, 3\) and \(3,\)"),
        ([(2, 3), (2, 3)], r"labels of shape \(2, 3\) do not fit .*so shape \(2,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(HingeLoss\): .*{message}"):
        make_layer(hinge_loss(), *shapes)
