"""Convolutions that read the parts of a Concat, whatever libraries compute them."""

import numpy as np
import pytest

from cortado.kernels.choice import only
from cortado.nets import Net
from cortado.nets.passes.concatenation import ConvolutionOfParts
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST

NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [2, 3, 6, 5] } } }
layer { name: "a" type: "Convolution" bottom: "x" top: "a"
        convolution_param { num_output: 8 kernel_size: 1 weight_filler { type: "gaussian" } } }
layer { name: "b" type: "Convolution" bottom: "x" top: "b" convolution_param {
        num_output: 24 kernel_size: 3 pad: 1 weight_filler { type: "gaussian" } } }
layer { name: "joined" type: "Concat" bottom: "a" bottom: "b" top: "joined" AXIS }
layer { name: "c" type: "Convolution" bottom: "joined" top: "c" convolution_param {
        num_output: OUT kernel_size: 3 group: GROUP BIAS
        weight_filler { type: "gaussian" } bias_filler { type: "gaussian" } } }
RELU
layer { name: "y" type: "Power" bottom: "c" top: "y" }
"""
RELU = 'layer { name: "relu" type: "ReLU" bottom: "c" top: "c" relu_param { negative_slope: 0.1 } }'
USUAL = {"AXIS": "", "OUT": "8", "GROUP": "1", "BIAS": "", "RELU": RELU}


def net_of(changes, keep):
    text = NET
    for word, value in (USUAL | changes).items():
        text = text.replace(word, value)
    return Net(parse_net(text), TEST, seed=1, keep=keep)


def is_joined(net):
    return any(isinstance(step.runner, ConvolutionOfParts) for step in net.plan.steps)


@pytest.mark.parametrize("library", ["onednn", "numba", "numpy"])
@pytest.mark.parametrize("changes", [{}, {"RELU": ""}, {"BIAS": "bias_term: false"}])
def test_the_result_is_that_of_the_whole(library, changes, rng):
    x = rng.standard_normal((2, 3, 6, 5))
    found = []
    with only(library):
        for keep in (None, ()):
            net = net_of(changes, keep)
            net.blobs["x"].data[...] = x
            net.forward()
            net.params["c"][0].data[...] *= 2  # the parts follow
            net.forward()
            found.append(net.blobs["y"].data.copy())
    assert is_joined(net)
    assert np.abs(found[0]).max() > 1
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4, atol=1e-4)


def test_shapes_are_followed(rng):
    found = []
    for keep in (None, ()):
        net = net_of({}, keep)
        net.forward()
        net.blobs["x"].reshape(1, 3, 9, 7)
        net.blobs["x"].data[...] = np.linspace(-1, 1, net.blobs["x"].count).reshape(1, 3, 9, 7)
        net.forward()
        found.append(net.blobs["y"].data.copy())
    assert found[1].shape == (1, 8, 7, 5)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "keep"),
    [({"OUT": "64"}, ()), ({"GROUP": "2"}, ()), ({}, ("joined",)), ({}, None)],
    ids=["more to write", "groups", "kept", "all kept"],
)
def test_elsewhere_the_parts_are_put_together(changes, keep):
    assert not is_joined(net_of(changes, keep))


def test_along_other_axes_the_parts_are_put_together():
    changes = {"AXIS": "concat_param { axis: 2 }", "num_output: 24": "num_output: 8"}
    assert not is_joined(net_of(changes, ()))
