from cortado.layers import layer_class
from cortado.layers.hswish import HSwish


def test_it_is_hswish():
    assert issubclass(layer_class("HardSwish"), HSwish)
