"""Layers of a user's own, wired by a prototxt: a data layer, one with weights, one loss."""

import sys

import numpy as np
import pytest

from cortado.nets import Net
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TRAIN

MODULE = """
import caffe
import numpy as np


class Growing(caffe.Layer):
    def setup(self, bottom, top):
        self.rows = 0

    def reshape(self, bottom, top):
        top[0].reshape(self.rows + 1, 2)

    def forward(self, bottom, top):
        self.rows += 1
        top[0].data[...] = self.rows


class Scaled(caffe.Layer):
    def setup(self, bottom, top):
        self.blobs.add_blob(1)
        self.blobs[0].data[...] = 3

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = self.blobs[0].data * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        assert propagate_down == [False]
        self.blobs[0].diff[...] += (top[0].diff * bottom[0].data).sum()


class Squared(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(1)

    def forward(self, bottom, top):
        top[0].data[...] = (bottom[0].data ** 2).sum()

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = 2 * top[0].diff[0] * bottom[0].data
"""

NET = """
layer { type: "Python" name: "data" top: "x"
        python_param { module: "own" layer: "Growing" } }
layer { type: "Python" name: "scaled" bottom: "x" top: "y"
        python_param { module: "own" layer: "Scaled" } }
layer { type: "Python" name: "loss" bottom: "y" top: "loss" loss_weight: 0.5
        python_param { module: "own" layer: "Squared" } }
"""


@pytest.fixture
def net(tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield Net(parse_net(NET), TRAIN)
    del sys.modules["own"]


def test_data_may_have_another_shape_each_time(net):
    for rows in (1, 2, 3):
        loss = net.forward()
        assert net.blobs["x"].shape == net.blobs["y"].shape == (rows, 2)
        assert loss == 0.5 * (2 * rows) * (3 * rows) ** 2


def test_loss_weight_reaches_the_weights(net):
    net.forward()
    net.forward()
    net.backward()
    # d/dw of 0.5 sum (w x)^2 over four numbers x = 2, at w = 3
    assert net.params["scaled"][0].diff.tolist() == [3 * 4 * 2**2]


def test_weights_lie_in_the_nets_flat_array(net):
    assert net.weights.data[0] == 3
    net.weights.data[0] = 5
    net.forward()
    np.testing.assert_array_equal(net.blobs["y"].data, 5 * net.blobs["x"].data)
