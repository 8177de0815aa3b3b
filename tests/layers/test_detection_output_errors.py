import pytest

from cortado.proto import ConfigError

SHAPES = ((2, 12), (2, 9), (1, 2, 12))


def detection_output(param=""):
    return f'type: "DetectionOutput" detection_output_param {{ num_classes: 3 {param} }}'


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("nms_param { nms_threshold: -1 }", "nms_param.nms_threshold: -1 must be 0 or more"),
        ("nms_param { eta: 0 }", "nms_param.eta: 0 must be above 0 and at most 1"),
        ("nms_param { eta: 1.5 }", "nms_param.eta: 1.5 must be"),
        ("use_polygon: true", r"use_polygon: is TextBoxes\+\+'s, and not supported"),
    ],
)
def test_wrong_parameters_are_named(make_layer, param, message):
    with pytest.raises(
        ConfigError, match=rf"layer 'it' \(DetectionOutput\): detection_output_param.{message}"
    ):
        make_layer(detection_output(param), *SHAPES)


def test_num_classes_is_required(make_layer):
    with pytest.raises(ConfigError, match="num_classes: is required; it counts the background"):
        make_layer('type: "DetectionOutput"', *SHAPES)


@pytest.mark.parametrize(
    ("i", "shape", "message"),
    [
        (0, (2, 36), r"bottom\[0\] has shape \(2, 36\); with 4 numbers .* must be \(2, 12\)"),
        (1, (2, 6), r"bottom\[1\] has shape \(2, 6\)"),
        (2, (1, 3, 12), r"bottom\[2\] must hold priors"),
        (3, (2, 3), r"bottom\[3\] has shape \(2, 3\)"),
        (4, (2, 6), r"bottom\[4\] has shape \(2, 6\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(make_layer, i, shape, message):
    shapes = [*SHAPES, (2, 6), (2, 12)]
    shapes[i] = shape
    with pytest.raises(ConfigError, match=rf"layer 'it' \(DetectionOutput\): {message}"):
        make_layer(detection_output(), *shapes)
