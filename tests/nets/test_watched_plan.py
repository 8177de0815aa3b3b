import numpy as np
import pytest

from cortado.nets import Net
from cortado.proto import parse_net

NET = """
layer { name: "data" type: "Input" top: "data" top: "label"
        input_param { shape { dim: 4 dim: 3 } shape { dim: 4 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" param { name: "w" }
        inner_product_param { num_output: 3 bias_term: false weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "ip" top: "ip" }
layer { name: "again" type: "InnerProduct" bottom: "ip" top: "again" param { name: "w" }
        inner_product_param { num_output: 3 bias_term: false } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "again" bottom: "label" top: "loss" }
"""


@pytest.fixture
def make_net(rng):
    data = rng.standard_normal((4, 3))

    def make(watched, debug_info=False):
        net = Net(parse_net(NET), phase=0, seed=1)
        net.debug_info = debug_info
        net.blobs["data"].data[...] = data
        net.blobs["label"].data[...] = [0, 1, 2, 0]
        if watched:
            net.watchers.after_forward.append(lambda layer: None)
        return net

    return make


@pytest.mark.parametrize("adds", [False, True])
@pytest.mark.parametrize("debug_info", [False, True])
def test_watching_changes_no_result(make_net, adds, debug_info):
    plain, watched = make_net(False), make_net(True, debug_info)
    for _ in range(2):
        assert watched.forward() == pytest.approx(plain.forward(), rel=1e-6)
        for net in (plain, watched):
            net.backward(adds=adds)
    np.testing.assert_allclose(watched.weights.diff, plain.weights.diff, rtol=1e-5, atol=1e-7)


def test_losses_of_a_part_are_those_of_its_layers(make_net):
    net = make_net(True)
    assert net.forward(0, 3) == 0
    assert net.forward(4, 4) > 0


def test_watchers_are_called_in_the_order_they_were_added(make_net):
    net = make_net(False)
    calls = []
    net.watchers.before_backward += [lambda i: calls.append(i), lambda i: calls.append(-i)]
    net.forward()
    net.backward()
    assert calls == [4, -4, 3, -3, 2, -2, 1, -1, 0, 0]
