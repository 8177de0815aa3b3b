import pytest

from cortado.proto import ConfigError


def indicator(fields):
    return f'type: "ContinuationIndicator" continuation_indicator_param {{ {fields} }}'


def test_sequences_start_with_the_first_step(make_layer):
    layer, _, top = make_layer(indicator("time_step: 3 batch_size: 2"))
    layer.forward([], top)
    assert top[0].data.tolist() == [[0, 0], [1, 1], [1, 1]]
    layer.backward(top, [])


@pytest.mark.parametrize(
    ("fields", "missing"), [("batch_size: 2", "time_step"), ("time_step: 3", "batch_size")]
)
def test_both_sizes_are_required(make_layer, fields, missing):
    with pytest.raises(ConfigError, match=rf"continuation_indicator_param.{missing} is required"):
        make_layer(indicator(fields))
