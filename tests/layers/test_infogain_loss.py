import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError, write_mean

H = np.array([[1, 0.2, 0], [0.3, 2, 0.1], [0, 0.5, 0.7]])
LABELS = np.array([[2, 0], [1, 1]])  # for scores (2, 3, 2)


def infogain_loss(infogain_param="", loss_param=""):
    return (
        f'type: "InfogainLoss" infogain_loss_param {{ {infogain_param} }} '
        f"loss_param {{ {loss_param} }}"
    )


def loss_sum(scores, labels, ignore_label=None):
    """The definition, one label at a time, for scores (N, C, T) and labels (N, T)."""
    total = 0
    for (n, t), label in np.ndenumerate(labels):
        if label != ignore_label:
            p = np.exp(scores[n, :, t])
            total -= H[label] @ np.log(p / p.sum())
    return total


@pytest.mark.parametrize(
    ("loss_param", "normalizer", "ignore_label"),
    [
        ("", 4, None),
        ("ignore_label: 0", 3, 0),
        ("ignore_label: 0 normalization: FULL", 4, 0),
        ("normalization: BATCH_SIZE", 2, None),
        ("normalization: NONE", 1, None),
    ],
)
def test_every_class_pays_its_price(make_layer, loss_param, normalizer, ignore_label):
    layer, bottom, top = make_layer(infogain_loss("", loss_param), (2, 3, 2), LABELS, H)
    layer.forward(bottom, top)
    expected = loss_sum(bottom[0].data, LABELS, ignore_label) / normalizer
    assert top[0].data == pytest.approx(expected, rel=1e-12)


def test_identity_gives_softmax_with_loss(make_layer):
    layer, bottom, top = make_layer(infogain_loss(), (4, 3), [0, 2, 1, 1], np.eye(3))
    other, _, other_top = make_layer('type: "SoftmaxWithLoss"', (4, 3), [0, 2, 1, 1])
    layer.forward(bottom, top)
    other.forward(bottom[:2], other_top)
    assert top[0].data == pytest.approx(other_top[0].data, rel=1e-12)


def test_h_comes_from_a_file_or_a_bottom(make_layer, tmp_path):
    write_mean(tmp_path / "h.binaryproto", H)
    source = f'source: "{tmp_path}/h.binaryproto"'
    losses = []
    for prototxt, *more in ((infogain_loss(source),), (infogain_loss(), H)):
        layer, bottom, top = make_layer(prototxt, (2, 3, 2), LABELS, *more)
        layer.forward(bottom, top)
        losses.append(float(top[0].data))
    assert losses[0] == pytest.approx(losses[1], rel=1e-7)  # the file holds float32


def test_h_may_change_from_batch_to_batch(make_layer):
    layer, bottom, top = make_layer(infogain_loss(), (2, 3, 2), LABELS, H.reshape(1, 1, 3, 3))
    layer.forward(bottom, top)
    once = float(top[0].data)
    bottom[2].data[...] *= 2
    layer.forward(bottom, top)
    assert top[0].data == pytest.approx(2 * once, rel=1e-12)


@pytest.mark.parametrize(
    ("infogain_param", "loss_param", "scores", "labels"),
    [
        ("", "", (4, 3), [0, 2, 1, 1]),
        ("", "ignore_label: 1 normalization: VALID", (2, 3, 2), LABELS),
        ("axis: -1", "normalization: NONE", (2, 2, 3), LABELS),
    ],
)
def test_gradient(make_layer, tmp_path, infogain_param, loss_param, scores, labels):
    write_mean(tmp_path / "h.binaryproto", H)
    source = f'source: "{tmp_path}/h.binaryproto" '
    prototxt = infogain_loss(source + infogain_param, loss_param)
    check_gradients(*make_layer(prototxt, scores, labels))


def test_second_top_gives_the_probabilities(make_layer):
    layer, bottom, top = make_layer(infogain_loss(), (2, 3, 2), LABELS, H, tops=2)
    layer.forward(bottom, top)
    powers = np.exp(bottom[0].data)
    np.testing.assert_allclose(top[1].data, powers / powers.sum(axis=1, keepdims=True), rtol=1e-12)


def test_ignored_labels_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(
        infogain_loss("", "ignore_label: 7"), [[1.0, np.inf, 0], [1, 2, 3]], [7, 2], H
    )
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    layer.backward(top, bottom)
    assert bottom[0].diff[0].tolist() == [0, 0, 0]
    assert np.isfinite(top[0].data)
    assert bottom[0].diff[1].all()


@pytest.mark.parametrize("index", [1, 2])
def test_labels_and_h_have_no_gradient(make_layer, index):
    layer, bottom, top = make_layer(infogain_loss(), (2, 3, 2), LABELS, H)
    layer.forward(bottom, top)
    assert not layer.allows_force_backward(index)
    layer.propagate_down = [i in (0, index) for i in range(3)]
    with pytest.raises(ConfigError, match=rf"cannot give bottom\[{index}\] a gradient"):
        layer.backward(top, bottom)


def test_a_label_outside_the_classes_is_named(make_layer):
    layer, bottom, top = make_layer(infogain_loss(), (2, 3), [0, 3], H)
    with pytest.raises(ConfigError, match=r"label 3 of item 1 is outside \[0, 3\)"):
        layer.forward(bottom, top)


@pytest.mark.parametrize(
    ("prototxt", "bottoms", "message"),
    [
        (infogain_loss(), [(2, 3), (2,)], "source, the file with the matrix H, is required"),
        (infogain_loss('source: "absent"'), [(2, 3), (2,)], "infogain_loss_param.source: .*absent"),
        (infogain_loss(), [(2, 3), (2,), (3, 4)], r"bottom\[2\], has shape \(3, 4\).*need 3 x 3"),
        (infogain_loss(), [(2, 3, 4), (2,), (3, 3)], r"\(2,\) do not fit .* so shape \(2, 4\)"),
        (infogain_loss(), [(2, 3), (3,), (3, 3)], "the same first dimension"),
        (infogain_loss("axis: 2"), [(2, 3), (2,), (3, 3)], "infogain_loss_param.axis: 2 is out"),
        (
            infogain_loss("", "normalize: true"),
            [(2, 3), (2,), (3, 3)],
            "loss_param.normalize is not known here; say normalization: VALID",
        ),
    ],
)
def test_what_does_not_fit_is_named(make_layer, prototxt, bottoms, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(InfogainLoss\): .*{message}"):
        make_layer(prototxt, *bottoms)


def test_a_file_for_other_classes_is_named(make_layer, tmp_path):
    write_mean(tmp_path / "h.binaryproto", H)
    prototxt = infogain_loss(f'source: "{tmp_path}/h.binaryproto"')
    with pytest.raises(ConfigError, match=r"h.binaryproto, has shape .*need 4 x 4"):
        make_layer(prototxt, (2, 4), (2,))
