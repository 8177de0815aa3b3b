import sys

import numpy as np
import pytest

from cortado.core import Blob
from cortado.core.gradient_check import check_gradients
from cortado.layers import create_layer
from cortado.layers.python import PythonLayer
from cortado.proto import caffe_pb2

MODULE = '''
import caffe
import numpy as np


class EuclideanLoss(caffe.Layer):
    def setup(self, bottom, top):
        if len(bottom) != 2:
            raise Exception("Need two inputs to compute distance.")

    def reshape(self, bottom, top):
        if bottom[0].count != bottom[1].count:
            raise Exception("Inputs must have the same dimension.")
        self.difference = np.zeros_like(bottom[0].data)
        top[0].reshape(1)

    def forward(self, bottom, top):
        self.difference[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = np.sum(self.difference**2) / bottom[0].num / 2.0

    def backward(self, top, propagate_down, bottom):
        for i, sign in enumerate((1, -1)):
            if propagate_down[i]:
                bottom[i].diff[...] = sign * top[0].diff[0] * self.difference / bottom[i].num


class Counter(caffe.Layer):
    """A data layer: no bottoms, two tops, reshaped in setup alone."""

    def setup(self, bottom, top):
        self.batch, self.position = eval(self.param_str)["batch"], 0
        top[0].reshape(self.batch, 1, 2, 2)
        top[1].reshape(self.batch)

    def reshape(self, bottom, top):
        pass

    def forward(self, bottom, top):
        labels = np.arange(self.position, self.position + self.batch)
        top[0].data[...] = labels[:, np.newaxis, np.newaxis, np.newaxis]
        top[1].data[...] = labels
        self.position += self.batch

    def backward(self, top, propagate_down, bottom):
        pass


class Affine(caffe.Layer):
    """y = w * x + b with a learned w per column and one learned b."""

    def setup(self, bottom, top):
        self.blobs.add_blob(*bottom[0].shape[1:])
        self.blobs.add_blob()
        self.blobs[0].data[...] = 3
        self.blobs[1].data[...] = 0.5

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data * self.blobs[0].data + self.blobs[1].data

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = top[0].diff * self.blobs[0].data
        self.blobs[0].diff[...] += (top[0].diff * bottom[0].data).sum(axis=0)
        self.blobs[1].diff[...] += top[0].diff.sum()


class Rows(caffe.Layer):
    """Hands on as many rows as the first number of the bottom says."""

    def reshape(self, bottom, top):
        top[0].reshape(max(1, int(bottom[0].data.flat[0])), bottom[0].channels)

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data[: top[0].num]


class Facts(Rows):
    """Writes down what it was told, and which methods were called."""

    def __init__(self, *args):
        self.calls = [type(args[0]).__name__]  # and does not call the inherited __init__

    def setup(self, bottom, top):
        self.calls.append(("setup", self.param_str, self.param_str_, self.phase, len(self.blobs)))

    def reshape(self, bottom, top):
        self.calls.append("reshape")
        top[0].reshape(1)

    def forward(self, bottom, top):
        self.calls.append("forward")


'''


@pytest.fixture(autouse=True)
def my_layers(add_module):
    add_module("my_layers", MODULE)


def python(layer, param_str="", module="my_layers"):
    return (
        f'type: "Python" python_param {{ module: "{module}" layer: "{layer}" '
        f'param_str: "{param_str}" }}'
    )


def test_a_loss(make_layer):
    layer, bottom, top = make_layer(python("EuclideanLoss"), (3, 4), (3, 4))
    layer.forward(bottom, top)
    expected = ((bottom[0].data - bottom[1].data) ** 2).sum() / 6
    assert top[0].shape == (1,)
    np.testing.assert_allclose(top[0].data, expected)
    check_gradients(layer, bottom, top)


def test_a_loss_asked_for_one_gradient_writes_one(make_layer):
    layer, bottom, top = make_layer(python("EuclideanLoss"), (3, 4), (3, 4))
    layer.propagate_down = [True, False]
    layer.forward(bottom, top)
    top[0].diff[...] = 1
    bottom[1].diff[...] = 7
    layer.backward(top, bottom)
    np.testing.assert_allclose(bottom[0].diff, (bottom[0].data - bottom[1].data) / 3)
    assert (bottom[1].diff == 7).all()


def test_a_data_layer(make_layer):
    layer, bottom, top = make_layer(python("Counter", "{'batch': 3}"), tops=2)
    assert [blob.shape for blob in top] == [(3, 1, 2, 2), (3,)]
    for first in (0, 3, 6):
        layer.forward(bottom, top)
        assert top[1].data.tolist() == [first, first + 1, first + 2]
        assert (top[0].data == top[1].data[:, None, None, None]).all()


def test_weights_declared_by_the_class_are_the_layers(make_layer):
    layer, bottom, top = make_layer(python("Affine"), (3, 4))
    assert [w.shape for w in layer.weights] == [(4,), ()]
    assert list(layer.instance.blobs) == layer.weights
    check_gradients(layer, bottom, top)


def test_weights_keep_what_setup_wrote():
    param = caffe_pb2.LayerParameter(name="it", type="Python")
    param.python_param.module, param.python_param.layer = "my_layers", "Affine"
    layer = create_layer(param)
    bottom, top = [Blob((2, 3))], [Blob()]
    bottom[0].data[...] = 1
    layer.prepare(bottom, top)
    flat = np.zeros(3, np.float32), np.zeros(3, np.float32)
    layer.weights[0].bind(*flat)  # as a net does, to have all weights in one array
    layer.forward(bottom, top)
    assert flat[0].tolist() == [3, 3, 3]
    assert (top[0].data == 3.5).all()


def test_weights_get_gradients_after_prepare(make_layer):
    layer, _, _ = make_layer(python("Affine"), (3, 4))
    assert layer.param_propagate_down == [True, True]


def test_forward_reshapes_first(make_layer):
    layer, bottom, top = make_layer(python("Rows"), np.full((5, 2), 3.0))
    assert layer.shapes_vary
    for rows in (3, 5, 1):
        bottom[0].data[0, 0] = rows
        layer.forward(bottom, top)
        np.testing.assert_array_equal(top[0].data, bottom[0].data[:rows])


@pytest.mark.parametrize(("phase", "number"), [("TRAIN", 0), ("TEST", 1)])
def test_the_class_is_told_its_parameters_and_phase(make_layer, phase, number):
    layer, bottom, top = make_layer(python("Facts", "'margin': 1"), (2, 3), phase=phase)
    layer.forward(bottom, top)
    setup = ("setup", "'margin': 1", "'margin': 1", number, 0)
    expected = ["LayerParameter", setup, "reshape", "reshape", "forward"]
    assert layer.instance.calls == expected


def test_setup_runs_once(make_layer):
    layer, bottom, top = make_layer(python("Affine"), (3, 4))
    bottom[0].reshape(7, 4)
    layer.reshape(bottom, top)
    assert top[0].shape == (7, 4)
    assert len(layer.weights) == 2


def test_modules_in_the_working_directory_are_found(make_layer, tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "here.py").write_text("from my_layers import Rows as Here")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    make_layer(python("Here", module="here"), (2, 3))


def test_modules_in_packages_are_found(make_layer, tmp_path):
    (tmp_path / "rpn").mkdir()
    (tmp_path / "rpn" / "__init__.py").write_text("")
    (tmp_path / "rpn" / "proposal.py").write_text("from my_layers import Rows as Proposal")
    make_layer(python("Proposal", module="rpn.proposal"), (2, 3))


def test_caffe_layer_is_the_base_class():
    caffe = pytest.importorskip("caffe")
    assert caffe.Layer is PythonLayer
