import numpy as np
import pytest

from cortado.nets.exporting import export_onnx
from cortado.proto import ConfigError

PRIORS = """
layer { name: "priors" type: "PriorBox" bottom: "map" bottom: "image" top: "priors"
        prior_box_param { min_size: 8.5 max_size: 14 aspect_ratio: 2 %s } }
"""
COUNT = 4 * 5 * 4  # of priors


@pytest.mark.parametrize(
    "fields", ["", "clip: true step: 7 variance: 0.2", "flip: false offset: 0"]
)
def test_priors_are_a_constant(check, operators, fields):
    layers = PRIORS % fields
    model = check(layers, map=(1, 2, 4, 5), image=(1, 3, 32, 40), batches=[2])
    assert operators(model) == ["Identity"]


def detector(fields, sets=1, classes=3, more=""):
    return (
        PRIORS % "variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2"
        + f"""
        layer {{ name: "out" type: "DetectionOutput" bottom: "codes" bottom: "scores"
                bottom: "priors" {more} top: "out"
                detection_output_param {{ num_classes: {classes} {fields} }} }}
        """
    )


def heads(images=1, sets=1, classes=3, seed=1):
    """Shapes and values of what the heads of a detector give."""
    rng = np.random.default_rng(seed)
    scores = rng.random((images, COUNT, classes)) ** 4
    values = {
        "codes": rng.standard_normal((images, COUNT * sets * 4)),
        "scores": (scores / scores.sum(axis=2, keepdims=True)).reshape(images, -1),
    }
    shapes = {name: array.shape for name, array in values.items()}
    return {"map": (1, 2, 4, 5), "image": (1, 3, 32, 40), **shapes, "values": values}


CENTERS = "code_type: CENTER_SIZE nms_param { nms_threshold: 0.3 top_k: 30 }"


@pytest.mark.parametrize(
    "fields",
    [
        "nms_param { nms_threshold: 0.45 }",
        "confidence_threshold: 0.3 nms_param { nms_threshold: 0.2 }",
        "code_type: CORNER_SIZE confidence_threshold: 0.1",
        f"{CENTERS} keep_top_k: 10 confidence_threshold: 0.01",
        f"{CENTERS} keep_top_k: 1000 confidence_threshold: 0.5",
        f"{CENTERS} background_label_id: 2",
        f"{CENTERS} variance_encoded_in_target: true",
        f"{CENTERS} clip: true",
        "confidence_threshold: 2",
    ],
)
@pytest.mark.parametrize("images", [1, 2])
def test_detections(check, fields, images):
    check(detector(fields), **heads(images))


def test_locations_of_each_class(check):
    fields = f"{CENTERS} share_location: false keep_top_k: 20 confidence_threshold: 0.1"
    check(detector(fields), **heads(2, sets=3))


def test_the_two_stages_of_refinedet(check):
    given = heads(2)
    rng = np.random.default_rng(2)
    given["values"] |= {
        "arm_scores": rng.random((2, COUNT * 2)),
        "arm_codes": rng.standard_normal((2, COUNT * 4)) / 2,
    }
    given |= {"arm_scores": (2, COUNT * 2), "arm_codes": (2, COUNT * 4)}
    fields = f"{CENTERS} objectness_score: 0.3 confidence_threshold: 0.1"
    check(detector(fields, more='bottom: "arm_scores" bottom: "arm_codes"'), **given)


def test_falling_thresholds_are_refused(make_net):
    given = heads()
    del given["values"]
    net = make_net(detector("nms_param { eta: 0.5 }"), **given)
    with pytest.raises(ConfigError, match=r"'out' \(DetectionOutput\).*nms_param.eta: 0.5 makes"):
        export_onnx(net)


def test_the_number_of_images_is_fixed(make_net):
    given = heads()
    del given["values"]
    net = make_net(detector(""), **given)
    with pytest.raises(ConfigError, match=r"'out' .*the number of images would follow"):
        export_onnx(net, dynamic_batch=True)
