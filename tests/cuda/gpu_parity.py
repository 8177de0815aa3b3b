"""Whether a layer's GPU kernel computes what the layer computes on the host.

The device is an emulated one or, with CORTADO_TEST_GPU set, the first of the machine.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np
from emulated_gpu import ORDERS, EmulatedGpu, thread_order, why_missing

from cortado.core import Blob, Layer, Layout
from cortado.core.blob import Side
from cortado.kernels.choice import only
from cortado.kernels.gpu import Context, Wants
from cortado.layers import create_layer
from cortado.proto import caffe_pb2
from cortado.proto.text import parse_text

ON_DEVICE = bool(os.environ.get("CORTADO_TEST_GPU"))


def open_test_gpu(ordinal: int = 0) -> Any:
    """The GPU that tests use."""
    if ON_DEVICE:
        from cortado.core.gpu import Gpu

        return Gpu(ordinal)
    return EmulatedGpu(ordinal=ordinal)


def why_no_gpu() -> str | None:
    """Why tests have neither a GPU nor an emulated one, or None."""
    return None if ON_DEVICE else why_missing()


@dataclass
class Tried:
    """A layer with its blobs."""

    layer: Layer
    bottom: list[Blob]
    top: list[Blob]
    kernel: Any = None
    results: dict[str, np.ndarray] = field(default_factory=dict)


def check_parity(
    gpu: Any,
    prototxt: str,
    *bottoms: tuple[int, ...] | np.ndarray,
    tops: int = 1,
    phase: str = "TRAIN",
    in_place: bool = False,
    backward: bool = True,
    no_gradient: Sequence[int] = (),
    rtol: float = 1e-4,
    atol: float = 1e-5,
    seed: int = 1,
) -> None:
    """Run a layer on the host and its kernel on the GPU, and compare all that they write.

    prototxt      the layer, without name and phase
    bottoms       shapes, filled with normal random numbers, or arrays
    in_place      whether top[0] is bottom[0]
    no_gradient   bottoms whose gradient nobody wants, beside those that cannot have one

    Every thread order is tried, and channels-last blobs where the kernel takes them. Two passes
    are run, so that whatever a kernel leaves behind is seen to do no harm. Weight gradients are
    once written and once added. What is to be written is NaN before, as memory that blobs share
    holds anything.
    """
    arrays = _arrays(bottoms, seed)
    wanted = (prototxt, arrays, tops, phase, in_place, no_gradient, seed)
    expected = _run_on_host(_prepared(*wanted), backward)
    for channels_last in (False, True):
        for order in ORDERS if not ON_DEVICE else ORDERS[:1]:
            tried = _prepared(*wanted, gpu=gpu)
            if channels_last and not _can_be_channels_last(tried):
                continue
            with thread_order(order):
                results = _run_on_gpu(tried, backward, channels_last, expected)
            where = f"{order} threads, {'channels-last' if channels_last else 'plain'}"
            for name, array in expected.items():
                np.testing.assert_allclose(
                    results[name], array, rtol, atol, err_msg=f"{name} ({where})"
                )


def gpu_kernel(gpu: Any, prototxt: str, *bottoms: tuple[int, ...], tops: int = 1) -> Any:
    """The kernel of a layer on blobs of these shapes, or None."""
    return gpu_layer(gpu, prototxt, *bottoms, tops=tops).kernel


def gpu_layer(
    gpu: Any, prototxt: str, *bottoms: tuple[int, ...] | np.ndarray, tops: int = 1
) -> Tried:
    """A layer with blobs on the GPU, not yet run."""
    return _prepared(prototxt, _arrays(bottoms, 1), tops, "TRAIN", False, (), 1, gpu=gpu)


def _arrays(bottoms: Sequence[tuple[int, ...] | np.ndarray], seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [
        (rng.standard_normal(b) if isinstance(b, tuple) else np.asarray(b)).astype(np.float32)
        for b in bottoms
    ]


def _prepared(
    prototxt: str,
    arrays: list[np.ndarray],
    tops: int,
    phase: str,
    in_place: bool,
    no_gradient: Sequence[int],
    seed: int,
    gpu: Any = None,
) -> Tried:
    param = caffe_pb2.LayerParameter()
    parse_text(f'name: "it" phase: {phase} {prototxt}', param)
    if not param.top:
        param.bottom.extend(f"bottom{i}" for i in range(len(arrays)))
        param.top.extend(f"top{i}" for i in range(tops))
        if in_place:
            param.top[0] = param.bottom[0]
    bottom = [Blob(array.shape) for array in arrays]
    top = [Blob((0,)) for _ in range(tops)]
    if gpu:
        for blob in (*bottom, *top):
            blob.live_on(gpu.residence)
    if in_place:
        top[0] = bottom[0]
    layer = create_layer(param)
    layer.check_wiring(len(bottom), len(top))
    layer.setup([blob.shape for blob in bottom])
    if gpu:
        for weight in layer.weights:
            weight.live_on(gpu.residence)
    layer.fill_weights()
    layer.propagate_down = [
        i not in no_gradient and layer.allows_force_backward(i) for i in range(len(bottom))
    ]
    layer.param_propagate_down = [True] * len(layer.weights)
    layer.size_tops(bottom, top)
    rng = np.random.default_rng(seed + 1)
    for weight in layer.weights:
        weight.data[...] = rng.standard_normal(weight.shape)
    for blob, array in zip(bottom, arrays, strict=True):
        blob.data[...] = array
    tried = Tried(layer, bottom, top)
    if gpu:
        tried.kernel = layer.gpu_kernel(Context(gpu), bottom, top)
        assert tried.kernel is not None, "the layer has no GPU kernel for these blobs"
    else:
        with only("numpy"):
            layer.prepare_kernels(bottom, top)
    return tried


def _run_on_host(tried: Tried, backward: bool) -> dict[str, np.ndarray]:
    layer, bottom, top = tried.layer, tried.bottom, tried.top
    with np.errstate(all="ignore"):
        for turn in range(2):
            _refill(tried, turn)
            layer.forward(bottom, top)
            _note(tried, f"forward {turn}", "data", [*top, *layer.weights])
            if not backward:
                continue
            _set_gradients(tried, turn)
            for call in layer.clearing([turn > 0] * len(layer.weights)):
                call()
            layer.backward(top, bottom)
            _note_gradients(tried, turn)
    return tried.results


def _run_on_gpu(
    tried: Tried, backward: bool, channels_last: bool, expected: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    layer, bottom, top, kernel = tried.layer, tried.bottom, tried.top, tried.kernel
    residence = _residence_of(tried)
    if channels_last:
        kept = [blob.data.copy() for blob in bottom]
        for blob in (*bottom, *top):
            blob.channels_last = len(blob.shape) > 2
        for blob, array in zip(bottom, kept, strict=True):
            blob.data[...] = array
    context = kernel._context
    for turn in range(2):
        _refill(tried, turn)
        _spoil(top, "data", [*bottom, *layer.weights])
        residence.begin()
        calls = kernel.bind_forward(bottom, top)
        context.changing.send()
        for call in calls:
            call()
        residence.end()
        _note(tried, f"forward {turn}", "data", [*top, *layer.weights])
        if not backward:
            continue
        _set_gradients(tried, turn)
        _spoil(_to_be_written(tried, turn, expected), "diff", top)
        residence.begin()
        adds = [turn > 0] * len(layer.weights)
        wants = Wants(layer.propagate_down, layer.param_propagate_down, adds)
        for call in kernel.bind_backward(top, bottom, wants):
            call()
        residence.end()
        _note_gradients(tried, turn)
    return tried.results


def _residence_of(tried: Tried) -> Any:
    return tried.kernel._context.gpu.residence


def _refill(tried: Tried, turn: int) -> None:
    """In place, the second pass finds what the first one made; give it something of its own."""
    if any(t is b for t in tried.top for b in tried.bottom):
        rng = np.random.default_rng(100 + turn)
        blob = tried.bottom[0]
        blob.data[...] = rng.standard_normal(blob.shape)


def _to_be_written(tried: Tried, turn: int, expected: dict[str, np.ndarray]) -> list[Blob]:
    """Whose gradient is not added; statistics among the weights have none."""
    blobs = _with_gradients(tried)
    bottoms = len(blobs) - len(tried.layer.weights)
    return [
        blob
        for i, blob in enumerate(blobs)
        if i < bottoms or (turn == 0 and expected[f"backward 0, diff {i}"].any())
    ]


def _spoil(blobs: Sequence[Blob], side: Side, others: Sequence[Blob]) -> None:
    """Write NaN to what is to be written over, unless the others' numbers lie there too."""
    memory_of = attrgetter(f"{side}_memory")
    kept = [memory_of(blob) for blob in others]
    for blob in blobs:
        if memory_of(blob) not in kept:
            getattr(blob, side)[...] = np.nan


def _set_gradients(tried: Tried, turn: int) -> None:
    rng = np.random.default_rng(200 + turn)
    for blob in tried.top:
        blob.diff[...] = rng.standard_normal(blob.shape)


def _note_gradients(tried: Tried, turn: int) -> None:
    _note(tried, f"backward {turn}", "diff", _with_gradients(tried))


def _with_gradients(tried: Tried) -> list[Blob]:
    layer = tried.layer
    wanted = [b for b, want in zip(tried.bottom, layer.propagate_down, strict=True) if want]
    return [*wanted, *layer.weights]


def _note(tried: Tried, when: str, side: str, blobs: Sequence[Blob]) -> None:
    for i, blob in enumerate(blobs):
        tried.results[f"{when}, {side} {i}"] = np.array(getattr(blob, side))


def _can_be_channels_last(tried: Tried) -> bool:
    return tried.kernel.layout is not Layout.PLAIN and any(
        len(blob.shape) > 2 for blob in tried.bottom
    )
