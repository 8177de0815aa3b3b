import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError

GEOMETRIES = {
    "plain": ("kernel_size: 3", (2, 4, 3, 2)),
    "upsampling": ("kernel_size: 4 stride: 2 pad: 1", (1, 4, 3, 2)),
    "dilated": ("kernel_size: 2 dilation: 2 stride: 2", (1, 4, 2, 3)),
    "grouped": ("kernel_size: 2 stride: 2 group: 2", (2, 4, 2, 2)),
    "depthwise": ("kernel_size: 4 stride: 2 pad: 1 group: 4 bias_term: false", (2, 4, 2, 3)),
    "1 x 1": ("kernel_size: 1", (2, 4, 3, 2)),
    "time": ("kernel_size: 3 stride: 2", (2, 4, 4)),
    "volume": ("kernel_size: 2 stride: 2 stride: 1 stride: 1", (1, 4, 2, 2, 3)),
}


def deconvolution(param, num_output=4):
    return f'type: "Deconvolution" convolution_param {{ num_output: {num_output} {param} }}'


def test_by_hand(make_layer):
    x = np.array([[[[1, 10]]]])
    layer, bottom, top = make_layer(deconvolution("kernel_size: 2", num_output=1), x)
    layer.weights[0].data[...] = [[[[1, 2], [3, 4]]]]
    layer.weights[1].data[...] = 100
    layer.forward(bottom, top)
    np.testing.assert_array_equal(top[0].data, [[[[101, 112, 120], [103, 134, 140]]]])


@pytest.mark.parametrize(("param", "shape"), GEOMETRIES.values(), ids=GEOMETRIES.keys())
def test_gradient(make_layer, param, shape):
    layer, bottom, top = make_layer(deconvolution(param), shape)
    check_gradients(layer, bottom, top)


def test_filters_and_shape(make_layer):
    layer, _, top = make_layer(
        deconvolution("kernel_size: 4 stride: 2 pad: 1 group: 2", 6), (2, 4, 5, 7)
    )
    assert [w.shape for w in layer.weights] == [(4, 3, 4, 4), (6,)]
    assert top[0].shape == (2, 6, 10, 14)


def test_bilinear_filters_keep_a_constant_image(make_layer):
    param = "kernel_size: 4 stride: 2 pad: 1 group: 2 bias_term: false"
    filler = 'weight_filler { type: "bilinear" }'
    layer, bottom, top = make_layer(deconvolution(f"{param} {filler}", 2), np.ones((1, 2, 4, 4)))
    layer.fill_weights()
    layer.forward(bottom, top)
    np.testing.assert_allclose(top[0].data[:, :, 1:-1, 1:-1], 1)


def test_padding_larger_than_the_output(make_layer):
    with pytest.raises(ConfigError, match=r"kernel_size: \(1, 1\) with pad \(2, 2\).* not fit"):
        make_layer(deconvolution("kernel_size: 1 pad: 2"), (1, 4, 3, 3))
