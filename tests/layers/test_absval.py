import pytest

from cortado.proto import ConfigError


def test_values_and_gradient(make_layer):
    layer, bottom, top = make_layer('type: "AbsVal"', [-2, 0, 3])
    layer.forward(bottom, top)
    top[0].diff[...] = [5, 6, 7]
    layer.backward(top, bottom)
    assert top[0].data.tolist() == [2, 0, 3]
    assert bottom[0].diff.tolist() == [-5, 0, 7]


def test_in_place_is_refused(make_layer):
    layer, bottom, _ = make_layer('type: "AbsVal"', (3,))
    with pytest.raises(ConfigError, match=r"^layer 'it' \(AbsVal\): cannot work in place; give"):
        layer.reshape(bottom, bottom)
