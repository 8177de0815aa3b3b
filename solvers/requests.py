"""Which nets a solver prototxt asks for: one to train, any number to test.

Source: Solver::InitTrainNet and Solver::InitTestNets of Caffe.
"""

from dataclasses import dataclass
from typing import Any

from ..proto import ConfigError, read_net
from ..proto.caffe_pb2 import TEST, TRAIN, NetParameter, NetState


@dataclass
class Request:
    """A net to build: its layers and state, and where it was asked for, as the log says it."""

    param: NetParameter
    source: str

    @property
    def phase(self) -> int:
        """TRAIN or TEST, unless the net's own state or the solver's says otherwise."""
        return self.param.state.phase


def train_request(solver: Any) -> Request:
    """The net that is trained."""
    fields = ("net", "net_param", "train_net", "train_net_param")
    given = [field for field in fields if solver.HasField(field)]
    if len(given) != 1:
        found = f"found {' and '.join(given)}" if given else "found none"
        raise ConfigError(
            f"solver: the net to train is given by exactly one of {', '.join(fields)}; {found}"
        )
    source = {
        "net": f"from net file: {solver.net}",
        "net_param": "specified in net_param.",
        "train_net": f"from train_net file: {solver.train_net}",
        "train_net_param": "specified in train_net_param.",
    }[given[0]]
    return Request(_in_state(_load(solver, given[0]), TRAIN, solver.train_state), source)


def test_requests(solver: Any) -> list[Request]:
    """The nets that are tested: those listed, then one of the common net per test_iter left."""
    requests = [
        Request(_copy(net), f"test_net_param #{i}") for i, net in enumerate(solver.test_net_param)
    ]
    requests += [Request(read_net(path), f"test_net file: {path}") for path in solver.test_net]
    common = next((field for field in ("net", "net_param") if solver.HasField(field)), None)
    left = len(solver.test_iter) - len(requests)
    if left < 0 or (left and not common):
        raise ConfigError(
            f"solver: test_iter has {len(solver.test_iter)} values for {len(requests)} test nets; "
            "give one for each"
        )
    for _ in range(left):
        where = f"net file: {solver.net}" if common == "net" else "net_param"
        requests.append(Request(_load(solver, common), where))
    if requests and solver.test_interval < 1:
        raise ConfigError("solver: test_iter is given, but no test_interval (in iterations)")
    if len(solver.test_state) not in (0, len(requests)):
        raise ConfigError(
            f"solver: test_state has {len(solver.test_state)} values for {len(requests)} test "
            "nets; give none, or one for each"
        )
    for i, request in enumerate(requests):
        _in_state(request.param, TEST, solver.test_state[i] if solver.test_state else NetState())
    return requests


def _load(solver: Any, field: str | None) -> NetParameter:
    value = getattr(solver, field or "")
    return read_net(value) if isinstance(value, str) else _copy(value)


def _copy(param: Any) -> NetParameter:
    copy = NetParameter()
    copy.CopyFrom(param)
    return copy


def _in_state(param: NetParameter, phase: int, asked: NetState) -> NetParameter:
    """The net's state: the default phase, overruled by its own, overruled by the solver's."""
    state = NetState(phase=phase)  # pyright: ignore[reportArgumentType]
    state.MergeFrom(param.state)
    state.MergeFrom(asked)
    param.state.CopyFrom(state)
    return param
