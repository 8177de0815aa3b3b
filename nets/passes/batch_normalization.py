"""Let BatchNorm, the Scale after it and a ReLU after that run as one kernel."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeGuard

import numpy as np

from ...core import Blob, Blobs, Calls, Layout
from ...kernels import cpu, gpu
from ...layers.families.affine_normalizing import AffineNormalizing
from ...layers.relu import ReLU
from ...layers.scale import Scale
from ..step import Runner, Step, Terms, next_reader


class Normalization:
    """BatchNorm or BN, and the Scale and ReLU after it if there are any."""

    def __init__(self, norm: AffineNormalizing, scale: Scale | None, relu: ReLU | None):
        self._norm, self._scale, self._relu = norm, scale, relu
        # Scale, and perhaps shift.
        self._learned: list[Blob] = scale.weights if scale else norm.scale_and_shift
        self._shifts = len(self._learned) > 1

    @property
    def weights(self) -> list[Blob]:
        """The norm's, then Scale's."""
        return [*self._norm.weights, *(self._scale.weights if self._scale else [])]

    @property
    def propagate_down(self) -> list[bool]:
        """Those of the norm."""
        return self._norm.propagate_down

    @property
    def param_propagate_down(self) -> list[bool]:
        """Those of the norm, then of Scale."""
        of_scale = self._scale.param_propagate_down if self._scale else []
        return [*self._norm.param_propagate_down, *of_scale]

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        """There always is one."""
        norm, scale = self._norm, self._scale
        return norm.make_gpu_kernel(
            context,
            bottom[0],
            learned=self._learned,
            first_learned=len(norm.weights) if scale else norm.first_learned,
            learns=norm.learns or scale is not None,
            relu=self._relu is not None,
        )

    def layout(self) -> Layout:
        """x and y alike."""
        return Layout.EITHER

    def backward_reads(self) -> tuple[bool, bool]:
        """x; what the ReLU let through is kept by the kernel."""
        return True, False

    def make_kernel(self, bottom: Blob, top: Blob) -> Any:
        """The kernel for these blobs; None where there is none."""
        norm = self._norm
        return cpu.prepare_batch_normalization(
            bottom.shape,
            norm.eps,
            norm.dtype,
            scales=bool(self._learned),
            shifts=self._shifts,
            relu=self._relu is not None,
            given_statistics=norm.uses_global_stats,
            **norm.placing(bottom, top),
        )

    def prepare_kernels(self, bottom: Blobs, top: Blobs) -> None:
        """The kernel, and places for gradients on their way to the weights' diffs."""
        self._kernel = self.make_kernel(bottom[0], top[0])
        channels = bottom[0].shape[1]
        self._gradients = [np.zeros(channels, np.float32) for _ in range(2)]

    def bind_forward(self, bottom: Blobs, top: Blobs, *, constant: bool = False) -> Calls:
        """Statistics are read before, or remembered after the kernel's call."""
        norm, kernel = self._norm, self._kernel
        scale, shift = self._scale_and_shift()
        calls = kernel.bind_forward(bottom[0].data, scale, shift, top[0].data)
        if norm.uses_global_stats:
            read = partial(norm.read_statistics, kernel.mean, kernel.variance)
            seldom = [read, *calls.on_new_weights]
            return Calls(calls.each_time, seldom)
        count = bottom[0].count // bottom[0].shape[1]
        calls.each_time.append(partial(norm.remember, kernel.mean, kernel.variance, count))
        return calls

    def bind_backward(self, top: Blobs, bottom: Blobs, adds: Sequence[bool]) -> Calls:
        """The kernel writes gradients; where they are to be added, that follows."""
        scale, _ = self._scale_and_shift()
        targets, adding = list(self._gradients), []
        for i, (weight, (want, adds_to)) in enumerate(
            zip(self._learned, self._wanted(adds), strict=True)
        ):
            diff = weight.diff.reshape(-1)
            if want and adds_to:
                adding.append(partial(np.add, diff, targets[i], out=diff))
            elif want:
                targets[i] = diff
        dscale = targets[0] if self._learned else None
        dshift = targets[1] if self._shifts else None
        arrays = bottom[0].data, scale, top[0].diff, bottom[0].diff
        calls = self._kernel.bind_backward(*arrays, dscale, dshift)
        calls.each_time.extend(adding)
        return calls

    def _wanted(self, adds: Sequence[bool]) -> list[tuple[bool, bool]]:
        """For scale and shift: whether anybody reads the gradient, and whether it is added."""
        wanted, first = self._norm.wanted_gradients(), self._norm.first_learned
        if self._scale:
            wanted, first = self._scale.param_propagate_down, len(self._norm.weights)
        return list(zip(wanted, adds[first : first + len(wanted)], strict=True))

    def _scale_and_shift(self) -> tuple[Any, Any]:
        weights = [w.data.reshape(-1) for w in self._learned]
        scale, shift = [*weights, None, None][:2]
        return scale, shift


def fuse_batch_normalization(steps: list[Step], terms: Terms) -> list[Step]:
    """Join each BatchNorm with the Scale and ReLU after it, where nobody can see between them.

    BN and its like have their scale inside; a ReLU joins them. In place, the blob before gets a
    hidden one of its own: backward needs x.
    """
    if terms.on_gpu and terms.runs_parts:
        return steps  # what traces are made of, for parts to run backward, would be the host's
    done: list[Step] = []
    gone: list[Step] = []
    for i, step in enumerate(steps):
        if step in gone:
            continue
        joined = _join(steps, i, terms) if isinstance(step.runner, AffineNormalizing) else None
        if joined is None or not _move_in(joined, done):
            done.append(step)
            continue
        fused, absorbed = joined
        done.append(fused)
        gone += absorbed
    return done


def _join(steps: list[Step], index: int, terms: Terms) -> tuple[Step, list[Step]] | None:
    """The step that replaces BatchNorm and what follows it, and the steps that it absorbs."""
    step, absorbed = steps[index], []
    norm, scale, relu = step.runner, None, None
    assert isinstance(norm, AffineNormalizing)
    top = step.tops[0]
    if len(step.bottoms[0].shape) < 2 or norm.axis != 1 or not norm.normalizes:
        return None
    after = next_reader(steps, index)
    if (
        after
        and not norm.scale_and_shift
        and is_per_channel(after.runner, top)
        and terms.may_skip(top, after.tops[0])
    ):
        scale, top = after.runner, after.tops[0]
        absorbed.append(after)
        after = next_reader(steps, steps.index(after))
    if after and _is_plain_relu(after.runner) and terms.may_skip(top, after.tops[0]):
        relu, top = after.runner, after.tops[0]
        absorbed.append(after)
    runner = Normalization(norm, scale, relu)
    if not terms.on_gpu and runner.make_kernel(step.bottoms[0], step.bottoms[0]) is None:
        return None
    layers = [*step.layers, *(i for gone in absorbed for i in gone.layers)]
    fused = replace(step, layers=layers, runner=runner, tops=[top], leaves_traces=False)
    return fused, absorbed


def _is_plain_relu(runner: Runner) -> TypeGuard[ReLU]:
    """Whether it is max(x, 0)."""
    return isinstance(runner, ReLU) and runner.slope == 0


def is_per_channel(runner: Runner, blob: Blob) -> TypeGuard[Scale]:
    """Whether it multiplies each channel of the blob by a learned number."""
    if not isinstance(runner, Scale):
        return False
    param = runner.param.scale_param
    axis = param.axis % len(blob.shape)
    return bool(runner.weights) and axis == 1 and runner.weights[0].shape == blob.shape[1:2]


def _move_in(joined: tuple[Step, list[Step]], before: list[Step]) -> bool:
    """Give what runs in place a hidden blob to read; False if its values come from outside."""
    step, _ = joined
    blob = step.bottoms[0]
    if step.tops[0] is not blob:
        return True
    makers = [s for s in before if any(b is blob for b in s.blobs)]
    if not makers or not makers[0].bottoms:
        return False
    hidden = blob.like()
    hidden.share_diff(blob)
    for maker in makers:
        maker.bottoms = [hidden if b is blob else b for b in maker.bottoms]
        maker.tops = [hidden if b is blob else b for b in maker.tops]
    step.bottoms = [hidden]
    step.hidden = [(hidden, blob)]
    return True
