import pytest

from cortado.core import Layer, register
from cortado.core.registry import registered
from cortado.layers import layer_class


def test_a_type_has_one_class():
    relu = layer_class("ReLU")
    with pytest.raises(ValueError, match="layer type 'ReLU' is already cortado.layers.relu"):

        @register("ReLU")
        class Other(Layer):
            pass

    assert registered("ReLU") is relu


def test_a_module_may_be_imported_again():
    relu = layer_class("ReLU")
    assert register("ReLU")(relu) is relu
    assert relu.type == "ReLU"
