"""Devices: "cpu", "gpu" (the first) or "gpu:1"."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..proto import ConfigError

_opened: dict[int, Any] = {}
_open: Callable[[int], Any] | None = None


def open_device(device: str) -> Any:
    """None for "cpu", else the Gpu of that number, one for the whole process.

    Raises ConfigError for other names, and for GPUs that are not there.
    """
    kind, _, number = device.partition(":")
    if kind == "cpu" and not number:
        return None
    if kind != "gpu" or (number and not number.isdigit()):
        raise ConfigError(f'device: {device!r} is none of "cpu", "gpu", "gpu:0", "gpu:1", ...')
    ordinal = int(number or 0)
    if ordinal not in _opened:
        _opened[ordinal] = (_open or _open_cuda)(ordinal)
    return _opened[ordinal]


@contextmanager
def opening(make: Callable[[int], Any] | None) -> Iterator[None]:
    """For tests: inside, GPUs are what `make` gives for their number; None: CUDA's."""
    global _open, _opened
    before = _open, _opened
    _open, _opened = make, {}
    try:
        yield
    finally:
        _open, _opened = before


def _open_cuda(ordinal: int) -> Any:
    from .gpu import Gpu

    return Gpu(ordinal)
