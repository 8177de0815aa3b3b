import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

DICE = 'type: "DiceCoefLoss"'


def test_overlap_of_each_item_over_its_sizes(make_layer):
    layer, bottom, top = make_layer(DICE, (3, 2, 4), (3, 1, 2, 4))
    layer.forward(bottom, top)
    dice = [
        (2 * np.dot(a.ravel(), b.ravel()) + 1) / ((a**2).sum() + (b**2).sum() + 1)
        for a, b in zip(*(blob.data for blob in bottom), strict=True)
    ]
    assert top[0].data == pytest.approx(1 - np.mean(dice), rel=1e-12)


def test_masks_by_hand(make_layer):
    layer, bottom, top = make_layer(DICE, [[1, 1, 0, 0], [0, 0, 0, 0]], [[1, 0, 0, 0], [0] * 4])
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(1 - (3 / 4 + 1) / 2)


def test_gradient_of_an_item(make_layer):
    check_gradients(*make_layer(DICE, (1, 2, 4), (1, 8)))


def test_each_item_of_a_batch_has_the_gradient_that_it_has_alone(make_layer):
    layer, bottom, top = make_layer(DICE, (3, 5), (3, 5))
    layer.forward(bottom, top)
    top[0].diff[...] = 2
    layer.backward(top, bottom)
    for n in range(3):
        one, its, loss = make_layer(DICE, *(blob.data[n : n + 1] for blob in bottom))
        one.forward(its, loss)
        loss[0].diff[...] = 2
        one.backward(loss, its)
        for blob, alone in zip(bottom, its, strict=True):
            np.testing.assert_allclose(blob.diff[n], alone.diff[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(3, 4), (3, 5)], r"of one size, got shapes \(3, 4\) and \(3, 5\)"),
        ([(3, 4), (4, 3)], "the same first dimension"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(DiceCoefLoss\): .*{message}"):
        make_layer(DICE, *shapes)


def test_smooth_is_a_field(make_layer):
    prototxt = f"{DICE} dice_coef_loss_param {{ smooth: 0.5 }}"
    layer, bottom, top = make_layer(prototxt, [[1, 1]], [[1, 0]])
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(1 - 2.5 / 3.5)
    with pytest.raises(ConfigError, match="dice_coef_loss_param.smooth: 0 must be above 0"):
        make_layer(prototxt.replace("0.5", "0"), (1, 2), (1, 2))
