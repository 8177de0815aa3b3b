import numpy as np
import pytest

BLOCK = """
layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 bias_term: %s } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "%s" }
layer { name: "scale" type: "Scale" bottom: "%s" top: "%s" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "%s" top: "y" }
"""


def block(bias="true", bn="conv", scale="conv"):
    return BLOCK % (bias, bn, bn, scale, scale)


@pytest.mark.parametrize("bias", ["true", "false"])
@pytest.mark.parametrize("names", [("conv", "conv"), ("bn", "bn"), ("bn", "scale")], ids=str)
def test_batch_norm_and_scale_go_into_the_convolution(check, operators, names, bias):
    model = check(block(bias, *names), x=(2, 3, 5, 6), batches=[3])
    assert operators(model) == ["Conv", "Relu"]


def test_nothing_is_folded_unless_asked(check, operators):
    model = check(block(), x=(2, 3, 5, 6), folds=False)
    assert operators(model) == ["Conv", "BatchNormalization", "Mul", "Add", "Relu"]


def test_a_convolution_that_others_read_stays_as_it_is(check, operators):
    second = 'layer { name: "other" type: "TanH" bottom: "conv" top: "z" }'
    model = check(block(bn="bn", scale="scale") + second, x=(2, 3, 5, 6))
    assert sorted(operators(model)) == ["BatchNormalization", "Conv", "Relu", "Tanh"]


def test_what_follows_another_layer_goes_into_the_batch_norm(check, operators):
    layers = """layer { name: "relu" type: "ReLU" bottom: "x" top: "r" }
                layer { name: "bn" type: "BatchNorm" bottom: "r" top: "bn" }
                layer { name: "s" type: "Scale" bottom: "bn" top: "bn" }
                layer { name: "b" type: "Bias" bottom: "bn" top: "y" }"""
    assert operators(check(layers, x=(2, 3, 5, 6))) == ["Relu", "BatchNormalization"]


@pytest.mark.parametrize(
    "scale",
    [
        'bottom: "conv" bottom: "s" top: "y" scale_param { axis: 0 }',
        'bottom: "conv" top: "y" scale_param { axis: 2 }',
        'bottom: "conv" top: "y" scale_param { num_axes: 2 }',
    ],
)
def test_scales_that_are_not_per_channel_stay(check, operators, scale):
    layers = f"""layer {{ name: "conv" type: "Convolution" bottom: "x" top: "conv"
                    convolution_param {{ num_output: 4 kernel_size: 3 }} }}
                 layer {{ name: "scale" type: "Scale" {scale} }}"""
    shapes = {"s": (2, 4)} if '"s"' in scale else {}
    assert operators(check(layers, x=(2, 3, 5, 6), **shapes))[-1] == "Mul"


def test_statistics_of_the_batch_cannot_be_folded(check, operators):
    layers = block().replace(
        'top: "conv" }', 'top: "conv" batch_norm_param { use_global_stats: false } }'
    )
    assert operators(check(layers, x=(2, 3, 5, 6)))[:3] == ["Conv", "ReduceMean", "ReduceMean"]


def test_a_blob_that_is_an_output_keeps_its_value(check):
    layers = """layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
                    convolution_param { num_output: 4 kernel_size: 3 } }"""
    model = check(layers, x=(2, 3, 5, 6))
    assert [output.name for output in model.graph.output] == ["conv"]


def test_filters_and_bias_are_those_of_all_three_layers(make_net):
    from cortado.nets.exporting.folding import fold, pieces

    net = make_net(block(), x=(1, 3, 5, 5))
    (conv,) = [part for part in fold(pieces(net)) if part.layer.type == "Convolution"]
    mean, variance, weight, gamma, beta = (
        net.params[name][i].data.astype("float64")
        for name, i in [("bn", 0), ("bn", 1), ("bn", 2), ("scale", 0), ("scale", 1)]
    )
    filters, bias = (blob.data.astype("float64") for blob in net.params["conv"])
    factor = gamma / np.sqrt(variance / weight + net.layers[2].param.batch_norm_param.eps)
    np.testing.assert_allclose(
        conv.weights[0], filters * factor[:, None, None, None], rtol=1e-6, atol=1e-9
    )
    expected = (bias - mean / weight) * factor + beta
    np.testing.assert_allclose(conv.weights[1], expected, rtol=1e-6, atol=1e-7)


def test_a_batch_norm_with_scale_and_bias_of_its_own_is_folded_whole(make_net):
    from cortado.nets.exporting.folding import fold, pieces

    text = """layer { name: "conv" type: "Convolution" bottom: "x" top: "conv"
                  convolution_param { num_output: 4 kernel_size: 1 bias_term: false
                                      weight_filler { value: 1 } } }
              layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn"
                  batch_norm_param { scale_bias: true eps: 0 } }"""
    net = make_net(text, x=(1, 3, 2, 2))
    net.params["conv"][0].data[...] = 1
    for blob, value in zip(net.params["bn"], (0.5, 4, 1, 3, 5), strict=True):
        blob.data[...] = value
    (conv,) = [part for part in fold(pieces(net)) if part.layer.type == "Convolution"]
    np.testing.assert_allclose(conv.weights[0], 3 / 2)
    np.testing.assert_allclose(conv.weights[1], 5 - 0.5 * 3 / 2)
