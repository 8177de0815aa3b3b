import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

LABELS = [2, 0, 2, 2]


def center_loss(more=""):
    return f'type: "CenterLoss" center_loss_param {{ num_output: 4 {more} }}'


def test_half_the_mean_squared_distance_to_the_centers(make_layer):
    layer, bottom, top = make_layer(center_loss(), (4, 2, 3), LABELS)
    layer.forward(bottom, top)
    centers = layer.weights[0].data
    assert centers.shape == (4, 6)
    expected = sum(
        ((x.ravel() - centers[label]) ** 2).sum()
        for x, label in zip(bottom[0].data, LABELS, strict=True)
    )
    assert top[0].data == pytest.approx(expected / 8)


def test_gradient_of_the_features(make_layer):
    layer, bottom, top = make_layer(center_loss(), (4, 5), LABELS)
    layer.param_propagate_down = [False]
    weights, layer.weights = layer.weights, []
    check_gradients(layer, bottom, top)
    assert not weights[0].diff.any()


@pytest.mark.parametrize("loss_weight", [0, 1, 0.008])
def test_centers_follow_their_features_whatever_the_loss_weighs(make_layer, loss_weight):
    layer, bottom, top = make_layer(center_loss(), (4, 5), LABELS)
    layer.forward(bottom, top)
    top[0].diff[...] = loss_weight
    layer.weights[0].diff[...] = 1
    layer.propagate_down = [False, False]
    layer.backward(top, bottom)
    x, centers = bottom[0].data, layer.weights[0].data
    expected = np.ones((4, 5))
    expected[0] += (centers[0] - x[1]) / 2
    expected[2] += (3 * centers[2] - x[0] - x[2] - x[3]) / 4
    np.testing.assert_allclose(layer.weights[0].diff, expected)
    assert not bottom[0].has_diff


def test_it_counts_only_if_a_loss_weight_is_given(make_layer):
    layer, _, _ = make_layer(center_loss(), (4, 5), LABELS)
    assert layer.default_loss_weight(0) == 0
    assert [layer.allows_force_backward(i) for i in (0, 1)] == [True, False]


def test_centers_are_zeros_or_as_the_filler_says(make_layer):
    layer, _, _ = make_layer(center_loss(), (4, 5), LABELS)
    layer.fill_weights()
    layer, _, _ = make_layer(center_loss("center_filler { value: 3 }"), (4, 5), LABELS)
    layer.fill_weights()
    assert (layer.weights[0].data == 3).all()


def test_labels_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(center_loss(), (4, 5), LABELS)
    layer.forward(bottom, top)
    layer.propagate_down = [True, True]
    with pytest.raises(ConfigError, match=r"cannot give bottom\[1\] a gradient"):
        layer.backward(top, bottom)


def test_a_label_without_a_center_is_named(make_layer):
    layer, bottom, top = make_layer(center_loss(), (4, 5), [0, 4, 1, 1])
    with pytest.raises(
        ConfigError, match=r"index 4 at \[1\] of bottom\[1\], the labels, is not in"
    ):
        layer.forward(bottom, top)


@pytest.mark.parametrize(
    ("prototxt", "labels", "message"),
    [
        ('type: "CenterLoss"', 4, "center_loss_param.num_output is required"),
        (center_loss('distance_type: "L1"'), 4, "center_loss_param.distance_type: 'L1' is not"),
        (center_loss("axis: 3"), 4, "center_loss_param.axis: 3 is out of range"),
        (center_loss(), 3, r"one label for each of 4 items, got shape \(3,\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, labels, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(CenterLoss\): .*{message}"):
        make_layer(prototxt, (4, 5), (labels,))


def test_another_number_of_inputs_is_named(make_layer):
    layer, bottom, top = make_layer(center_loss(), (4, 5), LABELS)
    bottom[0].reshape(4, 6)
    with pytest.raises(ConfigError, match=r"centers were made for 5 numbers; .*\(4, 6\) has 6"):
        layer.reshape(bottom, top)
