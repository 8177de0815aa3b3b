import math

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

LABELS = [1, 0, 3, 3, 2, 1, 0]
ANNEALED = "base: 100 gamma: 0.5 power: 2 lambda_min: 3 iteration: 4"


def margin_inner_product(kind="DOUBLE", more=""):
    return (
        'type: "MarginInnerProduct" margin_inner_product_param { num_output: 4 '
        f'type: {kind} weight_filler {{ type: "xavier" }} {more} }}'
    )


def psi(theta, m):
    k = min(int(theta / (math.pi / m)), m - 1)
    return (-1) ** k * math.cos(m * theta) - 2 * k


KINDS = [("SINGLE", 1), ("DOUBLE", 2), ("TRIPLE", 3), ("QUADRUPLE", 4)]


@pytest.mark.parametrize(
    ("more", "lambdas"),
    [("", [1, 1]), (ANNEALED, [100 / 3.5**2, 100 / 4**2]), ("base: 2 lambda_min: 5", [5, 5])],
)
@pytest.mark.parametrize(("kind", "m"), KINDS)
def test_the_label_has_the_margin_the_others_do_not(make_layer, kind, m, more, lambdas):
    layer, bottom, top = make_layer(margin_inner_product(kind, more), (7, 5), LABELS, tops=2)
    for expected in lambdas:
        layer.forward(bottom, top)
        assert top[1].data.tolist() == [pytest.approx(expected)]
        rows = layer.weights[0].data
        np.testing.assert_allclose((rows**2).sum(axis=1), 1)
        for n, x in enumerate(bottom[0].data):
            for k, w in enumerate(rows):
                plain, length = x @ w, math.sqrt(x @ x)
                if k == LABELS[n]:
                    hard = length * psi(math.acos(plain / length), m)
                    plain = (hard + expected * plain) / (1 + expected)
                assert top[0].data[n, k] == pytest.approx(plain)


def test_forward_scales_the_weights_to_length_1(make_layer):
    layer, bottom, top = make_layer(margin_inner_product(), (7, 5), LABELS)
    before = layer.weights[0].data.copy()
    layer.forward(bottom, top)
    expected = before / np.sqrt((before**2).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(layer.weights[0].data, expected)


def test_gradient_of_x_without_a_margin(make_layer):
    layer, bottom, top = make_layer(margin_inner_product("SINGLE"), (7, 5), LABELS)
    layer.forward(bottom, top)
    weights, layer.weights = layer.weights, []
    layer.param_propagate_down = [False]
    check_gradients(layer, bottom, top)
    assert not weights[0].diff.any()


@pytest.mark.parametrize(("kind", "m"), KINDS[1:])
def test_the_gradient_of_the_margin_has_the_direction_of_the_true_one(make_layer, kind, m):
    layer, bottom, top = make_layer(margin_inner_product(kind, "base: 0"), (7, 5), LABELS)
    layer.forward(bottom, top)
    label = np.zeros((7, 4))
    label[np.arange(7), LABELS] = 1
    top[0].diff[...] = label
    layer.backward(top, bottom)
    found, rows = bottom[0].diff.copy(), layer.weights[0].data
    for n, x in enumerate(bottom[0].data):
        w = rows[LABELS[n]]

        def y(x, w=w):
            length = math.sqrt(x @ x)
            return length * psi(math.acos(x @ w / length), m)

        true = np.array([(y(x + e) - y(x - e)) / 2e-6 for e in 1e-6 * np.eye(5)])
        cosine = found[n] @ true / math.sqrt((found[n] @ found[n]) * (true @ true))
        assert cosine == pytest.approx(1, abs=1e-6)
        # The parts along w and along x have a common length of 1.
        along_w, along_x = np.linalg.lstsq(np.stack([w, x], axis=1), found[n], rcond=None)[0]
        assert along_w**2 + along_x**2 == pytest.approx(1)


def test_gradient_of_the_weights_knows_no_margin(make_layer):
    layer, bottom, top = make_layer(margin_inner_product(), (7, 5), LABELS)
    layer.forward(bottom, top)
    top[0].diff[...] = np.random.default_rng(5).standard_normal((7, 4))
    layer.weights[0].diff[...] = 1
    layer.backward(top, bottom)
    np.testing.assert_allclose(layer.weights[0].diff, 1 + top[0].diff.T @ bottom[0].data)


def test_zeros_have_no_angle_and_no_score(make_layer):
    layer, bottom, top = make_layer(margin_inner_product("QUADRUPLE"), np.zeros((7, 5)), LABELS)
    layer.weights[0].data[0] = 0
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert np.isfinite(bottom[0].diff).all()
    np.testing.assert_array_equal(top[0].data, 0 * top[0].data)


def test_a_resumed_run_counts_on(make_layer):
    layer, bottom, top = make_layer(margin_inner_product("DOUBLE", ANNEALED), (7, 5), LABELS)
    layer.forward(bottom, top)
    assert layer.state() == {"iteration": 5}
    other, bottom, top = make_layer(
        margin_inner_product("DOUBLE", ANNEALED), (7, 5), LABELS, tops=2
    )
    other.restore({"iteration": 5})
    other.forward(bottom, top)
    assert top[1].data[0] == pytest.approx(100 / 4**2)


def test_axis_says_where_an_item_starts(make_layer):
    labels = np.zeros((2, 3))
    layer, bottom, top = make_layer(margin_inner_product(more="axis: 2"), (2, 3, 5), labels)
    layer.forward(bottom, top)
    assert layer.weights[0].shape == (4, 5)
    assert top[0].shape == (2, 3, 4)


def test_labels_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(margin_inner_product(), (7, 5), LABELS)
    assert [layer.allows_force_backward(i) for i in (0, 1)] == [True, False]
    layer.propagate_down = [True, True]
    with pytest.raises(ConfigError, match=r"cannot give bottom\[1\], the labels, a gradient"):
        layer.backward(top, bottom)


def test_a_label_without_a_class_is_named(make_layer):
    layer, bottom, top = make_layer(margin_inner_product(), (7, 5), [0, 1, 2, 4, 0, 0, 0])
    message = r"index 4 at \[3\] of bottom\[1\], the labels, is not in \[0, 4\)"
    with pytest.raises(ConfigError, match=message) as caught:
        layer.forward(bottom, top)
    assert caught.value.item == 3


@pytest.mark.parametrize(
    ("prototxt", "labels", "message"),
    [
        ('type: "MarginInnerProduct"', 7, "margin_inner_product_param.num_output is required"),
        (margin_inner_product(more="axis: 2"), 7, "margin_inner_product_param.axis: 2 is out of"),
        (margin_inner_product(), 6, r"one label for each of 7 items, got shape \(6,\)"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, labels, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(MarginInnerProduct\): .*{message}"):
        make_layer(prototxt, (7, 5), (labels,))


def test_another_number_of_inputs_is_named(make_layer):
    layer, bottom, top = make_layer(margin_inner_product(), (7, 5), LABELS)
    bottom[0].reshape(7, 6)
    with pytest.raises(ConfigError, match=r"weights were made for 5 inputs; .*\(7, 6\) has 6"):
        layer.reshape(bottom, top)
