import pytest

THIRD = """type: "Yolov3DetectionOutput" bottom: "a" bottom: "b" top: "y"
yolov3_detection_output_param { num_classes: 3 num_box: 2 mask_group_num: 2
    biases: 10 biases: 13 biases: 16 biases: 30 biases: 33 biases: 23 biases: 30 biases: 61
    mask: 2 mask: 3 mask: 0 mask: 1 anchors_scale: 32 anchors_scale: 16 %s }"""
SECOND = """type: "YoloDetectionOutput" bottom: "a" bottom: "b" top: "y"
yolo_detection_output_param { num_classes: 3 num_box: 2 biases: 1 biases: 1.2 biases: 2 biases: 3
    %s }"""


@pytest.mark.parametrize("layer", [THIRD, SECOND], ids=["third", "second"])
@pytest.mark.parametrize(
    "fields",
    ["", "confidence_threshold: 0.3 nms_threshold: 0.2", "confidence_threshold: 0.999"],
)
@pytest.mark.parametrize("images", [1, 2])
def test_detections(check, layer, fields, images):
    check(layer % fields, a=(images, 16, 3, 4), b=(images, 16, 6, 8))
