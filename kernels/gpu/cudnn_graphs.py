"""Graphs of cuDNN in the place of launches: planned once for each geometry, bound to arrays."""

from collections.abc import Callable, Sequence
from functools import cache
from math import prod
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from ...core import Array, Call
from ...core.gpu import OutOfDeviceMemory
from .. import cudnn
from ..slope import Slope
from .context import Context
from .launch import DeviceCall
from .with_relu import rectifier

LIMIT = 1 << 28  # bytes of workspace that a graph may use
ALIGNMENT = 16  # bytes

_planned: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def first_planned(*attempts: Callable[[], Sequence[Call]]) -> list[Call]:
    """What the first attempt gives that raises no PlanningError."""
    for attempt in attempts[:-1]:
        try:
            return list(attempt())
        except cudnn.PlanningError:
            pass
    return list(attempts[-1]())


def tensor(array: Array) -> cudnn.Tensor:
    """How an array on the device lies."""
    stored = str(array.dtype)
    dtype = "bfloat16" if stored == "uint16" else stored
    strides = tuple(stride // array.dtype.itemsize for stride in array.strides)
    return cudnn.Tensor(array.shape, strides, dtype)


def graph_calls(
    context: Context, recipe: cudnn.Recipe | tuple[cudnn.Recipe, ...], arrays: dict[str, Array]
) -> list[Call]:
    """The call that computes a recipe, or the first of its forms with a plan, on these arrays.

    Raises PlanningError where there is none, also for arrays without numbers.
    """
    if not all(array.size for array in arrays.values()):
        raise cudnn.PlanningError("cuDNN: knows no empty arrays")
    graph = _graph(context, recipe, arrays)
    pointers = _pointers(context, arrays)
    workspace = context.workspace(graph.workspace_size) if graph.workspace_size else None
    place = 0 if workspace is None else context.gpu.pointer(workspace)
    call = _Bound(graph.bind(pointers, place), [*arrays.values(), workspace])
    first = recipe if isinstance(recipe, cudnn.Recipe) else recipe[0]
    return [DeviceCall(call, f"cudnn {first.name}")]


def rectify(context: Context, y: Array, slope: Slope | None) -> Sequence[Call]:
    """The calls that apply a ReLU to an array, if there is one."""
    if slope is None:
        return []
    blobs: Any = [SimpleNamespace(gpu_data=y)]
    return rectifier(context, slope).bind_forward(blobs, blobs)


class _Bound:
    """A graph's call, and the arrays that have to stay while it is used."""

    def __init__(self, run: Callable[[], None], arrays: list[Array]):
        self._run, self._arrays = run, arrays

    def __call__(self) -> None:
        self._run()


def _graph(
    context: Context, recipe: cudnn.Recipe | tuple[cudnn.Recipe, ...], arrays: dict[str, Array]
) -> cudnn.Graph:
    first = recipe if isinstance(recipe, cudnn.Recipe) else recipe[0]
    known = _planned.setdefault(context.gpu, {})
    key = first.key(tf32=context.tf32)
    if key not in known:
        try:
            known[key] = _prepared(context, recipe, first, arrays)
        except cudnn.PlanningError as problem:
            # Not the error itself: it holds on to the frames that it came through, with arrays.
            known[key] = str(problem)
    if isinstance(known[key], str):
        raise cudnn.PlanningError(known[key])
    return known[key]


def _prepared(
    context: Context, recipe: Any, first: cudnn.Recipe, arrays: dict[str, Array]
) -> cudnn.Graph:
    gpu = context.gpu
    try:
        # What is timed writes to arrays of its own: blobs share memory, and hold numbers already.
        outputs = {
            role: gpu.empty(prod(arrays[role].shape), arrays[role].dtype) for role in first.outputs
        }
        workspace = gpu.empty(LIMIT, "uint8")
        pointers = _pointers(context, arrays | outputs)
        trial = cudnn.Trial(gpu.time, pointers, gpu.pointer(workspace))
    except OutOfDeviceMemory:
        trial = None
    return cudnn.prepare(
        recipe,
        cudnn.Target.of(gpu),
        limit=LIMIT,
        tf32=context.tf32,
        trial=trial,
        choices=_choices(cudnn.version(), gpu.name),
    )


def _pointers(context: Context, arrays: dict[str, Array]) -> dict[str, int]:
    pointers = {role: context.gpu.pointer(array) for role, array in arrays.items()}
    if any(pointer % ALIGNMENT for pointer in pointers.values()):
        raise cudnn.PlanningError(f"cuDNN: arrays have to be aligned to {ALIGNMENT} bytes")
    return pointers


@cache
def _choices(version: str, device: str) -> cudnn.Choices:
    return cudnn.Choices.of(version, device)
