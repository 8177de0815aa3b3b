"""Layers against what forks of Caffe computed."""

import pytest

from cortado.kernels import choice
from cortado.nets import Net
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN

PHASES = {"TRAIN": TRAIN, "TEST": TEST}
TOLERANCE = 2e-5


@pytest.fixture(params=["every library", "NumPy alone"], autouse=True)
def libraries(request):
    with choice.only(*(choice.LIBRARIES if request.param == "every library" else ["numpy"])):
        yield


def entries(record, kind):
    return [
        (key[len(kind) + 1 :], array) for key, array in record.items() if key.startswith(f"{kind}:")
    ]


def test_layer(fork_golden, read_archive, assert_close):
    record = read_archive(fork_golden)
    net = Net(parse_net(str(record["prototxt"])), PHASES[str(record["phase"])], seed=1)
    weights = [weight for layer in net.layers for weight in layer.weights]
    for name, array in entries(record, "in"):
        net.blobs[name].data[...] = array
    for i, array in entries(record, "param"):
        weights[int(i)].data[...] = array
    net.forward()
    for name, array in entries(record, "top"):
        assert_close(net.blobs[name].data, array, TOLERANCE, name)
    for i, array in entries(record, "param_after"):
        assert_close(weights[int(i)].data, array, TOLERANCE, f"weight {i}")
    for name, array in entries(record, "topdiff"):
        net.blobs[name].diff[...] = array
    gradients = entries(record, "bottomdiff"), entries(record, "paramdiff")
    if not any(gradients):
        return
    net.backward()
    for name, array in gradients[0]:
        assert_close(net.blobs[name].diff, array, TOLERANCE, f"gradient of {name}")
    for i, array in gradients[1]:
        assert_close(weights[int(i)].diff, array, TOLERANCE, f"gradient of weight {i}")
