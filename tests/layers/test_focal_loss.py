import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

LABELS = np.array([[2, 0, 1], [1, 1, 2]])  # for scores (2, 3, 3)


def focal_loss(fields="", loss_param="", axis=1):
    return (
        f'type: "FocalLoss" focal_loss_param {{ {fields} }} loss_param {{ {loss_param} }} '
        f"softmax_param {{ axis: {axis} }}"
    )


def terms(scores, factor):
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    right = np.take_along_axis(p, LABELS[:, None], axis=1)[:, 0]
    return -factor(right) * np.log(right)


@pytest.mark.parametrize(
    ("fields", "factor"),
    [
        ("", lambda p: (1 - p) ** 2),
        ("gamma: 0.5", lambda p: (1 - p) ** 0.5),
        ("gamma: 0", lambda p: p**0),
        ("alpha: 0.25", lambda p: (0.25 - p) ** 2),
        ("alpha: 1.5 gamma: 3", lambda p: (1.5 - p) ** 3),
        ("type: ONEADDP", lambda p: (1 + p) ** 2),
    ],
)
def test_cross_entropy_with_a_factor(make_layer, fields, factor):
    layer, bottom, top = make_layer(focal_loss(fields), (2, 3, 3), LABELS, tops=2)
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(terms(bottom[0].data, factor).mean(), rel=1e-12)
    np.testing.assert_allclose(top[1].data.sum(axis=1), 1)


@pytest.mark.parametrize("fields", ["", "gamma: 0.5", "gamma: 0", "type: ONEADDP gamma: 3"])
def test_gradient(make_layer, fields):
    check_gradients(*make_layer(focal_loss(fields), (2, 3, 3), LABELS))
    prototxt = focal_loss(fields, "ignore_label: 1 normalization: NONE", axis=2)
    check_gradients(*make_layer(prototxt, (2, 3, 4), LABELS))


def test_ignored_labels_count_for_nothing(make_layer):
    layer, bottom, top = make_layer(focal_loss("", "ignore_label: 1"), (2, 3, 3), LABELS)
    layer.forward(bottom, top)
    expected = terms(bottom[0].data, lambda p: (1 - p) ** 2)[LABELS != 1].mean()
    assert top[0].data == pytest.approx(expected, rel=1e-12)


def test_a_sure_answer_has_no_loss_and_no_gradient(make_layer):
    for fields in ("", "gamma: 0.5", "type: ONEADDP"):
        layer, bottom, top = make_layer(focal_loss(fields), [[1000.0, 0]], [0])
        layer.forward(bottom, top)
        top[0].diff[...] = 1
        layer.backward(top, bottom)
        assert top[0].data == 0
        assert bottom[0].diff.tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("type: LINEAR", "focal_loss_param.type: LINEAR is not there; use ORIGIN or ONEADDP"),
        ("gamma: -1", "focal_loss_param.gamma: -1 must be 0 or more"),
        ("alpha: 0.5 gamma: 1.5", r"alpha: 0.5 is below 1, so that gamma \(1.5\) must be a whole"),
    ],
)
def test_what_does_not_fit_is_named(make_layer, fields, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(FocalLoss\): .*{message}"):
        make_layer(focal_loss(fields), (2, 3, 3), LABELS)


def test_a_label_outside_the_classes_is_named(make_layer):
    layer, bottom, top = make_layer(focal_loss(), (2, 2, 3), LABELS)
    with pytest.raises(ConfigError, match=r"\(FocalLoss\): label 2 of item 0 at \[0\] is outside"):
        layer.forward(bottom, top)
