import pytest

from cortado.layers import layer_class
from cortado.layers.families.origins import origin
from cortado.proto import ConfigError


def test_an_unknown_type_is_told_its_fork_and_how_to_supply_it():
    name = "MultiStageMeanfield"
    message = (
        rf"layer 'crf': unknown type '{name}', which comes from CRF as RNN \(torrvision/crfasrnn\) "
        rf'.*derived from caffe.Layer, .*python_param {{ module: "my_layers" layer: "{name}" }}'
    )
    with pytest.raises(ConfigError, match=message):
        layer_class(name, "crf")


def test_other_names_have_no_origin():
    assert origin("Convolutoin") is None
