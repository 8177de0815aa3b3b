"""Weight files that real Caffe wrote fit the nets of the zoo, layer by layer."""

from pathlib import Path

import pytest

from cortado.proto.caffe_pb2 import NetParameter

WEIGHTS = Path(__file__).parents[2] / "../shared/models"


def shapes_in(name):
    path = WEIGHTS / name
    if not path.exists():
        pytest.skip(f"no real weights at {path}")
    net = NetParameter.FromString(path.read_bytes())
    return {
        layer.name: [tuple(blob.shape.dim) for blob in layer.blobs]
        for layer in net.layer
        if layer.blobs
    }


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("lenet", "lenet_mnist/lenet_iter_10000.caffemodel"),
        ("cifar10_quick", "cifar10_quick/cifar10_quick_iter_4000.caffemodel"),
    ],
)
def test_names_and_shapes_are_those_of_the_file(model, name, walk_deploy):
    assert walk_deploy(model).weights == shapes_in(name)


def test_squeezenet_has_the_shapes_of_a_file_with_other_names(walk_deploy):
    expected = shapes_in("squeezenet_v1.0/squeezenet_v1.0_dc.caffemodel")
    weights = walk_deploy("squeezenet_v1.0").weights
    for ours, theirs in (
        ("squeeze1x1", "conv1x1_1"),
        ("expand1x1", "conv1x1_2"),
        ("expand3x3", "conv3x3_2"),
        ("conv10", "conv_final"),
    ):
        weights = {name.replace(ours, theirs): shapes for name, shapes in weights.items()}
    assert weights == expected
