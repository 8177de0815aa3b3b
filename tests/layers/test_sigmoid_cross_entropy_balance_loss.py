import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

LOSS = 'type: "SigmoidCrossEntropyBalanceLoss"'
TARGETS = np.array([[1, 0, 0, 0, 2], [0, 0, 0, 0, 0], [1, 1, 0, 9, 9]], float)


def definition(x, t):
    total = 0
    for scores, targets in zip(x, t, strict=True):
        ones, zeros = (targets == 1).sum(), (targets == 0).sum()
        for score, target in zip(scores, targets, strict=True):
            p = 1 / (1 + np.exp(-score))
            if target == 1:
                total -= zeros / (ones + zeros) * np.log(p)
            elif target == 0:
                total -= ones / (ones + zeros) * np.log(1 - p)
    return total / len(x)


def test_definition_and_gradient(make_layer):
    layer, (x, t), (loss,) = make_layer(LOSS, (3, 5), TARGETS)
    layer.forward([x, t], [loss])
    assert loss.data == pytest.approx(definition(x.data, t.data))
    check_gradients(layer, [x, t], [loss])


def test_it_counts_with_weight_1_and_takes_maps_of_another_shape(make_layer):
    layer, (x, t), (loss,) = make_layer(LOSS, (3, 1, 1, 5), TARGETS)
    layer.forward([x, t], [loss])
    assert loss.data == pytest.approx(definition(x.data.reshape(3, 5), t.data))
    assert layer.default_loss_weight(0) == 1


def test_large_scores_do_not_overflow(make_layer):
    layer, bottom, (loss,) = make_layer(LOSS, [[1000.0, -1000, 0]], [[0.0, 0, 1]])
    layer.forward(bottom, [loss])
    assert loss.data == pytest.approx(1000 / 3 + 2 / 3 * np.log(2))


def test_nothing_to_count_is_no_loss(make_layer):
    layer, bottom, (loss,) = make_layer(LOSS, (2, 3), np.full((2, 3), 9))
    layer.forward(bottom, [loss])
    loss.diff[...] = 1
    layer.backward([loss], bottom)
    assert loss.data == 0
    assert not bottom[0].diff.any()


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 3), (2, 4)), r"must be of one size, got shapes \(2, 3\) and \(2, 4\)"),
        (((2, 3), (3, 2)), "must have the same first dimension"),
    ],
)
def test_errors(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=message):
        make_layer(LOSS, *shapes)
