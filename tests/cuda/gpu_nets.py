"""Little nets, built on a GPU that tests use or on the host."""

import numpy as np

from cortado.nets import Net
from cortado.proto import caffe_pb2
from cortado.proto.caffe_pb2 import TRAIN
from cortado.proto.text import parse_text

NET = """
layer { name: "input" type: "Input" top: "x" top: "labels"
        input_param { shape { dim: 4 dim: 3 dim: 8 dim: 8 } shape { dim: 4 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
        convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
        pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
        inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "twice" type: "Python" bottom: "ip" top: "twice"
        python_param { module: "gpu_test_layers" layer: "Twice" } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "twice" bottom: "labels" top: "loss" }
"""

TWICE = """
import caffe


class Twice(caffe.Layer):
    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = 2 * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = 2 * top[0].diff
"""

PLAIN = NET.replace('bottom: "twice" bottom: "labels"', 'bottom: "ip" bottom: "labels"').replace(
    NET[NET.index('layer { name: "twice"') : NET.index('layer { name: "loss"')], ""
)


def make(text=NET, device="gpu", phase=TRAIN, **options):
    param = caffe_pb2.NetParameter()
    parse_text(text, param)
    net = Net(param, phase, device=device, seed=3, **options)
    rng = np.random.default_rng(0)
    net.blobs["x"].data[...] = rng.standard_normal(net.blobs["x"].shape)
    net.blobs["labels"].data[...] = rng.integers(0, 6, net.blobs["labels"].shape)
    return net


def gradients(net):
    return {name: [b.diff.copy() for b in blobs] for name, blobs in net.params.items()}
