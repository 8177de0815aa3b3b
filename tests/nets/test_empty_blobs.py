"""Blobs of no numbers, as a Filter that keeps no item leaves them."""

from contextlib import suppress

import pytest

from cortado.nets import Net
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import TRAIN


def emptied(prototxt, axis):
    """The net with inputs of size 0 along an axis."""
    net = parse_net(prototxt)
    for layer in net.layer:
        for shape in layer.input_param.shape:
            if axis < len(shape.dim):
                shape.dim[axis] = 0
    net.force_backward = True
    return net


@pytest.mark.parametrize("axis", range(4))
def test_every_layer_runs_on_nothing_or_says_why_not(layer_golden, read_archive, axis):
    net = emptied(str(read_archive(layer_golden)["prototxt"]), axis)
    with suppress(ConfigError):
        built = Net(net, TRAIN, seed=1)
        built.forward()
        built.backward()


NET = """
layer { name: "in" type: "Input" top: "x" top: "label"
        input_param { shape { dim: 0 dim: 3 dim: 8 dim: 8 } shape { dim: 0 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { kernel_size: 2 } }
layer { name: "relu" type: "ReLU" bottom: "pool" top: "pool" }
layer { name: "lrn" type: "LRN" bottom: "pool" top: "lrn" }
layer { name: "ip" type: "InnerProduct" bottom: "lrn" top: "ip"
        inner_product_param { num_output: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


def test_a_batch_of_no_items_trains_nothing():
    net = Net(parse_net(NET), TRAIN, seed=1)
    assert net.forward() == 0
    net.backward()
    assert net.blobs["ip"].data.shape == (0, 2)
    assert not net.weights.diff.any()
