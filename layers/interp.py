"""Interp: bilinear resizing that keeps the corners where they are."""

from typing import Any

import numpy as np

from ..core import Array, Blobs, Shape, register
from .families.resizing import ResizingLayer


@register("Interp")
class Interp(ResizingLayer):
    """y = R x C^T, image by image: R mixes rows and C columns, two neighbours for each of y's.

    bottom  x (N, C, H, W)
    top     y (N, C, height, width)

    Row i of y lies at i (h - 1) / (height - 1) of x, so that the first rows meet, and the last.
    h and w are H and W with pad_beg and pad_end added before and behind; both are 0 or negative
    and cut rows and columns off.

    The size of y: with shrink_factor s and zoom_factor z, h becomes (h - 1) // s + 1, and that
    h + (h - 1) (z - 1); without either, height and width say it.

    Prototxt: interp_param { height, width, zoom_factor: 1, shrink_factor: 1, pad_beg: 0,
                             pad_end: 0 }
    Source: DeepLab's and PSPNet's InterpLayer; Zhao et al., "Pyramid Scene Parsing Network",
            CVPR 2017.
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.interp_param
        for field in ("pad_beg", "pad_end"):
            if getattr(param, field) > 0:
                raise self.error(
                    f"interp_param.{field}: {getattr(param, field)} must be 0 or negative: it "
                    "cuts rows and columns off"
                )
        for field in ("zoom_factor", "shrink_factor"):
            if getattr(param, field) < 1:
                raise self.error(f"interp_param.{field}: {getattr(param, field)} must be 1 or more")
        if not (param.HasField("zoom_factor") or param.HasField("shrink_factor")):
            self._check_size(param)

    def _check_size(self, param: Any) -> None:
        if not (param.height or param.width):
            raise self.error(
                "interp_param: give height and width, or zoom_factor, or shrink_factor"
            )
        for field in ("height", "width"):
            if getattr(param, field) < 1:
                raise self.error(
                    f"interp_param.{field}: {getattr(param, field)} must be 1 or more, beside the "
                    "other of height and width"
                )

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        shape, param = bottom_shapes[0], self.param.interp_param
        if len(shape) != 4:
            raise self.error(f"needs a bottom (N, C, H, W), got shape {shape}")
        n, c, *size = shape
        kept = [length + param.pad_beg + param.pad_end for length in size]
        if min(kept) < 1:
            raise self.error(
                f"interp_param: pad_beg {param.pad_beg} and pad_end {param.pad_end} leave nothing "
                f"of a bottom of size {tuple(size)}"
            )
        if not (param.HasField("zoom_factor") or param.HasField("shrink_factor")):
            return [(n, c, param.height, param.width)]
        shrunk = [(length - 1) // param.shrink_factor + 1 for length in kept]
        return [(n, c, *(length + (length - 1) * (param.zoom_factor - 1) for length in shrunk))]

    def mixing(self, bottom: Blobs, top: Blobs) -> tuple[Array, Array]:
        lengths = zip(bottom[0].shape[2:], top[0].shape[2:], strict=True)
        rows, columns = (self._mixing(length, out) for length, out in lengths)
        return rows, columns

    def _mixing(self, length: int, out: int) -> Array:
        """The matrix (out, length) that makes numbers along one axis of y of those of x."""
        param, places = self.param.interp_param, np.arange(out)
        last = length + param.pad_beg + param.pad_end - 1
        lower, rest = np.divmod(places * last, max(out - 1, 1))
        share = rest / max(out - 1, 1)
        matrix = np.zeros((out, length))
        matrix[places, lower - param.pad_beg] = 1 - share
        matrix[places, np.minimum(lower + 1, last) - param.pad_beg] += share
        return matrix
