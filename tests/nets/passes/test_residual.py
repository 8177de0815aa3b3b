"""Sums of a convolution and a shortcut, whatever libraries compute them."""

import numpy as np
import pytest

from cortado.kernels.choice import only
from cortado.nets import Net
from cortado.nets.passes.residual import AddingConvolution
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST

NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [2, 3, 5, 5] } } }
layer { name: "a" type: "Convolution" bottom: "x" top: "a"
        convolution_param { num_output: 4 kernel_size: 1 weight_filler { type: "gaussian" } } }
layer { name: "b" type: "Convolution" bottom: "x" top: "b" convolution_param {
        num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "gaussian" } } }
layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" }
RELU
layer { name: "y" type: "Power" bottom: "sum" top: "y" }
"""
RELU = """
layer { name: "relu" type: "ReLU" bottom: "sum" top: "sum" relu_param { negative_slope: %g } }
"""

RELU6 = 'layer { name: "relu" type: "ReLU6" bottom: "sum" top: "sum" }'


@pytest.mark.parametrize("library", ["onednn", "numba", "numpy"])
@pytest.mark.parametrize(
    "relu", ["", RELU % 0, RELU % 0.1, RELU6], ids=["sum", "ReLU", "leaky ReLU", "ReLU6"]
)
def test_the_sum_is_that_of_its_parts(library, relu, rng):
    x = 5 * rng.standard_normal((2, 3, 5, 5))
    found = []
    with only(library):
        for keep in (None, ()):
            net = Net(parse_net(NET.replace("RELU", relu)), TEST, seed=1, keep=keep)
            net.blobs["x"].data[...] = x
            net.forward()
            net.forward()
            found.append(net.blobs["y"].data.copy())
    assert any(isinstance(step.runner, AddingConvolution) for step in net.plan.steps)
    assert np.abs(found[0]).max() > 1
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4, atol=1e-4)
