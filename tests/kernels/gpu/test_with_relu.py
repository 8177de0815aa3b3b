"""Layers of nets that apply the ReLU after them."""

import numpy as np
import pytest
from gpu_parity import open_test_gpu

from cortado.core.device import opening
from cortado.nets import Net
from cortado.proto import caffe_pb2
from cortado.proto.caffe_pb2 import TRAIN
from cortado.proto.text import parse_text

LAYERS = {
    "Convolution": "convolution_param { num_output: 3 kernel_size: 2 FILLERS }",
    "Deconvolution": "convolution_param { num_output: 3 kernel_size: 3 stride: 2 FILLERS }",
    "depthwise": "convolution_param { num_output: 12 group: 12 kernel_size: 2 FILLERS }",
    "InnerProduct": "inner_product_param { num_output: 5 FILLERS }",
}
FILLERS = 'weight_filler { type: "gaussian" std: 1 } bias_filler { type: "uniform" min: -1 }'
NET = """
force_backward: true
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 12 dim: 4 dim: 3 } } }
layer { name: "it" type: "TYPE" bottom: "x" top: "y" PARAM }
layer { name: "relu" bottom: "y" top: "y" RELU }
layer { name: "sum" type: "Reduction" bottom: "y" top: "sum" loss_weight: 1
        reduction_param { operation: SUMSQ } }
"""


def run(device, text):
    param = caffe_pb2.NetParameter()
    parse_text(text, param)
    net = Net(param, phase=TRAIN, device=device, seed=3)
    rng = np.random.default_rng(5)
    net.blobs["x"].data[...] = rng.standard_normal(net.blobs["x"].shape)
    net.forward()
    net.backward(adds=False)
    weights = [blob for blobs in net.params.values() for blob in blobs]
    gradients = [blob.diff.copy() for blob in (net.blobs["x"], *weights)]
    return [net.blobs["y"].data.copy(), *gradients], [step.layers for step in net.plan.steps]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    "relu", ['type: "ReLU"', 'type: "ReLU" relu_param { negative_slope: 0.2 }', 'type: "ReLU6"']
)
def test_a_relu_is_applied_by_the_layer_before_it(gpu, name, relu):
    type = "Convolution" if name == "depthwise" else name
    text = NET.replace("TYPE", type).replace("PARAM", LAYERS[name]).replace("RELU", relu)
    text = text.replace("FILLERS", FILLERS)
    expected, _ = run("cpu", text)
    with opening(open_test_gpu):
        results, steps = run("gpu", text)
    assert [1, 2] in steps
    for result, array in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, array, 1e-3, 1e-4)
