import pytest

from cortado.proto import ConfigError


@pytest.mark.parametrize(
    ("param", "message"),
    [
        (
            'type: "DummyData" top: "y" dummy_data_param { shape { dim: -4 } }',
            r"layer 'it' \(DummyData\): top\[0\]: a blob cannot have shape \(-4,\)",
        ),
        (
            'type: "Parameter" parameter_param { shape { dim: 4000000000 } }',
            r"layer 'it' \(Parameter\): weight 0: a blob cannot have shape \(4000000000,\)",
        ),
    ],
)
def test_a_shape_that_no_blob_can_have_is_named(make_layer, param, message):
    with pytest.raises(ConfigError, match=message):
        make_layer(param)


def test_no_layer_changes_the_shape_of_its_bottom_in_place(make_layer):
    param = 'type: "Im2col" convolution_param { kernel_size: 3 }'
    layer, bottom, _ = make_layer(param, (1, 1, 4, 4))
    with pytest.raises(
        ConfigError, match=r"in place: it makes shape \(1, 9, 2, 2\) of \(1, 1, 4, 4\)"
    ):
        layer.reshape(bottom, bottom)
    assert bottom[0].shape == (1, 1, 4, 4)
