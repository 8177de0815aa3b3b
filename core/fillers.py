"""Fillers: initial values of weights and of DummyData's blobs.

Source: Caffe's filler.hpp; xavier: Glorot and Bengio, AISTATS 2010; msra: He et al., ICCV 2015.
"""

import math
from typing import Any

import numpy as np

from ..proto import ConfigError
from .blob import Array, Blob, Shape
from .rng import Rng


def fill(blob: Blob, param: Any, rng: Rng) -> None:
    """Write to blob.data what a FillerParameter describes."""
    make = _FILLERS.get(param.type)
    if make is None:
        known = ", ".join(sorted(_FILLERS))
        raise ConfigError(f"filler: unknown type {param.type!r}; known types: {known}")
    if param.sparse != -1 and param.type != "gaussian":
        raise ConfigError(
            f"filler: sparse is {param.sparse}, but only type gaussian can be sparse, "
            f"not {param.type}"
        )
    if not blob.count:
        return
    values = make(param, blob.shape, rng)
    blob.data[...] = np.asarray(values, dtype=blob.dtype)


def _constant(param: Any, shape: Shape, rng: Rng) -> Array:
    return np.asarray(param.value)


def _uniform(param: Any, shape: Shape, rng: Rng) -> Array:
    if not -math.inf < param.min <= param.max < math.inf:
        raise ConfigError(
            f"filler: uniform needs finite min <= max, got {param.min:g} and {param.max:g}"
        )
    return rng.uniform(param.min, param.max, shape)


def _gaussian(param: Any, shape: Shape, rng: Rng) -> Array:
    if param.std < 0:
        raise ConfigError(f"filler: gaussian needs std >= 0, got {param.std:g}")
    values = rng.normal(param.mean, param.std, shape)
    if param.sparse >= 0:
        # On average `sparse` inputs of each output keep a weight.
        values *= rng.random(shape) < param.sparse / shape[0]
    return values


def _positive_unitball(param: Any, shape: Shape, rng: Rng) -> Array:
    rows = rng.random((shape[0], math.prod(shape[1:])))
    return (rows / rows.sum(axis=1, keepdims=True)).reshape(shape)


def _xavier(param: Any, shape: Shape, rng: Rng) -> Array:
    bound = math.sqrt(3 / _fan(param, shape))
    return rng.uniform(-bound, bound, shape)


def _msra(param: Any, shape: Shape, rng: Rng) -> Array:
    return rng.normal(0, math.sqrt(2 / _fan(param, shape)), shape)


def _bilinear(param: Any, shape: Shape, rng: Rng) -> Array:
    if len(shape) != 4 or shape[2] != shape[3]:
        raise ConfigError(
            f"filler: bilinear needs square filters (N, C, K, K), got shape {shape}; "
            "it makes the upsampling filters of a Deconvolution"
        )
    half = math.ceil(shape[3] / 2)
    centre = (shape[3] - 1) / (2 * half)
    ramp = 1 - np.abs(np.arange(shape[3]) / half - centre)
    return np.broadcast_to(np.outer(ramp, ramp), shape)


def _fan(param: Any, shape: Shape) -> float:
    """How many inputs (or outputs, or their mean) a weight of this shape connects."""
    count = math.prod(shape)
    fan_in = count / shape[0]
    fan_out = count / shape[1] if len(shape) > 1 else count
    return (fan_in, fan_out, (fan_in + fan_out) / 2)[param.variance_norm]


_FILLERS = {
    "constant": _constant,
    "uniform": _uniform,
    "gaussian": _gaussian,
    "positive_unitball": _positive_unitball,
    "xavier": _xavier,
    "msra": _msra,
    "bilinear": _bilinear,
}
