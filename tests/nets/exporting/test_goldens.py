"""Exported layers give in ONNX Runtime what real Caffe, or a fork of it, computed."""

import re
from pathlib import Path

import pytest

from cortado.layers import layer_types
from cortado.nets import Net
from cortado.nets.exporting import export_onnx, exporters
from cortado.nets.exporting.checking import open_session
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

GOLDENS = Path(__file__).parents[2] / "goldens"
CASES = sorted([*GOLDENS.glob("layers/*.npz"), *GOLDENS.glob("forks/*/*.npz")])
PHASES = {"TRAIN": TRAIN, "TEST": TEST}
# What training does has no place in a model: it draws numbers.
DRAWS = {"Dropout", "SpatialDropout", "Noise"}


def problem_with(text, phase):
    """Why a case cannot be a model."""
    types = set(re.findall(r'type: "([A-Z]\w+)"', text))
    unknown = types - set(layer_types()) - {"Input"}
    closed = types - set(exporters()) - {"Input"}
    if unknown or closed:
        return f"cannot export {', '.join(unknown or closed)}"
    if "Silence" in types:
        return "has no output"
    if re.search(r"\beta:", text):
        return "its threshold falls, which NonMaxSuppression's cannot"
    if phase == "TRAIN" and (types & DRAWS or "STOCHASTIC" in text):
        return "draws random numbers"
    return ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_layers(case, read_archive, assert_close):
    if case.stem == "yolov3_detection_output_two_images":
        pytest.skip("the fork takes all images of a batch for the first")
    record = read_archive(case)
    text, phase = str(record["prototxt"]), str(record["phase"])
    if problem := problem_with(text, phase):
        pytest.skip(problem)
    net = Net(parse_net(text), PHASES[phase], seed=1)
    weights = [weight for layer in net.layers for weight in layer.weights]
    for key, array in record.items():
        if key.startswith("param:"):
            weights[int(key[6:])].data[...] = array
    session = open_session(export_onnx(net).SerializeToString())
    wanted = {value.name for value in session.get_inputs()}
    inputs = {
        key[3:]: array.astype("float32")
        for key, array in record.items()
        if key.startswith("in:") and key[3:] in wanted
    }
    names = [value.name for value in session.get_outputs()]
    for name, array in zip(names, session.run(names, inputs), strict=True):
        assert_close(array, record[f"top:{name}"], 2e-5, name)
