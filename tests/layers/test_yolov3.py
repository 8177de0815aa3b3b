"""Its deltas in plain loops, as MobileNet-YOLO computes them."""

import numpy as np
import pytest

from cortado.layers.families.center_boxes import overlap, overlap_slope
from cortado.proto import ConfigError
from cortado.proto.caffe_pb2 import Yolov3Parameter

KINDS = {name: Yolov3Parameter.IOU_LOSS.Value(name) for name in ("MSE", "IOU", "GIOU", "DIOU")}
KINDS["CIOU"] = Yolov3Parameter.CIOU
ANCHORS = np.array([[20.0, 30], [36, 28], [60, 50], [10, 12]])
BIASES = " ".join(f"biases: {number:g}" for number in ANCHORS.ravel())
SHAPE = f"num_class: 2 num: 2 {BIASES} mask: 1 mask: 2 anchors_scale: 16"


def yolo(param="", shape=SHAPE):
    scales = "thresh: 0.5 coord_scale: 2 class_scale: 1.5 object_scale: 3"
    return f'type: "Yolov3" yolov3_param {{ {shape} {scales} {param} }}'


def truths(*images, rows=5):
    array = np.zeros((len(images), rows, 5))
    for item, boxes in enumerate(images):
        array[item, : len(boxes)] = np.array(boxes).reshape(-1, 5)
    return array.reshape(len(images), -1)


# Of size: anchor 1; anchor 2; both above 0.5; neither; the first one's cell again.
TRUTHS = truths(
    [(1, 0.3, 0.6, 36 / 80, 28 / 64), (0, 0.9, 0.1, 60 / 80, 50 / 64), (1, 0.5, 0.5, 0.6, 0.6)],
    [(0, 0.1, 0.2, 10 / 80, 12 / 64), (0, 0.3, 0.6, 0.5, 0.4), (1, 0.31, 0.6, 0.4, 0.5)],
)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Definition:
    def __init__(self, x, labels, kind="MSE", smooth=0.1, focal=False, iou_thresh=0.5, logic=False):
        n, _, self.h, self.w = x.shape
        self.x = x.reshape(n, 2, 7, self.h, self.w)
        self.kind, self.smooth, self.focal, self.logic = KINDS[kind], smooth, focal, logic
        self.deltas, self.misses = np.zeros_like(self.x), []
        self.image = np.array([self.w * 16, self.h * 16])
        for item in range(n):
            rows = [row for row in labels[item].reshape(-1, 5) if row[3]]
            self.no_objects(item, rows)
            for truth in rows:
                self.answer(item, truth, iou_thresh)

    def box_at(self, item, box, row, column):
        t = self.x[item, box, :4, row, column]
        aw, ah = ANCHORS[[1, 2][box]] / self.image
        x, y = (column + sigmoid(t[0])) / self.w, (row + sigmoid(t[1])) / self.h
        return np.array([x, y, np.exp(t[2]) * aw, np.exp(t[3]) * ah])

    def no_objects(self, item, rows):
        for box, row, column in np.ndindex(2, self.h, self.w):
            found = self.box_at(item, box, row, column)
            best = max(overlap(found, truth[1:], self.kind) for truth in rows)
            p = sigmoid(self.x[item, box, 4, row, column])
            self.deltas[item, box, 4, row, column] = 0 if best > 0.5 else p

    def answer(self, item, truth, iou_thresh):
        size = np.array([0, 0, *truth[3:]])
        shared = [overlap(np.array([0, 0, *a / self.image]), size, self.kind) for a in ANCHORS]
        best = int(np.argmax(shared))
        skipped = best
        if best in (1, 2):
            skipped = best - 1  # the box's number in the place of its anchor's
            self.draw(item, truth, best - 1)
        for anchor in (1, 2):
            if iou_thresh < 1 and anchor != skipped and shared[anchor] > iou_thresh:
                self.draw(item, truth, anchor - 1)

    def draw(self, item, truth, box):
        label, tx, ty, tw, th = truth
        label = int(label)
        column, row = int(tx * self.w), int(ty * self.h)
        t, d = self.x[item, box, :, row, column], self.deltas[item, box, :, row, column]
        found = self.box_at(item, box, row, column)
        if self.kind == KINDS["MSE"]:
            scale = 2 * (2 - tw * th)
            aw, ah = ANCHORS[[1, 2][box]] / self.image
            d[0] = scale * (sigmoid(t[0]) - (tx * self.w - column))
            d[1] = scale * (sigmoid(t[1]) - (ty * self.h - row))
            d[2] = scale * (t[2] - np.log(tw / aw))
            d[3] = scale * (t[3] - np.log(th / ah))
        else:
            slope = overlap_slope(found, truth[1:], self.kind) * [1, 1, *np.exp(t[2:4])]
            d[:4] -= np.clip(0.25 * slope, -10, 10)
        told = KINDS["DIOU"] if self.kind == KINDS["IOU"] else self.kind
        self.misses.append(1 - overlap(found, truth[1:], told))
        d[4] = (sigmoid(t[4]) - 1) * (3 if self.logic else 1)
        p = sigmoid(t[5:])
        if d[5 + label]:
            d[5 + label] = 1.5 * (p[label] - (1 - self.smooth / 2))
        elif self.focal:
            q = p[label]
            factor = -0.5 * (1 - q) * (2 * q * np.log(q) + q - 1)
            d[5:] = 1.5 * factor * (p - np.eye(2)[label])
        else:
            d[5:] = 1.5 * (p - np.where(np.eye(2)[label], 1 - self.smooth / 2, self.smooth / 2))

    @property
    def loss(self):
        if self.kind == KINDS["MSE"]:
            return (self.deltas**2).sum() / len(self.x)
        return ((self.deltas[:, :, 4:] ** 2).sum() + 0.25 * np.mean(self.misses)) / len(self.x)

    @property
    def gradient(self):
        slope = np.ones_like(self.x)
        if self.logic:
            p = sigmoid(self.x)
            slope = p * (1 - p)
            slope[:, :, 2:4] = 1
        return self.deltas * slope / len(self.x)


CASES = [
    ("", {}),
    ("label_smooth_eps: 0", {"smooth": 0}),
    ("iou_thresh: 1", {"iou_thresh": 1}),
    ("use_focal_loss: true", {"focal": True}),
    ("use_logic_gradient: true", {"logic": True}),
    *((f"iou_loss: {kind}", {"kind": kind}) for kind in KINDS),
    ("iou_loss: GIOU use_logic_gradient: true", {"kind": "GIOU", "logic": True}),
]


@pytest.mark.parametrize(("param", "options"), CASES)
def test_deltas_and_loss(make_layer, param, options):
    layer, (x, labels), (loss,) = make_layer(yolo(param), (2, 14, 4, 5), TRUTHS)
    layer.forward([x, labels], [loss])
    expected = Definition(x.data, labels.data, **options)
    assert loss.data == pytest.approx(expected.loss)
    loss.diff[...] = 3
    for _ in range(2):  # backward may run again after one forward
        layer.backward([loss], [x, labels])
        gradient = 3 * expected.gradient.reshape(x.shape)
        np.testing.assert_allclose(x.diff, gradient, rtol=1e-7, atol=1e-10)


def test_truths_replace_each_other_unless_they_accumulate(make_layer):
    again = truths([(0, 0.3, 0.6, 0.5, 0.4), (0, 0.31, 0.6, 0.4, 0.4)])
    last = truths([(0, 0.31, 0.6, 0.4, 0.4)])
    param = "iou_loss: GIOU accumulate: false iou_thresh: 1"
    found = []
    for labels in (again, last):
        layer, bottom, top = make_layer(yolo(param), (1, 14, 4, 5), labels)
        layer.forward(bottom, top)
        top[0].diff[...] = 1
        layer.backward(top, bottom)
        found.append(bottom[0].diff.reshape(2, 7, 4, 5)[:, :4].copy())
    np.testing.assert_array_equal(*found)


def test_a_slope_is_cut_at_max_delta(make_layer):
    param = "iou_loss: IOU max_delta: 1e-3 iou_thresh: 1"
    layer, (x, labels), top = make_layer(yolo(param), (2, 14, 4, 5), TRUTHS)
    layer.forward([x, labels], top)
    top[0].diff[...] = 2
    layer.backward(top, [x, labels])
    boxes = x.diff.reshape(2, 2, 7, 4, 5)[:, :, :4]
    assert 0 < abs(boxes).max() <= 2.001e-3  # of the two truths that one box answers for


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("num: 2", "yolov3_param.biases: has 0 numbers; needs two for each anchor"),
        (f"num: 2 {BIASES} mask: 1", r"mask: has 1 numbers; .* num \(2\) boxes"),
        (f"num: 1 {BIASES} mask: 4", "mask: 4 is none of the 4 anchors in biases"),
    ],
)
def test_errors(make_layer, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Yolov3\): .*{message}"):
        make_layer(yolo(shape=shape), (1, 14, 4, 5), (1, 25))


def test_wrong_channels_are_named(make_layer):
    with pytest.raises(ConfigError, match=r"needs \(N, 14, H, W\): 5 \+ num_class \(2\) channels"):
        make_layer(yolo(), (1, 15, 4, 5), (1, 25))


def test_defaults(make_layer):
    shape = " ".join(f"biases: {i + 1} mask: {i % 5}" for i in range(5)) + " biases: 1" * 5
    layer, _, _ = make_layer(f'type: "Yolov3" yolov3_param {{ {shape} }}', (1, 125, 2, 2), (1, 25))
    param = layer.param.yolov3_param
    assert (param.num, param.num_class, param.anchors_scale) == (5, 20, 32)
    assert param.iou_loss == Yolov3Parameter.MSE
