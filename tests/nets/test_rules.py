import pytest

from cortado.nets.rules import net_state, select_layers
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN


def kept(rule, phase=TRAIN, level=0, stages=(), net=""):
    param = parse_net(f'{net} layer {{ name: "it" type: "Power" {rule} }}')
    return len(select_layers(param, net_state(param, phase, level, stages)).layer) == 1


@pytest.mark.parametrize(
    ("rule", "state", "expected"),
    [
        ("", {}, True),
        ("include { phase: TRAIN }", {}, True),
        ("include { phase: TEST }", {}, False),
        ("exclude { phase: TRAIN }", {}, False),
        ("exclude { phase: TEST }", {}, True),
        ("include { phase: TEST } include { min_level: 2 }", {"level": 2}, True),
        ("include { phase: TEST } include { min_level: 2 }", {"level": 1}, False),
        ("include { min_level: 1 max_level: 3 }", {"level": 3}, True),
        ("include { min_level: 1 max_level: 3 }", {"level": 4}, False),
        ('include { stage: "a" stage: "b" }', {"stages": ("b", "a", "c")}, True),
        ('include { stage: "a" stage: "b" }', {"stages": ("a",)}, False),
        ('include { not_stage: "a" }', {"stages": ("a",)}, False),
        ('exclude { stage: "a" }', {"stages": ("b",)}, True),
    ],
)
def test_a_layer_is_kept_by_its_rules(rule, state, expected):
    assert kept(rule, **state) is expected


def test_the_nets_own_stages_count_too():
    assert kept('include { stage: "deploy" }', phase=TEST, net='state { stage: "deploy" }')


def test_include_and_exclude_together_are_refused():
    with pytest.raises(ConfigError, match="layer 'it': has both include and exclude"):
        kept("include { phase: TRAIN } exclude { phase: TEST }")
