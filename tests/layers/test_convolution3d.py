import numpy as np
import pytest

from cortado.core.gradient_check import check_gradients
from cortado.proto import ConfigError


def convolution(param):
    return f'type: "Convolution3D" convolution3d_param {{ {param} }}'


FIELDS = "num_output: 2 kernel_size: 3 kernel_depth: 2 stride: 2 pad: 1 temporal_pad: 1 group: 2"


def test_it_is_convolution(make_layer):
    layer, (x,), (y,) = make_layer(convolution(f"{FIELDS} filter_group: 2"), (2, 4, 3, 5, 4))
    assert layer.weights[0].shape == (2, 2, 2, 3, 3)
    same = f'type: "Convolution" convolution_param {{ {FIELDS} }}'
    other, _, (expected,) = make_layer(same, x.data)
    for weight, copy in zip(layer.weights, other.weights, strict=True):
        copy.data[...] = weight.data
    layer.forward([x], [y])
    other.forward([x], [expected])
    np.testing.assert_array_equal(y.data, expected.data)
    check_gradients(layer, [x], [y])


def test_c3d_wrote_it_as_convolution_param_once(make_layer):
    written_so = f'type: "Convolution3D" convolution_param {{ {FIELDS} }}'
    old, _, _ = make_layer(written_so, (2, 4, 3, 5, 4))
    new, _, _ = make_layer(convolution(FIELDS), (2, 4, 3, 5, 4))
    assert (old.window, old.num_output, old.group) == (new.window, new.num_output, new.group)


def test_fillers_and_bias(make_layer):
    fields = "num_output: 1 kernel_size: 1 kernel_depth: 1"
    fillers = "weight_filler { value: 3 } bias_filler { value: 4 }"
    layer, _, _ = make_layer(convolution(f"{fields} {fillers}"), (1, 2, 2, 2, 2))
    layer.fill_weights()
    assert [weight.data.ravel().tolist() for weight in layer.weights] == [[3, 3], [4]]
    layer, _, _ = make_layer(convolution(f"{fields} bias_term: false"), (1, 2, 2, 2, 2))
    assert len(layer.weights) == 1


@pytest.mark.parametrize(
    ("param", "shape", "message"),
    [
        ("num_output: 1 kernel_size: 1", (1, 1, 2, 2, 2), "convolution3d_param.kernel_depth: is"),
        ("num_output: 1 kernel_depth: 1", (1, 1, 2, 2, 2), "convolution3d_param.kernel_size: is"),
        ("kernel_depth: 1 kernel_size: 1", (1, 1, 2, 2, 2), "num_output: is required"),
        (FIELDS, (1, 4, 5, 5), r"needs a bottom \(N, C, L, H, W\), got shape \(1, 4, 5, 5\)"),
    ],
)
def test_errors(make_layer, param, shape, message):
    with pytest.raises(ConfigError, match=rf"layer 'it' \(Convolution3D\): .*{message}"):
        make_layer(convolution(param), shape)
