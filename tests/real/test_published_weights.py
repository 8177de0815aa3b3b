"""Weights that real Caffe trained give what real Caffe computed with them."""

import numpy as np
import pytest

from cortado.nets import Net, load_weights
from cortado.proto import read_net
from cortado.proto.caffe_pb2 import TEST

TOLERANCE = 1e-4
DETECTORS = {
    "det1": ("conv4-2", "prob1"),
    "det2": ("conv5-2", "prob1"),
    "det3": ("conv6-2", "conv6-3", "prob1"),
}


@pytest.fixture
def outputs():
    """outputs(prototxt, weights, images) -> {name: array}, the outputs of a net in phase TEST."""

    def compute(prototxt, weights, images):
        net = Net(read_net(prototxt), TEST)
        load_weights(net, weights)
        data = net.blobs[net.inputs[0]]
        data.reshape(images.shape)
        data.data[...] = images
        net.forward()
        return {name: net.blobs[name].data for name in net.outputs}

    return compute


def softmax(scores):
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


def test_squeezenet_sees_a_cat(real, outputs):
    folder = real("models/squeezenet_v1.0")
    weights = folder / "squeezenet_v1.0_dc.caffemodel"
    found = outputs(folder / "deploy.prototxt", weights, np.load(folder / "input.npy"))
    prob = softmax(found["pool_final"].ravel())
    np.testing.assert_allclose(prob, np.load(folder / "prob.npy"), atol=TOLERANCE)
    assert prob.argsort()[::-1][:3].tolist() == [278, 263, 277]


@pytest.mark.parametrize("name", DETECTORS)
def test_mtcnn_finds_what_real_caffe_found(real, outputs, name):
    folder = real("models/mtcnn")
    images = np.load(folder / f"{name}.input.npy")
    found = outputs(folder / f"{name}.prototxt", folder / f"{name}.caffemodel", images)
    assert set(found) == set(DETECTORS[name])
    for output, array in found.items():
        expected = np.load(folder / f"{name}.{output}.npy")
        np.testing.assert_allclose(array, expected, atol=TOLERANCE, err_msg=output)


@pytest.mark.parametrize("stage", ["4000.caffemodel", "5000.caffemodel.h5"])
def test_cifar10_quick_sees_what_real_caffe_saw(real, outputs, workplace, stage):
    weights = real(f"models/cifar10_quick/cifar10_quick_iter_{stage}")
    deploy = workplace("cifar10_quick") / "models/cifar10_quick/deploy.prototxt"
    found = outputs(deploy, weights, np.load(weights.with_name("input.npy")))
    expected = np.load(weights.with_name(f"prob_{stage[:4]}.npy"))
    np.testing.assert_allclose(found["prob"], expected, atol=TOLERANCE)
