"""Nets on a GPU whose layers change shapes as they run."""

import sys
from importlib import import_module

import numpy as np
import pytest
from gpu_nets import TWICE, gradients, make
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core.device import open_device, opening

pytestmark = pytest.mark.skipif(bool(why_no_gpu()), reason=str(why_no_gpu()))

emulated = pytest.mark.skipif(ON_DEVICE, reason="counts what an emulated device is asked to do")

NET = """
layer { name: "input" type: "Input" top: "x" top: "labels"
        input_param { shape { dim: 6 dim: 3 dim: 8 dim: 8 } shape { dim: 6 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
        convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "some" type: "Python" bottom: "conv" bottom: "labels" top: "some" top: "theirs"
        python_param { module: "gpu_test_layers" layer: "Some" } }
layer { name: "ip" type: "InnerProduct" bottom: "some" top: "ip"
        inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "theirs" top: "loss"
        propagate_down: true propagate_down: false }
"""

SOME = """


class Some(caffe.Layer):
    counts = [6]  # how many items it lets through, pass by pass

    def setup(self, bottom, top):
        self.passes = 0

    def reshape(self, bottom, top):
        for blob, source in zip(top, bottom):
            blob.reshape(self._count, *source.shape[1:])

    @property
    def _count(self):
        return self.counts[min(self.passes, len(self.counts) - 1)]

    def forward(self, bottom, top):
        for blob, source in zip(top, bottom):
            blob.data[...] = source.data[: self._count]
        self.passes += 1

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = 0
        bottom[0].diff[: len(top[0].diff)] = top[0].diff
"""


@pytest.fixture(autouse=True)
def gpu(tmp_path, monkeypatch):
    (tmp_path / "gpu_test_layers.py").write_text(TWICE + SOME)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "gpu_test_layers", raising=False)
    with opening(open_test_gpu):
        yield open_device("gpu")


@pytest.fixture
def let_through(monkeypatch):
    """let_through(6, 6, 2, ...): how many items layer "some" gives in each pass."""

    def set_counts(*counts):
        monkeypatch.setattr(import_module("gpu_test_layers").Some, "counts", counts)

    return set_counts


def launches_of(gpu, run):
    """How many launches there were, in graphs or not, and how many graphs."""
    graphs, launches = gpu.graph_launches, gpu.launches
    run()
    return gpu.launches - launches, gpu.graph_launches - graphs


def test_a_net_follows_a_layer_of_its_own_as_on_the_host(let_through):
    let_through(6, 6, 6, 6, 2, 2, 2, 2, 5, 3, 6, 6, 6, 6)
    ours, theirs = make(NET), make(NET, device="cpu")
    for _ in range(14):
        assert ours.forward() == pytest.approx(theirs.forward(), rel=1e-5)
        ours.backward(adds=False)
        theirs.backward(adds=False)
        assert ours.blobs["ip"].shape == theirs.blobs["ip"].shape
        for name, arrays in gradients(theirs).items():
            for a, b in zip(gradients(ours)[name], arrays, strict=True):
                np.testing.assert_allclose(a, b, 1e-4, 1e-5, err_msg=name)


@emulated
def test_there_is_a_graph_on_each_side_of_a_layer_in_python(gpu):
    net = make(NET)
    for _ in range(3):
        net.forward()
    assert launches_of(gpu, net.forward)[1] == 2


@emulated
def test_what_comes_before_a_change_of_shape_stays_a_graph(gpu, let_through):
    let_through(6, 6, 6, 6, 2, 3, 4, 4, 4, 4)
    net = make(NET)
    for _ in range(4):
        net.forward()
    assert [launches_of(gpu, net.forward)[1] for _ in range(6)] == [1, 1, 1, 1, 2, 2]


@emulated
def test_layers_are_not_prepared_anew_while_shapes_stay(monkeypatch, let_through):
    let_through(6, 6, 6, 2, 2)
    net = make(NET)
    net.forward()
    resized = []
    monkeypatch.setattr(net.plan, "_resize", lambda step: resized.append(step))
    for expected in (False, False, True, False):
        del resized[:]
        net.forward()
        assert bool(resized) == expected


def test_a_training_step_follows_shapes(let_through):
    let_through(6, 6, 6, 6, 2, 3)
    losses = []
    for device in ("cpu", "gpu"):
        net = make(NET, device=device)
        losses.append([])
        for _ in range(6):
            if device == "gpu":
                net.plan.step_on_gpu([], lambda batch: [], [])
                losses[-1].append(float(net.blobs["loss"].data))
            else:
                losses[-1].append(net.forward())
    np.testing.assert_allclose(*losses, rtol=1e-5)
