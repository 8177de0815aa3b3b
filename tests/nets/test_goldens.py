"""Layers and small nets against what real Caffe and its forks computed."""

import numpy as np
import pytest
from gpu_parity import open_test_gpu, why_no_gpu

from cortado.core.device import opening
from cortado.kernels import choice
from cortado.nets import Net
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

PHASES = {"TRAIN": TRAIN, "TEST": TEST}


@pytest.fixture(params=["every library", "NumPy alone", "a GPU"], autouse=True)
def device(request):
    """Every case runs on the fast kernels, on the reference, and on a GPU."""
    if request.param == "a GPU":
        if why_no_gpu():
            pytest.skip(str(why_no_gpu()))
        with opening(open_test_gpu):
            yield "gpu"
        return
    libraries = choice.LIBRARIES if request.param == "every library" else ["numpy"]
    with choice.only(*libraries):
        yield "cpu"


def entries(record, kind):
    """(what stands after "kind:", array) of every such entry."""
    return [
        (key[len(kind) + 1 :], array) for key, array in record.items() if key.startswith(f"{kind}:")
    ]


def test_layer(device, layer_golden, read_archive, assert_close):
    record = read_archive(layer_golden)
    net = Net(
        parse_net(str(record["prototxt"])), PHASES[str(record["phase"])], device=device, seed=1
    )
    weights = [weight for layer in net.layers for weight in layer.weights]
    for name, array in entries(record, "in"):
        net.blobs[name].data[...] = array
    for i, array in entries(record, "param"):
        weights[int(i)].data[...] = array
    net.forward()
    for name, array in entries(record, "top"):
        assert_close(net.blobs[name].data, array, 2e-5, name)
    for i, array in entries(record, "param_after"):
        assert_close(weights[int(i)].data, array, 2e-5, f"weight {i}")
    for name, array in entries(record, "topdiff"):
        net.blobs[name].diff[...] = array
    if not entries(record, "bottomdiff") and not entries(record, "paramdiff"):
        return
    net.backward()
    for name, array in entries(record, "bottomdiff"):
        assert_close(net.blobs[name].diff, array, 2e-5, f"gradient of {name}")
    for i, array in entries(record, "paramdiff"):
        assert_close(weights[int(i)].diff, array, 2e-5, f"gradient of weight {i}")


def test_net(device, net_golden, read_archive, assert_close):
    record = read_archive(net_golden)
    phase = PHASES[str(record["phase"])]
    stages = tuple(str(stage) for stage in record["stages"])
    net = Net(
        parse_net(str(record["prototxt"])),
        phase,
        level=int(record["level"]),
        stages=stages,
        device=device,
        seed=1,
    )
    assert net.layer_names == record["layer_names"].tolist()
    assert list(net.blobs) == record["blob_names"].tolist()
    assert net.inputs == record["inputs"].tolist()
    assert net.outputs == record["outputs"].tolist()
    for name, array in entries(record, "in"):
        net.blobs[name].data[...] = array
    for key, array in entries(record, "param"):
        layer, i = key.rsplit(":", 1)
        net.params[layer][int(i)].data[...] = array
    net.forward()
    for name, shape in entries(record, "shape"):
        assert net.blobs[name].shape == tuple(shape), name
    for name, array in entries(record, "data"):
        assert_close(net.blobs[name].data, array, 5e-5, name)
    if phase != TRAIN:
        return
    net.backward()
    for name, array in entries(record, "diff"):
        if "_split_" not in name:
            assert_close(net.blobs[name].diff, array, 5e-5, f"gradient of {name}")
    for key, array in entries(record, "paramdiff"):
        layer, i = key.rsplit(":", 1)
        assert_close(net.params[layer][int(i)].diff, array, 5e-5, f"gradient of weight {key}")


def test_detections_of_an_image_are_those_it_has_alone(read_archive, request):
    folder = request.config.rootpath / "tests/goldens/forks/mobilenet-yolo"
    record = read_archive(folder / "yolov3_detection_output_two_images.npz")
    rows = []
    for item in range(2):
        net = Net(
            parse_net(str(record["prototxt"]).replace("dim: 2 dim: 24", "dim: 1 dim: 24")), TEST
        )
        for name, array in entries(record, "in"):
            net.blobs[name].data[...] = array[item : item + 1]
        net.forward()
        alone = net.blobs["y"].data[0, 0].copy()
        alone[:, 0] = item
        rows.append(alone)
    both = Net(parse_net(str(record["prototxt"])), TEST)
    for name, array in entries(record, "in"):
        both.blobs[name].data[...] = array
    both.forward()
    np.testing.assert_allclose(both.blobs["y"].data[0, 0], np.concatenate(rows), rtol=1e-6)
