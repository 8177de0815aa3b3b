import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def triplet_loss(fields=""):
    return f'type: "TripletLoss" triplet_loss_param {{ {fields} }}'


@pytest.mark.parametrize("margin", [None, 0.2, 30])
def test_the_excess_of_each_triplet_counts(make_layer, margin):
    prototxt = triplet_loss(f"margin: {margin}" if margin else "")
    layer, bottom, top = make_layer(prototxt, (6, 4), (6, 4), (6, 4))
    layer.forward(bottom, top)
    expected, excesses = 0, []
    for a, p, q in zip(*(blob.data for blob in bottom), strict=True):
        excess = (margin or 1) + ((a - p) ** 2).sum() - ((a - q) ** 2).sum()
        excesses.append(excess)
        expected += max(excess, 0)
    assert top[0].data == pytest.approx(expected / 12, rel=1e-6)
    assert margin == 30 or min(excesses) < 0 < max(excesses)


@pytest.mark.parametrize("shapes", [[(6, 4)] * 3, [(6, 2, 2), (6, 4), (6, 4, 1, 1)]])
def test_gradient(make_layer, shapes):
    check_gradients(*make_layer(triplet_loss(), *shapes))


def test_only_the_gradients_that_are_wanted_are_written(make_layer):
    layer, bottom, top = make_layer(triplet_loss("margin: 99"), (6, 4), (6, 4), (6, 4))
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.propagate_down = [False, True, False]
    layer.backward(top, bottom)
    assert [blob.has_diff for blob in bottom] == [False, True, False]
    assert bottom[1].diff == pytest.approx((bottom[1].data - bottom[0].data) / 6)


@pytest.mark.parametrize(
    ("fields", "shapes", "message"),
    [
        ("", [(6, 4), (6, 4), (6, 3)], r"of one size, got shapes \(6, 4\) and \(6, 3\)"),
        ("", [(6, 4), (5, 4), (6, 4)], r"bottom\[0\] and bottom\[1\] must have the same first"),
        ("sample: true", [(6, 4)] * 3, "triplet_loss_param.sample: True belongs to a loss over"),
        ("mu: 2", [(6, 4)] * 3, "triplet_loss_param.mu: 2.0 belongs"),
        ('sim_type: "Dot"', [(6, 4)] * 3, "triplet_loss_param.sim_type: 'Dot' belongs"),
        ("", [(6, 4)] * 2, "takes 3 bottom blobs, got 2"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, fields, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(TripletLoss\): .*{message}"):
        make_layer(triplet_loss(fields), *shapes)


def test_equal_items_have_a_loss_of_half_the_margin(make_layer):
    same = np.ones((2, 3))
    layer, bottom, top = make_layer(triplet_loss(), same, same, same)
    layer.forward(bottom, top)
    assert top[0].data == 0.5
