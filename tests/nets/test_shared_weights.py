import numpy as np
import pytest

from cortado.nets import Net
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import TRAIN

INPUT = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 4 dim: 3 } } }
"""


def make(text):
    return Net(parse_net(text), TRAIN, seed=1)


def test_weights_of_one_name_are_shared_and_their_gradients_added():
    net = make(
        INPUT
        + """
        layer { name: "a" type: "InnerProduct" bottom: "data" top: "a" param { name: "w" }
                inner_product_param { num_output: 2 bias_term: false
                                      weight_filler { type: "xavier" } } }
        layer { name: "b" type: "InnerProduct" bottom: "data" top: "b" param { name: "w" }
                inner_product_param { num_output: 2 bias_term: false } }
        layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" loss_weight: 1 }
        """
    )
    assert len(net.weights.learnable) == 1
    net.blobs["data"].data[...] = np.arange(12).reshape(4, 3)
    net.forward()
    net.backward()
    np.testing.assert_array_equal(net.blobs["a"].data, net.blobs["b"].data)
    assert net.blobs["a"].data.any()
    column_sums = np.arange(12).reshape(4, 3).sum(axis=0)
    np.testing.assert_allclose(net.params["a"][0].diff, 2 * np.stack([column_sums] * 2))


SHARED = """
layer {{ name: "a" type: "InnerProduct" bottom: "data" top: "a" param {{ name: "w" {0} }}
        inner_product_param {{ num_output: 2 bias_term: false }} }}
layer {{ name: "b" type: "InnerProduct" bottom: "data" top: "b" param {{ name: "w" {1} }}
        inner_product_param {{ num_output: {2} bias_term: false }} }}
"""


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("", "", 3), r"param 'w' has shape \(3, 3\), but layer 'a', which owns it, has \(2, 3\)"),
        (("lr_mult: 1", "lr_mult: 2", 2), "param 'w': lr_mult is 2 here and 1 in an earlier"),
        (("decay_mult: 0", "decay_mult: 2", 2), "param 'w': decay_mult is 2 here and 0 in"),
    ],
)
def test_weights_that_cannot_be_shared_are_named(parts, message):
    with pytest.raises(ConfigError, match=message):
        make(INPUT + SHARED.format(*parts))


def test_shared_weights_adopt_the_rate_that_one_layer_gives():
    net = make(INPUT + SHARED.format("", "lr_mult: 5", 2))
    assert net.weights.learnable[0].learning_rate == 5
