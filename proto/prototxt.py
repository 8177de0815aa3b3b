"""Net and solver files into messages that are up to date."""

import os
from pathlib import Path

from google.protobuf.message import DecodeError

from .caffe_pb2 import NetParameter, SolverParameter
from .errors import ConfigError
from .input_file import read_file
from .text import parse_text
from .upgrade_net import upgrade_net
from .upgrade_solver import complete_snapshot_prefix, upgrade_solver


def read_net(path: str | os.PathLike, passed_over: list[ConfigError] | None = None) -> NetParameter:
    """The net in a prototxt file, or in a binary NetParameter, upgraded to today's form.

    With passed_over, unknown fields of a prototxt are no errors but are noted there.
    """
    data = read_file(path)
    if b"\0" in data:  # never in text; in every tag of a layer's weights
        net = _binary_net(data, str(path))
    else:
        net = parse_net(_decoded(data), str(path), passed_over)
    if not net.layer:
        raise ConfigError(f"{path}: holds no layers: it is empty, or no net")
    return net


def parse_net(
    text: str, source: str = "<text>", passed_over: list[ConfigError] | None = None
) -> NetParameter:
    """The net in prototxt, upgraded to today's form; source names it in errors."""
    net = NetParameter()
    parse_text(text, net, source, passed_over)
    return _upgraded(net, source)


def read_solver(path: str | os.PathLike) -> SolverParameter:
    """The solver in a prototxt file, upgraded, with its snapshot_prefix completed."""
    solver = parse_solver(_decoded(read_file(path)), str(path))
    complete_snapshot_prefix(solver, Path(path))
    return solver


def parse_solver(text: str, source: str = "<text>") -> SolverParameter:
    """The solver in prototxt, upgraded to today's form; source names it in errors."""
    solver = SolverParameter()
    parse_text(text, solver, source)
    upgrade_solver(solver, source)
    for net in (solver.net_param, solver.train_net_param, *solver.test_net_param):
        _upgraded(net, source)
    return solver


def _upgraded(net: NetParameter, source: str) -> NetParameter:
    try:
        upgrade_net(net)
    except ConfigError as problem:
        raise ConfigError(f"{source}: {problem}") from None
    return net


def _decoded(data: bytes) -> str:
    # Comments in other encodings do no harm; strings in them are refused where they stand.
    return data.decode("utf-8", "surrogateescape")


def _binary_net(data: bytes, source: str) -> NetParameter:
    try:
        return _upgraded(NetParameter.FromString(data), source)
    except (DecodeError, UnicodeDecodeError):
        raise ConfigError(f"{source}: neither prototxt nor a binary net") from None
