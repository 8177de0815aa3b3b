"""Devices: "cpu", "gpu" or "gpu:1", and the array module that serves each."""

from typing import Any

import numpy as np

from ..proto import ConfigError


def array_module(device: str) -> Any:
    """numpy for "cpu", cupy for "gpu" (the first) or "gpu:N"."""
    kind, _, ordinal = device.partition(":")
    if kind == "cpu" and not ordinal:
        return np
    if kind != "gpu" or (ordinal and not ordinal.isdigit()):
        raise ConfigError(f'device: {device!r} is none of "cpu", "gpu", "gpu:0", "gpu:1", ...')
    try:
        import cupy
    except ImportError:
        raise ConfigError(
            f"device {device!r} needs cupy, which is not installed: pip install 'cortado[gpu]'"
        ) from None
    return cupy
