"""PaddedWindows: a chunk of images with a border of zeros, seen window by window."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...core import Shape, Window


class PaddedWindows:
    """Scratch space for images (n, C, *size), n up to `images`.

    Its windows are a view (C, *kernel, *out, n): im2col reads through it after load(), col2im
    adds through it before unload(). One object serves one of the two: load() relies on a border,
    add() on images, that are zero. The images come last because a row of windows is then one
    long run of memory; measured, that halves the time of small images.
    """

    def __init__(self, images: int, channels: int, size: Shape, window: Window, dtype: Any):
        padded_size = (n + 2 * p for n, p in zip(size, window.pad, strict=True))
        self._padded = np.zeros((channels, *padded_size, images), dtype)
        inside = (slice(p, p + n) for n, p in zip(size, window.pad, strict=True))
        self._interior = np.moveaxis(self._padded[:, *inside], -1, 0)

        axes = window.axes
        spatial = tuple(range(1, 1 + axes))
        windows = sliding_window_view(self._padded, window.extent, spatial, writeable=True)
        windows = windows[
            :,
            *(slice(None, None, s) for s in window.stride),
            :,
            *(slice(None, None, d) for d in window.dilation),
        ]
        kernel = (a + 1 + axes for a in spatial)
        self._windows = windows.transpose(0, *kernel, *spatial, 1 + axes)
        self._taps = [(slice(None), *tap) for tap in np.ndindex(*window.kernel)]

    def load(self, x):
        """Take over images x (n, C, *size) and return their windows (C, *kernel, *out, n)."""
        self._interior[: len(x)] = x
        return self._windows[..., : len(x)]

    def add(self, columns, rows: slice) -> None:
        """Add columns (C, *kernel, *out, n) of these rows of out's first axis to the images."""
        windows = self._windows[..., : columns.shape[-1]]
        for tap in self._taps:
            windows[tap][:, rows] += columns[tap]

    def unload(self, dx) -> None:
        """Write the sums to dx (n, C, *size) and start again from zero."""
        dx[...] = self._interior[: len(dx)]
        self._padded.fill(0)
