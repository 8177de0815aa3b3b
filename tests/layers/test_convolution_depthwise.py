import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients


def depthwise(param):
    return f'type: "ConvolutionDepthwise" convolution_param {{ {param} }}'


@pytest.mark.parametrize("given", ["", "num_output: 3 group: 3", "num_output: 2 group: 7"])
def test_it_is_a_convolution_with_a_filter_for_each_channel(make_layer, given):
    layer, (x,), (y,) = make_layer(depthwise(f"kernel_size: 3 pad: 1 {given}"), (2, 3, 4, 5))
    same = 'type: "Convolution" convolution_param { num_output: 3 group: 3 kernel_size: 3 pad: 1 }'
    other, _, (expected,) = make_layer(same, x.data)
    for weight, copy in zip(layer.weights, other.weights, strict=True):
        copy.data[...] = weight.data
    layer.forward([x], [y])
    other.forward([x], [expected])
    np.testing.assert_array_equal(y.data, expected.data)
    check_gradients(layer, [x], [y])
