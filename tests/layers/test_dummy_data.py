import json

import numpy as np
import pytest
from gpu_parity import ON_DEVICE, open_test_gpu, why_no_gpu

from cortado.core.device import opening
from cortado.nets import Net
from cortado.proto import ConfigError, caffe_pb2
from cortado.proto.text import parse_text

ONE = 'type: "DummyData" top: "a" '
TWO = ONE + 'top: "b" '


def test_without_a_filler_everything_is_zero(make_layer):
    layer, _, top = make_layer(TWO + "dummy_data_param { shape { dim: 2 dim: 3 } }", tops=2)
    layer.forward([], top)
    assert [t.shape for t in top] == [(2, 3), (2, 3)]
    assert not any(t.data.any() for t in top)


def test_shapes_and_fillers_of_each_top(make_layer):
    layer, _, top = make_layer(
        TWO + "dummy_data_param { shape { dim: 2 } shape { dim: 5 dim: 1 } "
        'data_filler { value: 3 } data_filler { type: "uniform" min: 4 max: 5 } }',
        tops=2,
    )
    layer.forward([], top)
    assert [t.shape for t in top] == [(2,), (5, 1)]
    assert top[0].data.tolist() == [3, 3]
    assert ((top[1].data >= 4) & (top[1].data < 5)).all()


def test_sizes_as_they_used_to_be_given(make_layer):
    text = "dummy_data_param { num: 2 num: 3 channels: 4 height: 5 width: 6 width: 7 }"
    _, _, top = make_layer(TWO + text, tops=2)
    assert [t.shape for t in top] == [(2, 4, 5, 6), (3, 4, 5, 7)]


def test_constants_are_filled_once_and_the_rest_every_time(make_layer):
    layer, _, top = make_layer(
        TWO + "dummy_data_param { shape { dim: 9 } "
        'data_filler { value: 3 } data_filler { type: "gaussian" } }',
        tops=2,
    )
    assert (top[0].data == 3).all()
    layer.forward([], top)
    first = top[1].data.copy()
    top[0].data[...] = 8
    layer.forward([], top)
    assert (top[0].data == 8).all()
    assert not (top[1].data == first).any()


def test_a_restored_layer_goes_on_as_if_nothing_had_happened(make_layer):
    text = ONE + 'dummy_data_param { shape { dim: 9 } data_filler { type: "gaussian" } }'
    layer, _, top = make_layer(text)
    layer.forward([], top)
    state = json.loads(json.dumps(layer.state()))
    layer.forward([], top)
    other, _, other_top = make_layer(text)
    other.restore(state)
    other.forward([], other_top)
    np.testing.assert_array_equal(top[0].data, other_top[0].data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "dummy_data_param.shape: 0 shapes for 3 tops; give one for all, or one for each"),
        ("shape { dim: 1 } shape { dim: 1 }", "dummy_data_param.shape: 2 shapes for 3 tops"),
        ("num: 1 channels: 1 height: 1", "dummy_data_param.width: 0 values for 3 tops"),
        ("shape { dim: 1 } num: 1", "give shape, or num, channels, height and width, not both"),
        (
            "shape { dim: 1 } data_filler { } data_filler { }",
            "dummy_data_param.data_filler: 2 fillers for 3 tops",
        ),
        ('shape { dim: 1 } data_filler { type: "wet" }', "data_filler: filler: unknown type 'wet'"),
    ],
)
def test_bad_parameters(make_layer, text, message):
    with pytest.raises(ConfigError, match=message):
        make_layer(TWO + f'top: "c" dummy_data_param {{ {text} }}', tops=3)


@pytest.mark.skipif(ON_DEVICE or bool(why_no_gpu()), reason="only emulated devices count uploads")
def test_constants_are_sent_to_a_gpu_once():
    param = caffe_pb2.NetParameter()
    parse_text(
        """layer { name: "it" type: "DummyData" top: "it" dummy_data_param {
               shape { dim: 2 dim: 3 } data_filler { value: 4 } } }
           layer { name: "power" type: "Power" bottom: "it" top: "power"
               power_param { scale: 3 } }""",
        param,
    )
    with opening(open_test_gpu):
        net = Net(param, caffe_pb2.TRAIN, device="gpu")
        net.forward()
        before = net.gpu.uploads
        net.forward()
        assert net.gpu.uploads == before
        assert (net.blobs["power"].data == 12).all()
