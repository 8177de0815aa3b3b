import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

LABELS = [2, 0, -1, 1]


def softmax_with_loss_ohem(loss_param=""):
    return f'type: "SoftmaxWithLossOHEM" loss_param {{ {loss_param} }}'


@pytest.mark.parametrize(
    ("scores", "labels", "told"),
    [
        ((4, 3), (4,), (4, 1)),
        ((4, 3, 1, 1), (4,), (4, 1, 1, 1)),
        ((4, 3, 1, 1), (4, 1, 1, 1), (4, 1, 1, 1)),
        ((4, 3), (4, 1), (4, 1)),
    ],
)
def test_it_is_softmax_with_loss_that_tells_the_loss_of_each_label(
    make_layer, scores, labels, told
):
    labels = np.reshape(LABELS, labels)
    prototxt = softmax_with_loss_ohem("ignore_label: -1")
    layer, bottom, top = make_layer(prototxt, scores, labels, tops=3)
    plain, _, (loss, p) = make_layer(prototxt.replace("OHEM", ""), scores, labels, tops=2)
    layer.forward(bottom, top)
    plain.forward(bottom, [loss, p])
    assert top[0].data == pytest.approx(loss.data, rel=1e-12)
    np.testing.assert_array_equal(top[1].data, p.data)
    rows = p.data.reshape(4, 3)
    expected = [-np.log(rows[i, k]) if k >= 0 else 0 for i, k in enumerate(LABELS)]
    assert top[2].shape == told
    np.testing.assert_allclose(top[2].data.ravel(), expected, rtol=1e-12)


def test_without_an_ignored_label_all_count(make_layer):
    layer, bottom, top = make_layer(softmax_with_loss_ohem(), (2, 3), [1, 2], tops=3)
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(top[2].data.mean(), rel=1e-12)


@pytest.mark.parametrize("loss_param", ["ignore_label: -1", "ignore_label: -1 normalization: NONE"])
def test_gradient(make_layer, loss_param):
    check_gradients(*make_layer(softmax_with_loss_ohem(loss_param), (4, 3), LABELS))


def test_a_label_outside_the_classes_is_named(make_layer):
    layer, bottom, top = make_layer(softmax_with_loss_ohem(), (4, 3), LABELS)
    with pytest.raises(
        ConfigError, match=r"\(SoftmaxWithLossOHEM\): label -1 of item 2 is outside"
    ):
        layer.forward(bottom, top)


def test_labels_that_do_not_fit_are_named(make_layer):
    with pytest.raises(ConfigError, match=r"\(4, 2\) do not fit .*so shape \(4,\)"):
        make_layer(softmax_with_loss_ohem(), (4, 3), (4, 2))
