"""Which layers of a prototxt belong to a net: phases, levels and stages.

Source: Net::FilterNet and Net::StateMeetsRule of Caffe.
"""

from typing import Any

from ..core import log
from ..proto import ConfigError
from ..proto.caffe_pb2 import NetParameter, NetState, Phase


def select_layers(net: Any, state: NetState) -> NetParameter:
    """The NetParameter with only the layers that `state` lets in, and with that state."""
    selected = NetParameter()
    selected.CopyFrom(net)
    selected.state.CopyFrom(state)
    del selected.layer[:]
    selected.layer.extend(layer for layer in net.layer if _belongs(layer, state))
    return selected


def _belongs(layer: Any, state: NetState) -> bool:
    if layer.include and layer.exclude:
        raise ConfigError(
            f"layer {layer.name!r}: has both include and exclude rules; give one kind or the other"
        )
    # Every rule is tried, although one decides, so that each mismatch is logged as in Caffe.
    if layer.include:
        return any([meets(state, rule, layer.name) for rule in layer.include])
    return not any([meets(state, rule, layer.name) for rule in layer.exclude])


def meets(state: NetState, rule: Any, layer: str) -> bool:
    """Whether every condition of a NetStateRule holds; the first that fails is logged."""
    problem = _mismatch(state, rule)
    if problem:
        source, text = problem
        log.info(source, f"The NetState {text} specified by a rule in layer {layer}")
    return problem is None


def _mismatch(state: NetState, rule: Any) -> tuple[str, str] | None:
    if rule.HasField("phase") and rule.phase != state.phase:
        return "net.cpp:296", f"phase ({state.phase:d}) differed from the phase ({rule.phase:d})"
    if rule.HasField("min_level") and state.level < rule.min_level:
        return "net.cpp:306", f"level ({state.level}) is above the min_level ({rule.min_level})"
    if rule.HasField("max_level") and state.level > rule.max_level:
        return "net.cpp:316", f"level ({state.level}) is above the max_level ({rule.max_level})"
    for stage in rule.stage:
        if stage not in state.stage:
            return "net.cpp:332", f"did not contain stage '{stage}'"
    for stage in rule.not_stage:
        if stage in state.stage:
            return "net.cpp:348", f"contained a not_stage '{stage}'"
    return None


def net_state(net: Any, phase: int, level: int | None, stages: tuple[str, ...]) -> NetState:
    """The state a net is built in: its own `state`, overruled by what the caller asks for."""
    state = NetState()
    state.CopyFrom(net.state)
    state.phase = Phase.ValueType(phase)  # pyright: ignore[reportAttributeAccessIssue]
    if level is not None:
        state.level = level
    state.stage.extend(stages)
    return state
