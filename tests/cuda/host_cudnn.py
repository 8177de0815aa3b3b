"""Computes cuDNN graphs on the host, from the memory of an emulated GPU: see computing_graphs."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from cortado.core.half import rounded, widened
from cortado.kernels import cudnn
from cortado.kernels.gpu import convolution, cudnn_graphs, products

STORED = {"float32": "float32", "float16": "float16", "bfloat16": "uint16"}


@dataclass
class Asked:
    """What was asked of cuDNN while graphs were computed on the host.

    declines: tells which recipes there is no plan for, besides those for arrays that do not lie
    alike
    """

    declines: Callable[[Any], bool] = lambda recipe: False
    planned: list[Any] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """The names of recipes that had a plan."""
        return {recipe.name for recipe in self.planned}

    def prepare(self, recipe: Any, target: Any, *, trial: Any, **options: Any) -> Any:
        """In the place of cudnn.prepare; takes a trial of each, as that does."""
        for form in recipe if isinstance(recipe, tuple) else (recipe,):
            if self.declines(form) or not _lie_alike(form):
                continue
            self.planned.append(form)
            graph = HostGraph(form)
            assert trial.time(graph.bind(trial.arrays, trial.workspace)) >= 0
            return graph
        raise cudnn.PlanningError("declined")


class HostGraph:
    """Has the methods of cudnn.Graph."""

    workspace_size = 64

    def __init__(self, recipe: Any):
        self._recipe = recipe

    def bind(self, pointers: dict[str, int], workspace: int) -> Callable[[], None]:
        recipe = self._recipe
        assert set(pointers) == set(recipe.roles)
        assert workspace

        def run() -> None:
            given = {
                role: Value(lambda shape, role=role, t=t: _read(_memory(t, pointers[role]), t))
                for role, t in recipe.inputs.items()
            }
            made = recipe.compose(HostOperations(), given)
            for role, t in recipe.outputs.items():
                result = made[role].set_dim(t.shape).array()
                _memory(t, pointers[role])[...] = _stored(result, t)

        return run


class Value:
    """A tensor of the frontend: told its shape, it computes itself."""

    def __init__(self, compute: Callable[[Any], np.ndarray]):
        self._compute, self._shape = compute, None

    def set_dim(self, shape: Any) -> "Value":
        self._shape = tuple(shape)
        return self

    def set_stride(self, strides: Any) -> "Value":
        return self

    def array(self) -> np.ndarray:
        return self._compute(self._shape)


class HostOperations:
    """The operations of the frontend's graph that recipes of products are composed of."""

    def conv_fprop(self, *, image: Value, weight: Value, **geometry: Any) -> Value:
        def compute(shape: Any) -> np.ndarray:
            x, w = _padded(image.array(), geometry), weight.array()
            y = 0
            for tap, seen in _taps(w.shape[2:], shape[2:], geometry):
                y = y + np.einsum("ngc...,gkc->ngk...", *_grouped(x[seen], w[tap], w.shape[1]))
            return np.reshape(y, shape)

        return Value(compute)

    def conv_dgrad(self, *, loss: Value, filter: Value, **geometry: Any) -> Value:
        def compute(shape: Any) -> np.ndarray:
            dy, w = loss.array(), filter.array()
            dx = _padded(np.zeros(shape), geometry)
            per_group = w.shape[0] * w.shape[1] // shape[1]
            for tap, seen in _taps(w.shape[2:], dy.shape[2:], geometry):
                spread = np.einsum("ngk...,gkc->ngc...", *_grouped(dy, w[tap], per_group))
                dx[seen] += spread.reshape(dx[seen].shape)
            pads = zip(geometry["pre_padding"], shape[2:], strict=True)
            inside = [slice(pad, pad + n) for pad, n in pads]
            return dx[(slice(None), slice(None), *inside)]

        return Value(compute)

    def conv_wgrad(self, *, image: Value, loss: Value, **geometry: Any) -> Value:
        def compute(shape: Any) -> np.ndarray:
            x, dy = _padded(image.array(), geometry), loss.array()
            dw, groups = np.zeros(shape), x.shape[1] // shape[1]
            for tap, seen in _taps(shape[2:], dy.shape[2:], geometry):
                parts = [
                    a.reshape(a.shape[0], groups, a.shape[1] // groups, -1) for a in (x[seen], dy)
                ]
                dw[tap] = np.einsum("ngcp,ngkp->gkc", *parts).reshape(shape[:2])
            return dw

        return Value(compute)

    def matmul(self, A: Value, B: Value) -> Value:  # noqa: N803 (as the frontend has them)
        return Value(lambda shape: A.array() @ B.array())

    def add(self, a: Value, b: Value) -> Value:
        return Value(lambda shape: a.array() + b.array())

    def bias(self, input: Value, bias: Value) -> Value:
        return Value(lambda shape: input.array() + bias.array())

    def relu(self, input: Value) -> Value:
        return self.leaky_relu(input, 0.0)

    def leaky_relu(self, input: Value, negative_slope: float) -> Value:
        def compute(shape: Any) -> np.ndarray:
            x = input.array()
            return np.where(x > 0, x, negative_slope * x)

        return Value(compute)


@contextmanager
def computing_graphs(monkeypatch: Any, **options: Any) -> Iterator[Asked]:
    """Inside, kernels for an emulated GPU take it for one that cuDNN runs on."""
    asked = Asked(**options)
    with monkeypatch.context() as patch:
        patch.setattr(cudnn, "prepare", asked.prepare)
        patch.setattr(cudnn, "version", lambda: "9.0")
        patch.setattr(cudnn, "Target", SimpleNamespace(of=lambda gpu: None))
        patch.setattr(cudnn_graphs, "_choices", lambda version, device: None)
        patch.setattr(cudnn_graphs, "_planned", {})
        patch.setattr(cudnn_graphs, "LIMIT", 1 << 10)
        for module in (convolution, products):
            patch.setattr(module, "may_ask_cudnn", lambda context: True)
        yield asked


def _lie_alike(recipe: Any) -> bool:
    """Whether all arrays of a convolution are plain, or all channels-last."""
    tensors = [t for role, t in (recipe.inputs | recipe.outputs).items() if role != "bias"]
    if len(tensors[0].shape) < 4:
        return True
    plain = [t.alike(t).strides == t.plain(t.shape).strides for t in tensors]
    return all(t.is_channels_last for t in tensors) or all(plain)


def _memory(t: Any, pointer: int) -> np.ndarray:
    dtype = np.dtype(STORED[t.dtype])
    size = 1 + sum((n - 1) * stride for n, stride in zip(t.shape, t.strides, strict=True))
    flat = np.frombuffer((ctypes.c_char * (size * dtype.itemsize)).from_address(pointer), dtype)
    strides = [stride * dtype.itemsize for stride in t.strides]
    return np.lib.stride_tricks.as_strided(flat, t.shape, strides)


def _read(memory: np.ndarray, t: Any) -> np.ndarray:
    return np.array(widened(memory) if t.dtype == "bfloat16" else memory, np.float64)


def _stored(numbers: np.ndarray, t: Any) -> np.ndarray:
    stored = np.dtype(STORED[t.dtype])
    numbers = np.asarray(numbers, np.float32)
    return numbers if stored == np.float32 else rounded(numbers, stored)


def _padded(x: np.ndarray, geometry: Any) -> np.ndarray:
    pads = zip(geometry["pre_padding"], geometry["post_padding"], strict=True)
    return np.pad(x, [(0, 0), (0, 0), *pads])


def _taps(kernel: Any, out: Any, geometry: Any) -> Iterator[tuple[Any, Any]]:
    """Each tap, as an index of filters, and what it sees, as an index of a padded image."""
    both = (slice(None), slice(None))
    for tap in np.ndindex(*kernel):
        starts = [t * d for t, d in zip(tap, geometry["dilation"], strict=True)]
        seen = [
            slice(start, start + (n - 1) * s + 1, s)
            for start, n, s in zip(starts, out, geometry["stride"], strict=True)
        ]
        yield (*both, *tap), (*both, *seen)


def _grouped(x: np.ndarray, w: np.ndarray, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, groups, channels, …), and (groups, K / groups, C / groups) of one tap."""
    groups = x.shape[1] // channels
    grouped = x.reshape(x.shape[0], groups, channels, *x.shape[2:])
    return grouped, w.reshape(groups, w.shape[0] // groups, w.shape[1])
