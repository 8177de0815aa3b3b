import pytest


@pytest.mark.parametrize(
    "layer",
    [
        'type: "ReLU6"',
        'type: "ReLU6" relu6_param { negative_slope: 0.1 }',
        'type: "HSwish"',
        'type: "HardSwish"',
        'type: "Hardsigmoid"',
        'type: "HardSigmoid" hardsigmoid_param { alpha: 0.3 beta: 0.4 }',
        'type: "Mish"',
        'type: "SpatialDropout"',
        'type: "Noise"',
    ],
)
def test_activations(check, layer):
    values = {"x": [[-9, -3, -1, 0], [1, 3, 5.5, 9]]}
    check(layer, x=(2, 4), values=values, batches=[3])


@pytest.mark.parametrize("gate", [(2, 3), (2, 3, 1, 1)], ids=str)
def test_axpy(check, gate):
    layer = 'type: "Axpy" bottom: "a" bottom: "x" bottom: "z" top: "y"'
    check(layer, a=gate, x=(2, 3, 4, 5), z=(2, 3, 4, 5), batches=[3])


@pytest.mark.parametrize("does", ["true", "false"])
def test_channel_scale(check, does):
    layer = f"""type: "ChannelScale" bottom: "x" bottom: "s" top: "y"
                channel_scale_param {{ do_forward: {does} }}"""
    check(layer, x=(2, 3, 4, 5), s=(2, 1, 4, 5), batches=[3])


@pytest.mark.parametrize("kind", ["DepthwiseConvolution", "ConvolutionDepthwise"])
def test_depthwise_convolutions(check, operators, kind):
    layers = f"""layer {{ name: "conv" type: "{kind}" bottom: "x" top: "c"
                    convolution_param {{ num_output: 4 kernel_size: 3 pad: 1 stride: 2 }} }}
                 layer {{ name: "bn" type: "BatchNorm" bottom: "c" top: "y" }}"""
    assert operators(check(layers, x=(2, 4, 6, 7), batches=[3])) == ["Conv"]
