import numpy as np
import pytest

from cortado.layers.families.center_boxes import corners, overlap
from cortado.proto import ConfigError

ANCHORS = np.array([[1.0, 2], [2, 1.5]])
BIASES = " ".join(f"biases: {number:g}" for number in ANCHORS.ravel())
NAME = "yolo_detection_output_param"


def output(param, biases=BIASES):
    return f'type: "YoloDetectionOutput" {NAME} {{ num_classes: 3 num_box: 2 {biases} {param} }}'


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def definition(grids, threshold, nms):
    rows = []
    for item in range(len(grids[0])):
        found = []
        for x in grids:
            n, _, h, w = x.shape
            x = x.reshape(n, 2, 8, h, w)
            for row, column, box in np.ndindex(h, w, 2):
                t = x[item, box, :, row, column]
                classes = np.exp(t[5:]) / np.exp(t[5:]).sum()
                sure = sigmoid(t[4]) * classes.max()
                place = [(column + sigmoid(t[0])) / w, (row + sigmoid(t[1])) / h]
                size = [np.exp(t[2]) * ANCHORS[box][0] / w, np.exp(t[3]) * ANCHORS[box][1] / h]
                if sure >= threshold:
                    found.append((sure, classes.argmax(), np.array([*place, *size])))
        kept = []
        for sure, label, box in sorted(found, key=lambda candidate: -candidate[0]):
            if all(overlap(box, other) < nms for _, _, other in kept):
                kept.append((sure, label, box))
        rows += [[item, label + 1, sure, *corners(box)] for sure, label, box in kept]
    return rows


@pytest.mark.parametrize("grids", [1, 2])
def test_definition(make_layer, grids):
    shapes = [(2, 16, 3, 4), (2, 16, 2, 3)][:grids]
    param = "confidence_threshold: 0.2 nms_threshold: 0.4"
    layer, bottom, (y,) = make_layer(output(param), *shapes)
    layer.forward(bottom, [y])
    expected = definition([b.data for b in bottom], 0.2, 0.4)
    assert y.shape == (1, 1, len(expected), 7)
    np.testing.assert_allclose(y.data[0, 0], expected, rtol=1e-10)


def test_nothing_found_gives_a_row_for_each_image(make_layer):
    layer, bottom, (y,) = make_layer(output("confidence_threshold: 2"), (2, 16, 3, 4))
    layer.forward(bottom, [y])
    assert y.data[0, 0].tolist() == [[0, *[-1] * 6], [1, *[-1] * 6]]


def test_defaults(make_layer):
    biases = " ".join(f"biases: {i + 1}" for i in range(10))
    layer, _, _ = make_layer(f'type: "YoloDetectionOutput" {NAME} {{ {biases} }}', (1, 125, 2, 2))
    assert layer.nms_threshold == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("prototxt", "message"),
    [
        (output("coords: 5"), f"{NAME}.coords: 5 must be 4: x, y, w, h"),
        (output("", "biases: 1"), rf"{NAME}.biases: has 1 numbers; .*num_box \(2\) boxes"),
    ],
)
def test_errors(make_layer, prototxt, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(YoloDetectionOutput\): {message}"):
        make_layer(prototxt, (1, 16, 2, 2))
