"""In place, every layer gives what it gives otherwise, or refuses."""

import numpy as np
import pytest

from cortado.proto import ConfigError

WORKS = {
    "BN": "",
    "BNLL": "",
    "BatchNorm": "",
    "Bias": "",
    "Clip": "clip_param { min: -0.5 max: 0.5 }",
    "ELU": "",
    "Exp": "",
    "HSwish": "",
    "Hardsigmoid": "",
    "Log": "log_param { shift: 9 }",
    "MVN": "",
    "Mish": "",
    "PReLU": "",
    "Power": "power_param { scale: 2 shift: 1 }",
    "ReLU": "",
    "ReLU6": "relu6_param { negative_slope: 0.5 }",
    "Scale": "",
    "Sigmoid": "",
    "Softmax": "",
    "Swish": "",
    "TanH": "",
}
REFUSED = {
    "AbsVal": "",
    "ArgMax": "",
    "Concat": "",
    "Convolution": "convolution_param { num_output: 3 kernel_size: 3 pad: 1 }",
    "Deconvolution": "convolution_param { num_output: 3 kernel_size: 1 }",
    "Flatten": "",
    "Interp": "interp_param { zoom_factor: 1 }",
    "InnerProduct": "inner_product_param { num_output: 3 axis: -1 }",
    "LRN": "",
    "Pooling": "pooling_param { kernel_size: 3 stride: 1 pad: 1 }",
    "Reduction": "",
    "Reshape": "reshape_param { shape { dim: 0 dim: 3 dim: 4 dim: 4 } }",
    "Reorg": "reorg_param { stride: 1 }",
    "SPP": "spp_param { pyramid_height: 1 }",
    "ShuffleChannel": "",
    "Slice": 'top: "y"',
    "Split": 'top: "y"',
    "Tile": "tile_param { tiles: 1 }",
    "Upsample": "",
}
SHAPES = {"SPP": (2, 3, 1, 1)}


def run(layer, bottom, top, dy):
    layer.forward(bottom, top)
    y = top[0].data.copy()
    top[0].diff[...] = dy
    layer.backward(top, bottom)
    return [y, bottom[0].diff.copy(), *(weight.diff for weight in layer.weights)]


@pytest.mark.parametrize("kind", WORKS)
def test_in_place_gives_the_same(make_layer, rng, kind):
    x, dy = rng.standard_normal((2, 2, 3, 4, 4))
    param = f'type: "{kind}" {WORKS[kind]}'
    layer, bottom, top = make_layer(param, x)
    expected = run(layer, bottom, top, dy)
    layer, bottom, _ = make_layer(param, x)
    layer.reshape(bottom, bottom)
    for found, wanted in zip(run(layer, bottom, bottom, dy), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", REFUSED)
def test_layers_that_cannot_work_in_place_say_so(make_layer, kind):
    shape = SHAPES.get(kind, (2, 3, 4, 4))
    layer, bottom, _ = make_layer(f'type: "{kind}" {REFUSED[kind]}', shape)
    with pytest.raises(ConfigError, match=rf"layer 'it' \({kind}\): cannot work in place"):
        layer.reshape(bottom, bottom)


def test_lrn_runs_in_place_where_nobody_asks_for_a_gradient(make_layer, rng):
    x = rng.standard_normal((2, 7, 3, 3))
    layer, bottom, top = make_layer('type: "LRN"', x)
    layer.forward(bottom, top)
    expected = top[0].data.copy()
    layer.propagate_down = [False]
    layer.reshape(bottom, bottom)
    layer.forward(bottom, bottom)
    np.testing.assert_allclose(bottom[0].data, expected, rtol=1e-12)
