import pytest

from cortado.proto import ConfigError


def test_it_has_no_groups(make_layer):
    prototxt = (
        'type: "LocalConvolution" convolution_param { num_output: 2 kernel_size: 1 group: 2 }'
    )
    with pytest.raises(ConfigError, match=r"\(LocalConvolution\): convolution_param.group: 2 must"):
        make_layer(prototxt, (1, 2, 4, 4))


def test_its_window_may_have_two_sizes_and_holes(make_layer):
    fields = "num_output: 2 kernel_h: 2 kernel_w: 1 dilation: 2"
    prototxt = f'type: "LocalConvolution" convolution_param {{ {fields} }}'
    layer, _, top = make_layer(prototxt, (1, 3, 4, 4))
    assert top[0].shape == (1, 2, 2, 4)
    assert layer.weights[0].shape == (2, 1, 6, 8)
