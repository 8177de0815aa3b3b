import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def l1_loss(fields=None):
    return 'type: "L1Loss"' + (f" l1_loss_param {{ {fields} }}" if fields is not None else "")


@pytest.mark.parametrize("fields", [None, ""])
def test_absolute_differences_are_summed_and_divided_by_the_items(make_layer, fields):
    layer, bottom, top = make_layer(l1_loss(fields), (3, 2, 4), (3, 8))
    layer.forward(bottom, top)
    a, b = (blob.data.ravel() for blob in bottom)
    assert top[0].data == pytest.approx(abs(a - b).sum() / 3, rel=1e-12)


def test_one_bottom_is_a_difference_already(make_layer):
    layer, bottom, top = make_layer(l1_loss(), (3, 5))
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(abs(bottom[0].data).sum() / 3, rel=1e-12)


@pytest.mark.parametrize(
    ("fields", "weight", "epsilon"),
    [("", 1, 0.01), ("epsilon: 0.5", 1, 0.5), ("l2_prescale_by_channels: true", 1 / 3, 0.01)],
)
def test_lengths_of_the_differences_of_places(make_layer, fields, weight, epsilon):
    layer, bottom, top = make_layer(l1_loss("l2_per_location: true " + fields), *[(2, 3, 4, 5)] * 2)
    layer.forward(bottom, top)
    d = bottom[0].data - bottom[1].data
    expected = sum(
        np.sqrt(weight * (d[n, :, i, j] ** 2).sum() + epsilon)
        for n in range(2)
        for i in range(4)
        for j in range(5)
    )
    assert top[0].data == pytest.approx(expected / 2, rel=1e-7)


@pytest.mark.parametrize("l2", ["", "l2_per_location: true epsilon: 0"])
def test_unknown_truth_counts_for_nothing(make_layer, l2):
    truth = np.ones((2, 1, 3))
    truth[0, 0, 1] = np.nan
    guess = np.full((2, 1, 3), 3.0)
    for by_entries, divisor in (("", 2), ("normalize_by_num_entries: true", 5)):
        layer, bottom, top = make_layer(l1_loss(f"{l2} {by_entries}"), guess, truth)
        layer.forward(bottom, top)
        top[0].diff[...] = 1
        layer.backward(top, bottom)
        assert top[0].data == pytest.approx(10 / divisor)
        expected = np.where(np.isnan(truth), 0, 1 / divisor)
        np.testing.assert_allclose(bottom[0].diff, expected)


def test_a_guess_that_is_no_number_shows(make_layer):
    layer, bottom, top = make_layer(l1_loss(""), [[np.nan, 1]], [[0.0, 0]])
    layer.forward(bottom, top)
    assert np.isnan(top[0].data)


def test_small_differences_lie_on_the_plateau(make_layer):
    layer, bottom, top = make_layer(l1_loss("plateau: 0.5"), [[0.25, -0.75, 0.5]])
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert top[0].data == 1.25
    assert bottom[0].diff.tolist() == [[0, -1, 1]]


def test_short_lengths_lie_on_the_plateau(make_layer):
    fields = "l2_per_location: true plateau: 1 epsilon: 0.25"
    layer, bottom, top = make_layer(l1_loss(fields), [[[0.6, 3], [0.6, 4]]])
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    length = np.sqrt(25.25)
    assert top[0].data == pytest.approx(0.5 + length)
    np.testing.assert_allclose(bottom[0].diff, [[[0, 3 / length], [0, 4 / length]]])


@pytest.mark.parametrize(
    "fields",
    [
        None,
        "plateau: 0.3 normalize_by_num_entries: true",
        "l2_per_location: true",
        "l2_per_location: true l2_prescale_by_channels: true plateau: 0.5",
    ],
)
@pytest.mark.parametrize("bottoms", [1, 2])
def test_gradient(make_layer, fields, bottoms):
    check_gradients(*make_layer(l1_loss(fields), *[(2, 3, 2)] * bottoms))


@pytest.mark.parametrize(
    ("fields", "shapes", "message"),
    [
        ("", [(3, 4), (3, 5)], r"of one size, got shapes \(3, 4\) and \(3, 5\)"),
        ("", [(3, 4), (4, 3)], "the same first dimension"),
        ("", [()], r"bottom\[0\] must be \(N, ...\)"),
        ("l2_per_location: true", [(3,)], "l2_per_location needs a bottom.* with channels"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, fields, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(L1Loss\): .*{message}"):
        make_layer(l1_loss(fields), *shapes)
