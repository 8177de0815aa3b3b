import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.layers.convolution import Convolution


def depthwise(param):
    return f'type: "DepthwiseConvolution" convolution_param {{ {param} }}'


def definition(x, filters, bias, stride, pad):
    outputs, _, kernel, _ = filters.shape
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    n, c, h, w = x.shape
    out_h, out_w = ((size - kernel) // stride + 1 for size in (h, w))
    y = np.empty((n, outputs, out_h, out_w))
    for k in range(outputs):
        for i in range(out_h):
            for j in range(out_w):
                part = x[:, k * c // outputs, i * stride :, j * stride :][:, :kernel, :kernel]
                y[:, k, i, j] = (part * filters[k, 0]).sum(axis=(1, 2)) + bias[k]
    return y


@pytest.mark.parametrize("outputs", [3, 6])
@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 1)])
def test_definition_and_gradient(make_layer, outputs, stride, pad):
    param = f"num_output: {outputs} kernel_size: 3 stride: {stride} pad: {pad}"
    layer, (x,), (y,) = make_layer(depthwise(param), (2, 3, 5, 4))
    filters, bias = (weight.data for weight in layer.weights)
    assert filters.shape == (outputs, 1, 3, 3)
    layer.forward([x], [y])
    np.testing.assert_allclose(y.data, definition(x.data, filters, bias, stride, pad), rtol=1e-10)
    check_gradients(layer, [x], [y])


def test_a_group_that_is_given_is_obeyed(make_layer):
    layer, _, _ = make_layer(depthwise("num_output: 4 kernel_size: 1 group: 2"), (1, 4, 2, 2))
    assert layer.weights[0].shape == (4, 2, 1, 1)


def test_it_has_the_kernels_of_convolution(make_layer):
    layer, _, _ = make_layer(depthwise("num_output: 4 kernel_size: 1"), (1, 4, 2, 2))
    assert isinstance(layer, Convolution)
