import numpy as np
import pytest

from cortado.layers.families.center_boxes import corners, overlap
from cortado.proto import ConfigError

ANCHORS = np.array([[20.0, 30], [36, 28], [60, 50], [10, 12]])
BIASES = " ".join(f"biases: {number:g}" for number in ANCHORS.ravel())
NAME = "yolov3_detection_output_param"


def output(param):
    return f'type: "Yolov3DetectionOutput" {NAME} {{ num_classes: 2 num_box: 2 {param} }}'


TWO = f"{BIASES} mask: 2 mask: 1 mask: 0 mask: 3 anchors_scale: 32 anchors_scale: 16"


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def definition(grids, masks, scales, threshold, nms):
    """Rows in plain loops: candidates, then the greedy choice among those of an image."""
    rows = []
    for item in range(len(grids[0])):
        found = []
        for x, mask, scale in zip(grids, masks, scales, strict=True):
            n, _, h, w = x.shape
            x = x.reshape(n, 2, 7, h, w)
            for row, column, box, label in np.ndindex(h, w, 2, 2):
                t = x[item, box, :, row, column]
                sure = sigmoid(t[4]) * sigmoid(t[5 + label])
                aw, ah = ANCHORS[mask[box]]
                place = [(column + sigmoid(t[0])) / w, (row + sigmoid(t[1])) / h]
                size = [np.exp(t[2]) * aw / (w * scale), np.exp(t[3]) * ah / (h * scale)]
                if sure > threshold:
                    found.append((sure, label, np.array([*place, *size])))
        kept = []
        for sure, label, box in sorted(found, key=lambda candidate: -candidate[0]):
            if all(overlap(box, other) < nms for _, _, other in kept):
                kept.append((sure, label, box))
        rows += [[item, label + 1, sure, *corners(box)] for sure, label, box in kept]
    return rows


@pytest.mark.parametrize(("threshold", "nms"), [(0.2, 0.3), (0.4, 0.6)])
def test_definition(make_layer, threshold, nms):
    param = f"{TWO} confidence_threshold: {threshold} nms_threshold: {nms}"
    layer, bottom, (y,) = make_layer(output(param), (2, 14, 2, 3), (2, 14, 4, 6))
    layer.forward(bottom, [y])
    masks, scales = [(2, 1), (0, 3)], [32, 16]
    expected = definition([b.data for b in bottom], masks, scales, threshold, nms)
    assert y.shape == (1, 1, len(expected), 7)
    np.testing.assert_allclose(y.data[0, 0], expected, rtol=1e-10)


def test_nothing_found_gives_a_row_for_each_image(make_layer):
    layer, bottom, (y,) = make_layer(
        output(f"{TWO} confidence_threshold: 1"), (2, 14, 2, 3), (2, 14, 4, 6)
    )
    layer.forward(bottom, [y])
    assert y.data[0, 0].tolist() == [[0, *[-1] * 6], [1, *[-1] * 6]]


def test_defaults(make_layer):
    prototxt = (
        f'type: "Yolov3DetectionOutput" {NAME} {{ {BIASES} mask: 0 mask: 1 mask: 2 '
        "mask: 0 mask: 1 mask: 2 anchors_scale: 32 anchors_scale: 16 }"
    )
    layer, _, _ = make_layer(prototxt, (1, 75, 2, 2), (1, 75, 2, 2))
    param = layer.param.yolov3_detection_output_param
    assert param.confidence_threshold == pytest.approx(0.01)
    assert layer.nms_threshold == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("param", "shapes", "message"),
    [
        (f"{TWO} gaussian_box: true", 2, "gaussian_box: true is not supported"),
        (f"{TWO} mask_group_num: 1", 2, "mask_group_num: 1 must be the number of bottoms, 2"),
        (f"{BIASES} mask: 0", 2, "mask: has 1 numbers; needs 4, for 2 bottoms"),
        (TWO.replace("anchors_scale: 16", ""), 2, "anchors_scale: has 1 numbers; needs 2, for 2"),
        (TWO.replace("biases: 12", ""), 2, "biases: has 7 numbers; needs two for each anchor"),
        (TWO.replace("mask: 3", "mask: 9"), 2, "biases: has 8 numbers; .*up to 9"),
    ],
)
def test_errors(make_layer, param, shapes, message):
    with pytest.raises(ConfigError, match=rf"\(Yolov3DetectionOutput\): {NAME}.{message}"):
        make_layer(output(param), *[(1, 14, 2, 2)] * shapes)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(1, 14, 2, 2), (1, 15, 2, 2)], r"bottom\[1\] has shape \(1, 15, 2, 2\); needs \(N, 14"),
        ([(1, 14, 2, 2), (2, 14, 2, 2)], r"bottom\[1\] has shape .*as many images as bottom\[0\]"),
        ([(1, 14), (1, 14)], r"bottom\[0\] has shape \(1, 14\); needs \(N, 14, H, W\)"),
    ],
)
def test_wrong_bottoms_are_named(make_layer, shapes, message):
    with pytest.raises(ConfigError, match=message):
        make_layer(output(TWO), *shapes)


def test_it_has_no_gradient(make_layer):
    layer, bottom, top = make_layer(output(TWO), (1, 14, 2, 2), (1, 14, 2, 2))
    layer.backward(top, bottom)
    layer.propagate_down = [True, False]
    with pytest.raises(ConfigError, match="cannot give its bottoms a gradient"):
        layer.backward(top, bottom)
