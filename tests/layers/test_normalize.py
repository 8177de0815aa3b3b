import pytest

from cortado.proto import ConfigError


def test_the_message_tells_which_normalize_it_is(make_layer):
    layer, _, _ = make_layer('type: "Normalize" normalize_param { }', (2, 3))
    assert layer.weights == []
    with pytest.raises(ConfigError, match=r"\(Normalize\): needs normalize_param"):
        make_layer('type: "Normalize"', (2, 3))
