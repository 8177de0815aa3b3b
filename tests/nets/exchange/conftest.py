import numpy as np
import pytest

from cortado.nets import Net
from cortado.proto import parse_net
from cortado.proto.caffe_pb2 import TEST

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape {
        dim: 1 dim: 3 dim: 6 dim: 6 } } }
layer { name: "block/conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "act" type: "PReLU" bottom: "conv" top: "conv" }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc"
        inner_product_param { num_output: 2 } }
"""


@pytest.fixture
def net():
    return Net(parse_net(NET), TEST, seed=1)


@pytest.fixture
def arrays():
    """What PyTorch would call the weights of that net, in its order."""
    rng = np.random.default_rng(1)
    shapes = {
        "block.conv.weight": (4, 3, 3, 3),
        "block.conv.bias": (4,),
        "bn.weight": (4,),
        "bn.bias": (4,),
        "bn.running_mean": (4,),
        "bn.running_var": (4,),
        "act.weight": (4,),
        "fc.weight": (2, 64),
        "fc.bias": (2,),
    }
    found = {name: rng.random(shape, dtype="float32") for name, shape in shapes.items()}
    found["bn.num_batches_tracked"] = np.array(7)
    return found
