"""Its deltas in plain loops, as Darknet computes them."""

import numpy as np
import pytest

from cortado.layers.families.center_boxes import overlap
from cortado.proto import ConfigError

ANCHORS = np.array([[1.0, 2], [3, 1.5]])
BIASES = " ".join(f"biases: {number}" for number in ANCHORS.ravel())
SCALES = "noobject_scale: 0.5 object_scale: 3 coord_scale: 2 class_scale: 1.5"


def region(param="", biases=BIASES, classes=3, num=2):
    shape = f"num_class: {classes} num: {num} {biases}"
    return f'type: "RegionLoss" region_loss_param {{ {shape} {SCALES} {param} }}'


def truths(*images, rows=4):
    """(N, 5 rows), filled up with zeros."""
    array = np.zeros((len(images), rows, 5))
    for item, boxes in enumerate(images):
        array[item, : len(boxes)] = np.array(boxes).reshape(-1, 5)
    return array.reshape(len(images), -1)


TRUTHS = truths(
    [(1, 0.3, 0.6, 0.2, 0.5), (2, 0.9, 0.1, 0.4, 0.3), (0, 1.0, 1.0, 0.3, 0.3)],
    [(0, 0.31, 0.61, 0.5, 0.2)],
)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def definition(x, labels, thresh, rescore, bias_match):
    n, _, h, w = x.shape
    x = x.reshape(n, 2, 8, h, w)
    deltas = np.zeros_like(x)

    def box_at(item, box, row, column):
        t = x[item, box, :4, row, column]
        aw, ah = ANCHORS[box]
        return np.array(
            [
                (column + sigmoid(t[0])) / w,
                (row + sigmoid(t[1])) / h,
                np.exp(t[2]) * aw / w,
                np.exp(t[3]) * ah / h,
            ]
        )

    for item in range(n):
        rows = [row for row in labels[item].reshape(-1, 5) if row[3]]
        for box, row, column in np.ndindex(2, h, w):
            p = sigmoid(x[item, box, 4, row, column])
            best = max(overlap(box_at(item, box, row, column), truth[1:]) for truth in rows)
            deltas[item, box, 4, row, column] = 0 if best > thresh else 0.5 * p * p * (1 - p)
        for truth in rows:
            label, tx, ty, tw, th = truth
            column, row = min(int(tx * w), w - 1), min(int(ty * h), h - 1)
            sizes = [
                ANCHORS[box] / (w, h) if bias_match else box_at(item, box, row, column)[2:]
                for box in range(2)
            ]
            at_0 = [overlap(np.array([0, 0, *size]), np.array([0, 0, tw, th])) for size in sizes]
            box = int(np.argmax(at_0))
            t = x[item, box, :, row, column]
            d = deltas[item, box, :, row, column]
            shared = overlap(box_at(item, box, row, column), truth[1:])
            scale = 2 if rescore else 2 * (2 - tw * th)
            sx, sy, p = sigmoid(t[0]), sigmoid(t[1]), sigmoid(t[4])
            d[0] = scale * (sx - (tx * w - column)) * sx * (1 - sx)
            d[1] = scale * (sy - (ty * h - row)) * sy * (1 - sy)
            d[2] = scale * (t[2] - np.log(tw * w / ANCHORS[box][0]))
            d[3] = scale * (t[3] - np.log(th * h / ANCHORS[box][1]))
            d[4] = 3 * (p - (shared if rescore else 1)) * p * (1 - p)
            classes = np.exp(t[5:]) / np.exp(t[5:]).sum()
            for c in range(3):
                d[5 + c] = 1.5 * (classes[c] - (c == label))
    return deltas


@pytest.mark.parametrize("rescore", [True, False])
@pytest.mark.parametrize("bias_match", [True, False])
@pytest.mark.parametrize("thresh", [0.2, 0.6])
def test_deltas_and_loss(make_layer, rescore, bias_match, thresh):
    param = f"thresh: {thresh} rescore: {rescore:d} bias_match: {bias_match:d}"
    layer, (x, labels), (loss,) = make_layer(region(param), (2, 16, 4, 5), TRUTHS)
    layer.forward([x, labels], [loss])
    deltas = definition(x.data, labels.data, thresh, rescore, bias_match)
    assert loss.data == pytest.approx((deltas**2).sum() / 2)
    loss.diff[...] = 3
    layer.backward([loss], [x, labels])
    np.testing.assert_allclose(x.diff, 3 * deltas.reshape(x.shape) / 2, rtol=1e-7, atol=1e-10)


def test_truths_may_be_annotations(make_layer):
    annotations = [
        [item, label + 1, 0, x - w / 2, y - h / 2, x + w / 2, y + h / 2, 0]
        for item in (1, 0)
        for label, x, y, w, h in TRUTHS[item].reshape(-1, 5)
        if w
    ]
    losses = []
    for labels in (TRUTHS, [[[*annotations, [-1] * 8]]]):
        layer, bottom, (loss,) = make_layer(region(), (2, 16, 4, 5), labels)
        layer.forward(bottom, [loss])
        losses.append(float(loss.data))
    assert losses[0] == pytest.approx(losses[1])


def test_without_truths_nothing_should_be_found(make_layer):
    layer, (x, labels), (loss,) = make_layer(region(), (1, 16, 2, 2), truths([]))
    layer.forward([x, labels], [loss])
    p = sigmoid(x.data.reshape(2, 8, 2, 2)[:, 4])
    assert loss.data == pytest.approx(((0.5 * p * p * (1 - p)) ** 2).sum())


def test_defaults(make_layer):
    biases = "".join(f"biases: {i + 1} " for i in range(10))
    prototxt = f'type: "RegionLoss" region_loss_param {{ {biases} }}'
    layer, _, _ = make_layer(prototxt, (1, 125, 2, 2), truths([]))
    param = layer.param.region_loss_param
    scales = (param.object_scale, param.noobject_scale, param.coord_scale, param.class_scale)
    assert scales == (1, 0.5, 5, 1)
    assert layer.default_loss_weight(0) == 1


@pytest.mark.parametrize(
    ("prototxt", "shapes", "message"),
    [
        (region("coords: 5"), [(1, 16, 2, 2), (1, 20)], "coords: 5 must be 4: x, y, w, h"),
        (region(num=3), [(1, 24, 2, 2), (1, 20)], r"biases: has 4 numbers; .* num \(3\) boxes"),
        (region(biases=""), [(1, 16, 2, 2), (1, 20)], "biases: has 0 numbers; needs two for each"),
        (region(biases="biases: 1"), [(1, 16, 2, 2), (1, 20)], "biases: has 1 numbers"),
        (region(biases="biases: 0 biases: 1"), [(1, 16, 2, 2), (1, 20)], "0 must be above 0"),
        (region(), [(1, 15, 2, 2), (1, 20)], r"bottom\[0\] has shape .*needs \(N, 16, H, W\)"),
        (region(), [(1, 16), (1, 20)], r"bottom\[0\] has shape \(1, 16\); needs \(N, 16, H, W\)"),
        (region(), [(1, 16, 2, 2), (1, 21)], r"bottom\[1\] has shape \(1, 21\); needs rows of 5"),
        (region(), [(1, 16, 2, 2), (2, 20)], "must have the same first dimension"),
    ],
)
def test_errors(make_layer, prototxt, shapes, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(RegionLoss\): .*{message}"):
        make_layer(prototxt, *shapes)


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ((3, 0.5, 0.5, 0.1, 0.1), r"truth 1 has class 3, outside \[0, 3\), num_class"),
        ((-1, 0.5, 0.5, 0.1, 0.1), r"truth 1 has class -1, outside \[0, 3\)"),
        ((0, 1.5, 0.5, 0.1, 0.1), r"truth 1 is a box of centre \(1.5, 0.5\) and size \(0.1, 0.1\)"),
        ((0, 0.5, 0.5, 0.1, 0), r"truth 1 is a box of .* size \(0.1, 0\)"),
    ],
)
def test_impossible_truths_are_named(make_layer, truth, message):
    labels = truths([(0, 0.5, 0.5, 0.1, 0.1)], [(0, 0.5, 0.5, 0.1, 0.1), truth])
    layer, bottom, top = make_layer(region(), (2, 16, 2, 2), labels)
    with pytest.raises(ConfigError, match=rf"bottom\[1\], item 1: {message}") as raised:
        layer.forward(bottom, top)
    assert raised.value.item == 1


def test_truths_have_no_gradient(make_layer):
    layer, bottom, top = make_layer(region(), (1, 16, 2, 2), truths([]))
    layer.forward(bottom, top)
    layer.propagate_down = [True, True]
    with pytest.raises(ConfigError, match=r"cannot give bottom\[1\] a gradient"):
        layer.backward(top, bottom)
