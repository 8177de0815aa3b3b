import math

import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

LABELS = np.array([[2, 0, 1], [1, 1, 2]])  # for scores (2, 3, 3)


def softmax_with_loss(loss_param="", axis=1):
    return f'type: "SoftmaxWithLoss" softmax_param {{ axis: {axis} }} loss_param {{ {loss_param} }}'


def terms(scores, labels):
    """-log p of each label, for scores (N, C, T) and labels (N, T), one at a time."""
    result = np.empty(labels.shape)
    for (n, t), label in np.ndenumerate(labels):
        powers = [math.exp(score) for score in scores[n, :, t]]
        result[n, t] = -math.log(powers[label] / sum(powers))
    return result


@pytest.mark.parametrize(
    ("loss_param", "normalizer"),
    [
        ("", 5),
        ("normalization: FULL", 6),
        ("normalization: VALID", 5),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: NONE", 1),
        ("normalization: PRE_FIXED pre_fixed_normalizer: 8", 8),
        ("normalize: true", 5),
        ("normalize: false", 2),
        ("normalize: false normalization: FULL", 6),
    ],
)
def test_sum_over_valid_labels_is_divided_by_the_normalizer(make_layer, loss_param, normalizer):
    scores = np.random.default_rng(3).standard_normal((2, 3, 3))
    labels = LABELS.copy()
    labels[1, 2] = 255
    layer, bottom, top = make_layer(
        softmax_with_loss(loss_param + " ignore_label: 255"), scores, labels
    )
    layer.forward(bottom, top)
    expected = terms(scores, LABELS)
    expected[1, 2] = 0
    assert top[0].shape == ()
    assert top[0].data == pytest.approx(expected.sum() / normalizer, rel=1e-12)


def test_every_label_counts_where_none_is_ignored(make_layer):
    layer, bottom, top = make_layer(softmax_with_loss(), (2, 3, 3), LABELS)
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(terms(bottom[0].data, LABELS).mean(), rel=1e-12)


@pytest.mark.parametrize(
    ("loss_param", "scores", "labels", "axis"),
    [
        ("", (4, 5), [0, 4, 2, 2], 1),
        ("normalization: NONE", (2, 3, 2, 2), [[[0, 1], [2, 1]], [[2, 2], [0, 0]]], 1),
        ("ignore_label: 1", (2, 3, 3), LABELS, 1),
        ("ignore_label: -1 normalize: false", (3, 2), [-1, 1, 0], 1),
        ("", (2, 3, 4), [[0, 3, 1], [2, 2, 0]], -1),
        ("weight_by_label_freqs: true class_weighting: [0.5, 2, 3]", (2, 3, 3), LABELS, 1),
    ],
)
def test_gradient(make_layer, loss_param, scores, labels, axis):
    prototxt = softmax_with_loss(loss_param, axis)
    check_gradients(*make_layer(prototxt, scores, np.asarray(labels)))


def test_class_weights_multiply_terms_but_not_the_normalizer(make_layer):
    weights = np.array([0.5, 2, 3])
    param = "weight_by_label_freqs: true class_weighting: [0.5, 2, 3]"
    layer, bottom, top = make_layer(softmax_with_loss(param), (2, 3, 3), LABELS)
    layer.forward(bottom, top)
    expected = (terms(bottom[0].data, LABELS) * weights[LABELS]).mean()
    assert top[0].data == pytest.approx(expected, rel=1e-12)


def test_second_top_gives_the_probabilities(make_layer):
    layer, bottom, top = make_layer(softmax_with_loss(), (2, 3, 3), LABELS, tops=2)
    layer.forward(bottom, top)
    powers = np.exp(bottom[0].data)
    np.testing.assert_allclose(top[1].data, powers / powers.sum(axis=1, keepdims=True), rtol=1e-12)


def test_loss_of_a_hopeless_label_is_that_of_the_least_float(make_layer):
    layer, bottom, top = make_layer(
        softmax_with_loss(), [[0, 1000.0], [0, 0]], [0, 0], dtype="float32"
    )
    layer.forward(bottom, top)
    assert top[0].data * 2 - math.log(2) == pytest.approx(87.3365, abs=1e-4)


def test_a_batch_with_every_label_ignored_has_loss_0_and_no_gradient(make_layer):
    layer, bottom, top = make_layer(
        softmax_with_loss("ignore_label: 0"), [[np.inf, 1], [2, 3]], [0, 0]
    )
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert top[0].data == 0
    assert bottom[0].diff.tolist() == [[0, 0], [0, 0]]


def test_loss_weight_reaches_the_gradient_by_way_of_the_tops_diff(make_layer):
    layer, bottom, top = make_layer(softmax_with_loss(), [[0.0, 0.0]], [1])
    layer.forward(bottom, top)
    top[0].diff[...] = 10
    layer.backward(top, bottom)
    assert bottom[0].diff.tolist() == [[5, -5]]


def test_fractions_of_labels_are_cut_off(make_layer):
    layer, bottom, top = make_layer(softmax_with_loss(), (2, 3), [1.9, -0.9])
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(
        terms(bottom[0].data[:, :, None], np.array([[1], [0]])).mean(), rel=1e-12
    )


def test_it_is_a_loss(make_layer):
    layer, _, _ = make_layer(softmax_with_loss(), (2, 3), [0, 1])
    assert layer.automatic_tops
    assert [layer.default_loss_weight(i) for i in (0, 1)] == [1, 0]
    assert [layer.allows_force_backward(i) for i in (0, 1)] == [True, False]


@pytest.mark.parametrize(
    ("label", "where", "item"),
    [
        ((3, 250), "label 250 of item 3 is", 3),
        ((0, -1), "label -1 of item 0 is", 0),
        ((2, np.nan), "label nan of item 2 is", 2),
        ((1, np.inf), "label inf of item 1 is", 1),
    ],
)
def test_a_label_outside_the_classes_is_named(make_layer, label, where, item):
    labels = np.zeros(4)
    labels[label[0]] = label[1]
    layer, bottom, top = make_layer(softmax_with_loss(), (4, 250), labels)
    message = (
        rf"layer 'it' \(SoftmaxWithLoss\): {where} outside \[0, 250\), .*num_output .*too small\?"
    )
    with pytest.raises(ConfigError, match=message) as caught:
        layer.forward(bottom, top)
    assert caught.value.item == item


def test_a_wrong_label_of_an_image_is_named_with_its_place(make_layer):
    labels = np.zeros((2, 1, 3, 4))
    labels[1, 0, 2, 3] = 255
    layer, bottom, top = make_layer(softmax_with_loss(), (2, 5, 3, 4), labels)
    with pytest.raises(ConfigError, match=r"label 255 of item 1 at \[0, 2, 3\]"):
        layer.forward(bottom, top)


def test_labels_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(softmax_with_loss(), (2, 3), [0, 1])
    layer.forward(bottom, top)
    layer.propagate_down = [True, True]
    with pytest.raises(ConfigError, match=r"cannot give bottom\[1\] a gradient.*propagate_down"):
        layer.backward(top, bottom)


def test_nothing_is_written_where_nobody_wants_a_gradient(make_layer):
    layer, bottom, top = make_layer(softmax_with_loss(), (2, 3), [0, 1])
    layer.forward(bottom, top)
    layer.propagate_down = [False, False]
    layer.backward(top, bottom)
    assert not bottom[0].has_diff


@pytest.mark.parametrize(
    ("prototxt", "scores", "labels", "message"),
    [
        (softmax_with_loss(), (4, 3), (3,), r"the same first dimension, .*\(4, 3\) and \(3,\)"),
        (softmax_with_loss(), (2, 3, 4), (2, 5), r"\(2, 5\) do not fit .*so shape \(2, 4\)"),
        (softmax_with_loss(axis=2), (2, 3), (2,), "softmax_param.axis: 2 is out of range"),
        (
            softmax_with_loss("weight_by_label_freqs: true class_weighting: 1"),
            (2, 3),
            (2,),
            "class_weighting has 1 numbers; .* each of the 3 classes",
        ),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, scores, labels, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(SoftmaxWithLoss\): .*{message}"):
        make_layer(prototxt, scores, labels)
