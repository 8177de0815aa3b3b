"""Normalize: vectors of one length."""

from collections.abc import Sequence
from math import prod
from typing import Any

from ...core import Array, Blob, Blobs, Call, Layout
from .context import Context
from .folded import fold_axes
from .kernel import Wants
from .launch import Launch
from .part_sums import PartSums
from .places import Places, places_along


class Normalize:
    """y = scale x / length, over the channels of each place, or over each whole item.

    The length is sqrt(sum x^2 + eps), or sum |x| + eps; top[1], if there is one, is the lengths.

    scale           a weight (C), or of one number; None: 1
    norms_gradient  whether a gradient comes back through top[1]
    """

    layout = Layout.EITHER
    backward_reads = True, False

    def __init__(
        self,
        context: Context,
        eps: float,
        *,
        whole_items: bool = False,
        is_l1: bool = False,
        scale: Blob | None = None,
        norms_gradient: bool = False,
    ):
        self._context, self._eps, self._whole_items = context, float(eps), whole_items
        self._is_l1, self._scale, self._norms_gradient = is_l1, scale, norms_gradient
        self._sums = PartSums(context)
        self._lengths: Any = None
        self._terms: Any = None

    def bind_forward(self, bottom: Blobs, top: Blobs) -> Sequence[Call]:
        x, y, places = bottom[0].gpu_data, top[0].gpu_data, self._places(bottom[0])
        if self._lengths is None:
            self._lengths = self._context.zeros(places.count)
        norms = top[1].gpu_data if len(top) > 1 else None
        arrays = x, self._scales(), y, norms, self._lengths
        return self._launch("forward", bottom[0], *arrays, *self._how(bottom[0]), self._eps)

    def bind_backward(self, top: Blobs, bottom: Blobs, wants: Wants) -> Sequence[Call]:
        x, dy, calls = bottom[0].gpu_data, top[0].gpu_diff, []
        if self._scale and wants.weights[0]:
            calls += self._scale_gradient(bottom[0], dy, wants.adds[0])
        if wants.bottoms[0]:
            d_norms = top[1].gpu_diff if len(top) > 1 and self._norms_gradient else None
            arrays = x, self._scales(), dy, d_norms, self._lengths, bottom[0].gpu_diff
            calls += self._launch("backward", bottom[0], *arrays, *self._how(bottom[0]))
        return calls

    def _scale_gradient(self, bottom: Blob, dy: Array, adds: bool) -> list[Launch]:
        x, weight = bottom.gpu_data, self._scale
        assert weight is not None
        if self._terms is None:
            self._terms = self._context.zeros(x.size)
        terms = self._launch("scale_terms", bottom, x, dy, self._lengths, self._terms)
        folded = fold_axes(bottom, 1) if weight.shape else (1, 1, 1, x.size)
        return terms + self._sums.bind(folded, weight.gpu_diff, self._terms, adds=adds)

    def _launch(self, name: str, bottom: Blob, *arguments: Any) -> list[Launch]:
        places = self._places(bottom)
        real = bottom.gpu_data.dtype
        function = self._context.function("normalize.cu", name, real, LANES=places.lanes)
        return self._context.each(
            function, "normalize", places.threads, *arguments, *places.geometry
        )

    def _places(self, blob: Blob) -> Places:
        if self._whole_items:
            return Places(blob.shape[0], prod(blob.shape[1:]), 1)
        return places_along(blob.gpu_data, 1)

    def _how(self, blob: Blob) -> tuple[int, int, bool]:
        """How many scales there are, how many neighbours share one, and what the length is."""
        scales = self._scale.count if self._scale else 1
        has_planes = self._whole_items and not blob.channels_last
        return scales, prod(blob.shape[2:]) if has_planes else 1, self._is_l1

    def _scales(self) -> Array:
        return self._scale.gpu_data if self._scale else None
