"""Standardization: what BatchNorm, BN and MVN do, with the scale, shift and ReLU after it.

Forward reads x twice, for its moments and for y; backward reads x and dy twice. Moments are taken
by threads of a few numbers at a time, then put together in one order, always.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ...core import Array, Blob, Blobs, Call, Layout, Shape
from .context import THREADS, Context
from .folded import fold_axes, layout_of_axes
from .kernel import Wants
from .launch import Launch
from .running_statistics import RunningStatistics
from .walk import Walk, walk_over

FILE = "standardization.cu"
WARP = 32
ONE_WAVE, EVENLY = 1, 4
NO_TARGETS = (None, False, None, False)
DIVISORS = {"1": 0, "sqrt(variance + eps)": 1, "sqrt(variance) + eps": 2}


class Standardization:
    """y = (x - mean) / divisor * scale + shift for each part of x, and perhaps max(y, 0).

    shape    of x; the parts are the places of its `axes` axes from `axis` on
    eps
    divisor  one of DIVISORS
    running  running values: written, or if `recalls` read in the place of x's own
    recalls  whether mean and variance are the running ones; without any, 0 and 1
    learned  scale and perhaps shift, one number a part, weights number first_learned and the next
    learns   whether they have gradients
    """

    def __init__(
        self,
        context: Context,
        shape: Shape,
        axis: int,
        axes: int = 1,
        *,
        eps: float,
        divisor: str = "sqrt(variance + eps)",
        running: RunningStatistics | None = None,
        recalls: bool = False,
        learned: Blobs = (),
        first_learned: int = 0,
        learns: bool = True,
        relu: bool = False,
    ):
        self._context, self._axis, self._axes = context, axis, axes
        self._eps, self._divisor, self._relu = np.float64(eps), divisor, relu
        self._running, self._recalls = running, recalls
        self._learned, self._first_learned, self._learns = learned, first_learned, learns
        self.layout: Layout = layout_of_axes(shape, axis, axes)
        self._count = count = prod(shape[axis : axis + axes])
        self._mean: Any = None
        self._inverse: Any = None
        if running or not recalls:
            self._mean, self._inverse = (context.zeros(count) for _ in range(2))
        self._means = [context.zeros(count) for _ in range(2)]  # of gradients
        self._partial: list[Array] = []
        self._kept: Any = None

    @property
    def backward_reads(self) -> tuple[bool, bool]:
        """The bottom, unless the gradient is dy times a number; what the ReLU did x tells."""
        return self._reads_x, False

    @property
    def _reads_x(self) -> bool:
        return not self._recalls or self._relu or bool(self._learned)

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y = bottom[0].gpu_data, top[0].gpu_data
        keeps = bottom[0] is top[0] and self._reads_x
        if keeps and self._kept is None:
            self._kept = self._context.zeros(x.size, x.dtype)
        walk = self._walk(bottom[0], EVENLY)
        kept = self._kept if keeps else None
        statistics = self._recall() if self._recalls else self._measure(bottom[0])
        return [*statistics, *self._go(walk, "standardize", x, y, kept, *self._of_parts())]

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        x = self._kept if bottom[0] is top[0] and self._reads_x else bottom[0].gpu_data
        dy, moves = top[0].gpu_diff, wants.bottoms[0] and not self._recalls
        targets = self._targets(wants)
        calls = []
        if moves or any(place is not None for place in targets[::2]):
            calls += self._sums(bottom[0], x, dy, targets)
        if wants.bottoms[0]:
            mean_g, mean_gx = self._means if moves else (None, None)
            if self._divisor == "1":
                mean_gx = None
            walk, dx = self._walk(bottom[0], EVENLY), bottom[0].gpu_diff
            calls += self._go(walk, "gradient", dy, dx, x, mean_g, mean_gx, *self._of_parts())
        return calls

    def _measure(self, bottom: Blob) -> list[Launch]:
        """The launches that write mean and inverse of x, and move the running values."""
        walk = self._walk(bottom, ONE_WAVE)
        partial = self._room(walk)
        moments = self._go(walk, "moments", bottom.gpu_data, *partial)
        running: tuple[Any, ...] = (None, None, None, 1.0, 0.0, np.float64(1))
        if self._running:
            r = self._running
            unbias = walk.numbers / max(walk.numbers - 1, 1) if r.unbiased else 1
            weight = r.weight.gpu_data if r.weight else None
            places = r.mean.gpu_data, r.variance.gpu_data, weight
            running = (*places, float(r.keep), float(r.share), np.float64(unbias))
        numbers = walk.count, walk.chunks, walk.chunk, walk.numbers
        how = self._eps, DIVISORS[self._divisor], self._mean, self._inverse
        return moments + self._for_parts("measure", walk, *partial, *numbers, *how, *running)

    def _recall(self) -> list[Launch]:
        """The launch that makes mean and inverse of running values."""
        if not self._running:
            return []
        r, count = self._running, self._count
        weight = r.weight.gpu_data if r.weight else None
        function = self._context.function(FILE, "recall")
        places = r.mean.gpu_data, r.variance.gpu_data, weight
        return self._context.each(
            function, "recall", count, *places, count, self._eps, self._mean, self._inverse
        )

    def _sums(self, bottom: Blob, x: Array, dy: Array, targets: Any) -> list[Launch]:
        """The launches that write the gradients of scale and shift, and the means for dx."""
        walk = self._walk(bottom, ONE_WAVE)
        partial = self._room(walk)
        sums = self._go(walk, "gradient_sums", dy, x, *partial, *self._of_parts())
        numbers = walk.count, walk.chunks, walk.numbers
        places = self._inverse, *targets, *self._means
        return sums + self._for_parts("gather_gradients", walk, *partial, *numbers, *places)

    def _targets(self, wants: Wants) -> tuple[Any, ...]:
        """Where the gradients of scale and shift go, each with whether it is added."""
        targets: list[Any] = [*NO_TARGETS]
        for i, weight in enumerate(self._learned if self._learns else ()):
            if wants.weights[self._first_learned + i]:
                targets[2 * i : 2 * i + 2] = weight.gpu_diff, wants.adds[self._first_learned + i]
        return tuple(targets)

    def _of_parts(self) -> tuple[Any, ...]:
        """What OfPart is made of, and whether there is a ReLU."""
        learned = [weight.gpu_data for weight in self._learned]
        return self._mean, self._inverse, *[*learned, None, None][:2], self._relu

    def _walk(self, blob: Blob, waves: int) -> Walk:
        return walk_over(self._context, fold_axes(blob, self._axis, self._axes), waves)

    def _room(self, walk: Walk) -> list[Array]:
        """Two numbers for each chunk of each part."""
        size = walk.count * walk.chunks
        if not self._partial or self._partial[0].size < size:
            self._partial = [self._context.zeros(size) for _ in range(2)]
        return self._partial

    def _go(self, walk: Walk, name: str, like: Array, *arguments: Any) -> list[Launch]:
        function = self._context.function(FILE, name, like.dtype)
        return self._context.blocks(
            function, name, walk.blocks, THREADS, like, *arguments, *walk.arguments
        )

    def _for_parts(self, name: str, walk: Walk, *arguments: Any) -> list[Launch]:
        """A launch of a warp for each part."""
        function = self._context.function(FILE, name)
        blocks = -(-walk.count // (THREADS // WARP))
        return self._context.blocks(function, name, blocks, THREADS, *arguments)
